import type { Db } from '../client.ts';
import { direction, toPage, type Page } from '../paging.ts';
import { findVouchers, type Voucher } from '../voucher/vouchers.ts';

/** A voucher that a customer alone may redeem. */
export interface HeldVoucher extends Voucher {
  withdrawn: boolean;
  campaignType: string | null;
  campaignActive: boolean | null;
}

export interface WalletFilter {
  campaignIds?: string[];
  campaignTypes?: string[];
  types?: string[];
}

/** A page of what a customer holds, by creation. */
export const listHeldVouchers = async (
  db: Db,
  projectId: string,
  customerId: string,
  filter: WalletFilter,
  page: { limit: number; descending: boolean; startingAfter?: string },
): Promise<Page<HeldVoucher>> => {
  const where = db`
    v.project_id = ${projectId} and v.holder_id = ${customerId}
    ${filter.campaignIds === undefined ? db`` : db`and v.campaign_id = any(${filter.campaignIds}::text[])`}
    ${filter.types === undefined ? db`` : db`and v.type = any(${filter.types}::text[])`}
    ${filter.campaignTypes === undefined ? db`` : db`and c.campaign_type = any(${filter.campaignTypes}::text[])`}`;
  const source = db`voucher v left join campaign c on c.project_id = v.project_id and c.id = v.campaign_id`;
  const { startingAfter, descending, limit } = page;
  const from = startingAfter === undefined ? db`` : descending ? db`and v.id < ${startingAfter}` : db`and v.id > ${startingAfter}`;
  const [held, [totals]] = await Promise.all([
    db<Pick<HeldVoucher, 'id' | 'withdrawn' | 'campaignType' | 'campaignActive'>[]>`
      select v.id, v.withdrawn_at is not null as withdrawn, c.campaign_type, c.active as campaign_active from ${source}
      where ${where} ${from} order by v.id ${direction(db, descending)} limit ${limit + 1}`,
    db<{ total: number }[]>`select count(*) as total from ${source} where ${where}`,
  ]);
  const vouchers = new Map(
    (
      await findVouchers(
        db,
        projectId,
        held.map(({ id }) => id),
      )
    ).map((voucher) => [voucher.id, voucher]),
  );
  const rows = held.flatMap((each) => {
    const voucher = vouchers.get(each.id);
    return voucher ? [{ ...voucher, ...each }] : [];
  });
  return toPage(rows, limit, totals?.total ?? 0);
};
