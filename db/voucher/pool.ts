import type { Db, Tx } from '../client.ts';
import { voucherColumns, voucherSource, type Voucher } from './vouchers.ts';

const suitable = (db: Db, projectId: string, campaignId: string, now: Date) => db`
  v.project_id = ${projectId} and v.campaign_id = ${campaignId} and v.published_at is null and v.holder_id is null
    and v.active and v.withdrawn_at is null and (v.quantity is null or v.redeemed_quantity < v.quantity)
    and (v.expiration_date is null or v.expiration_date > ${now})`;

/**
 * Locks vouchers of a campaign that nobody has yet, the oldest first, so that no two transactions ever take the same one.
 * @param wait whether to wait for those that somebody holds, who may publish them or let them go; else they are passed over
 * @returns as many as there are, at most `count`
 */
export const takeFromPool = (
  tx: Tx,
  { projectId, id }: { projectId: string; id: string },
  count: number,
  now: Date,
  wait: boolean,
): Promise<Voucher[]> =>
  tx<Voucher[]>`
    select ${voucherColumns(tx)} from ${voucherSource(tx)} where ${suitable(tx, projectId, id, now)}
    order by v.id limit ${count} for no key update of v ${wait ? tx`` : tx`skip locked`}`;

/** A voucher as its publication makes it: whose it is, since when, and until when. */
type Given = Pick<Voucher, 'projectId' | 'id' | 'holderId' | 'publishedAt' | 'expirationDate' | 'revision' | 'updatedAt'>;

/** Writes that vouchers that are locked belong to somebody now. */
export const writePublished = async (tx: Tx, vouchers: Given[]): Promise<void> => {
  const rows = vouchers.map((voucher) => ({
    project_id: voucher.projectId,
    id: voucher.id,
    holder_id: voucher.holderId,
    published_at: voucher.publishedAt,
    expiration_date: voucher.expirationDate,
    revision: voucher.revision,
    updated_at: voucher.updatedAt,
  }));
  await tx`
    update voucher v set holder_id = i.holder_id, published_at = i.published_at, expiration_date = i.expiration_date, revision = i.revision,
      updated_at = i.updated_at
    from jsonb_to_recordset(${tx.json(rows)}) as i (project_id text, id text, holder_id text, published_at timestamptz,
      expiration_date timestamptz, revision integer, updated_at timestamptz)
    where v.project_id = i.project_id and v.id = i.id`;
};
