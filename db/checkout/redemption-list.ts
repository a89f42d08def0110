import type { Filter } from '../../domain/filter/filter.ts';
import type { Db } from '../client.ts';
import { matching } from '../bulk/exports/matching.ts';
import { redemptions } from '../bulk/exports/redemptions.ts';
import { firstIdAt } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';
import { redemptionColumns, redemptionSource, type Redemption } from './redemptions.ts';

export interface RedemptionFilter {
  result?: 'SUCCESS' | 'FAILURE';
  voucherId?: string;
  /** Id or name. */
  campaign?: string;
  /** Id or source id. */
  customer?: string;
  createdAfter?: Date;
  createdBefore?: Date;
  /** What else has to hold, over the fields that exports have. */
  matching?: Filter;
}

const conditions = (db: Db, projectId: string, filter: RedemptionFilter) => db`
  r.project_id = ${projectId}
  ${filter.result === undefined ? db`` : db`and r.result = ${filter.result}`}
  ${filter.voucherId === undefined ? db`` : db`and r.voucher_id = ${filter.voucherId}`}
  ${
    filter.campaign === undefined
      ? db``
      : db`and r.campaign_id = (select id from campaign where project_id = ${projectId} and (id = ${filter.campaign} or name = ${filter.campaign})
          order by id = ${filter.campaign} desc limit 1)`
  }
  ${
    filter.customer === undefined
      ? db``
      : db`and r.customer_id = (select id from customer where project_id = ${projectId} and (id = ${filter.customer} or source_id = ${filter.customer})
          order by id = ${filter.customer} desc limit 1)`
  }
  ${filter.createdAfter === undefined ? db`` : db`and r.id >= ${firstIdAt('redemption', new Date(filter.createdAfter.getTime() + 1))}`}
  ${filter.createdBefore === undefined ? db`` : db`and r.id < ${firstIdAt('redemption', filter.createdBefore)}`}
  ${filter.matching === undefined ? db`` : db`and r.id in ${matching(db, redemptions, projectId, filter.matching, new Date())}`}`;

/** A page of the ledger, redemptions and rollbacks, failed ones too, by the time they were made. `startingAfter` is an id. */
export const listRedemptions = async (
  db: Db,
  projectId: string,
  filter: RedemptionFilter,
  request: PageRequest,
): Promise<Page<Redemption>> => {
  const { limit, descending, startingAfter } = request;
  const where = conditions(db, projectId, filter);
  const from = startingAfter === undefined ? db`` : descending ? db`and r.id < ${startingAfter}` : db`and r.id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (request.page - 1) * limit : 0;
  const sorted = db`r.id ${direction(db, descending)}`;
  const [rows, [totals]] = await Promise.all([
    // What a row shows is looked up for the page alone, not for all that is passed over.
    db<Redemption[]>`
      select ${redemptionColumns(db)} from ${redemptionSource(db)}
      where r.project_id = ${projectId} and r.id in (
        select r.id from redemption r where ${where} ${from} order by ${sorted} limit ${limit + 1} offset ${skip})
      order by ${sorted}`,
    db<{ total: number }[]>`select count(*) as total from redemption r where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};
