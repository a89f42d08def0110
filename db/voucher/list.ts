import { codeKey } from '../../domain/voucher/code-pattern.ts';
import type { Filter } from '../../domain/filter/filter.ts';
import type { Db } from '../client.ts';
import { matching } from '../bulk/exports/matching.ts';
import { vouchers } from '../bulk/exports/vouchers.ts';
import { firstIdAt } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';
import type { Project } from '../project/projects.ts';
import { voucherColumns, voucherSource, type Voucher } from './vouchers.ts';

export type VoucherOrder = 'created_at' | 'updated_at' | 'type' | 'code' | 'campaign' | 'category';

export interface VoucherFilter {
  codes?: string[];
  /** Id or name. */
  campaign?: string;
  campaignIds?: string[];
  /** Id or source id of the holder. */
  customer?: string;
  holderIds?: string[];
  /** Those that some customer has. */
  held?: boolean;
  category?: string;
  active?: boolean;
  createdAfter?: Date;
  createdBefore?: Date;
  updatedAfter?: Date;
  updatedBefore?: Date;
  /** What else has to hold, over the fields that exports have. */
  matching?: Filter;
}

/** Every order ends with the id, so that pages do not overlap. */
const orderBy = (db: Db, order: VoucherOrder) => {
  const expressions = {
    created_at: db`v.id`,
    updated_at: db`coalesce(v.updated_at, v.created_at)`,
    type: db`v.type`,
    code: db`v.code_key`,
    campaign: db`c.name`,
    category: db`v.category`,
  } satisfies Record<VoucherOrder, unknown>;
  return expressions[order];
};

/** Where the ids of what a name stands for are looked up first, so that an index is used. */
const conditions = (db: Db, project: Project, filter: VoucherFilter) => db`
  v.project_id = ${project.id}
  ${filter.codes === undefined ? db`` : db`and v.code_key = any(${filter.codes.map((code) => codeKey(code, project.caseSensitiveCodes))}::text[])`}
  ${
    filter.campaign === undefined
      ? db``
      : db`and v.campaign_id = (select id from campaign where project_id = ${project.id} and (id = ${filter.campaign} or name = ${filter.campaign})
          order by id = ${filter.campaign} desc limit 1)`
  }
  ${filter.campaignIds === undefined ? db`` : db`and v.campaign_id = any(${filter.campaignIds}::text[])`}
  ${
    filter.customer === undefined
      ? db``
      : db`and v.holder_id = (select id from customer where project_id = ${project.id} and (id = ${filter.customer} or source_id = ${filter.customer})
          order by id = ${filter.customer} desc limit 1)`
  }
  ${filter.holderIds === undefined ? db`` : db`and v.holder_id = any(${filter.holderIds}::text[])`}
  ${filter.held === undefined ? db`` : db`and (v.holder_id is not null) = ${filter.held}`}
  ${filter.category === undefined ? db`` : db`and v.category = ${filter.category}`}
  ${filter.active === undefined ? db`` : db`and v.active = ${filter.active}`}
  ${filter.createdAfter === undefined ? db`` : db`and v.id >= ${firstIdAt('voucher', new Date(filter.createdAfter.getTime() + 1))}`}
  ${filter.createdBefore === undefined ? db`` : db`and v.id < ${firstIdAt('voucher', filter.createdBefore)}`}
  ${filter.updatedAfter === undefined ? db`` : db`and v.updated_at > ${filter.updatedAfter}`}
  ${filter.updatedBefore === undefined ? db`` : db`and v.updated_at < ${filter.updatedBefore}`}
  ${filter.matching === undefined ? db`` : db`and v.id in ${matching(db, vouchers, project.id, filter.matching, new Date())}`}`;

/** A page of vouchers. `startingAfter` is an id, and goes with the order by creation only. */
export const listVouchers = async (
  db: Db,
  project: Project,
  filter: VoucherFilter,
  request: PageRequest & { order: VoucherOrder },
): Promise<Page<Voucher>> => {
  const { limit, descending, startingAfter } = request;
  const where = conditions(db, project, filter);
  const from = startingAfter === undefined ? db`` : descending ? db`and v.id < ${startingAfter}` : db`and v.id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (request.page - 1) * limit : 0;
  const way = direction(db, descending);
  const sorted = db`${orderBy(db, request.order)} ${way}, v.id ${way}`;
  const campaigns = request.order === 'campaign' ? db`left join campaign c on c.project_id = v.project_id and c.id = v.campaign_id` : db``;
  const [rows, [totals]] = await Promise.all([
    // What a voucher shows is looked up for the page alone, not for all that is sorted or passed over.
    db<Voucher[]>`
      select ${voucherColumns(db)} from ${voucherSource(db)}
      where v.project_id = ${project.id} and v.id in (
        select v.id from voucher v ${campaigns} where ${where} ${from} order by ${sorted} limit ${limit + 1} offset ${skip})
      order by ${sorted}`,
    db<{ total: number }[]>`select count(*) as total from voucher v where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};
