import { couponState } from '../../domain/journey/coupon-state.ts';
import type { Tx } from '../client.ts';
import { recordVoucherEvents } from '../voucher/changes.ts';
import { voucherColumns, voucherSource, type Voucher } from '../voucher/vouchers.ts';

/** A voucher with what says whether it is over. */
export interface IssuedVoucher extends Voucher {
  withdrawnAt: Date | null;
  expiredAt: Date | null;
}

/** Vouchers by their ids, locked for a change, in the order of their codes, as checkouts lock them. */
export const lockVouchers = (tx: Tx, projectId: string, ids: string[]): Promise<IssuedVoucher[]> =>
  tx<IssuedVoucher[]>`
    select ${voucherColumns(tx)}, v.withdrawn_at, v.expired_at from ${voucherSource(tx)}
    where (v.project_id, v.id) in (select ${projectId}::text, unnest(${ids}::text[])) order by v.code_key for no key update of v`;

/** Vouchers by their ids, as they are. */
export const readVouchers = async (tx: Tx, projectId: string, ids: string[]): Promise<Map<string, IssuedVoucher>> => {
  const rows = await tx<IssuedVoucher[]>`
    select ${voucherColumns(tx)}, v.withdrawn_at, v.expired_at from ${voucherSource(tx)}
    where (v.project_id, v.id) in (select ${projectId}::text, unnest(${ids}::text[]))`;
  return new Map(rows.map((row) => [row.id, row]));
};

/** Notes that vouchers that are locked have come to their end; one that had none ends now. */
export const markExpired = async (tx: Tx, projectId: string, ids: string[], at: Date): Promise<void> => {
  await tx`update voucher set expired_at = ${at}, expiration_date = coalesce(expiration_date, ${at}) where project_id = ${projectId} and id = any(${ids}::text[])`;
};

/** Takes vouchers that are locked back: nobody can redeem them any more. */
export const markWithdrawn = async (tx: Tx, projectId: string, ids: string[], reason: string, at: Date): Promise<void> => {
  await tx`
    update voucher set withdrawn_at = ${at}, withdrawn_reason = ${reason}, revision = revision + 1, updated_at = ${at}
    where project_id = ${projectId} and id = any(${ids}::text[]) and withdrawn_at is null`;
};

/** Takes back coupons that a customer who leaves has not used; with `all`, those that are used as well, so that they do not count again. */
export const withdrawCoupons = async (
  tx: Tx,
  projectId: string,
  ids: string[],
  which: 'unredeemed' | 'all',
  reason: string,
  at: Date,
): Promise<void> => {
  if (ids.length === 0) return;
  const locked = await lockVouchers(tx, projectId, ids);
  const taken = locked.filter((voucher) => {
    const state = couponState(voucher, at.toISOString());
    return state !== 'withdrawn' && (which === 'all' || state !== 'redeemed');
  });
  await markWithdrawn(
    tx,
    projectId,
    taken.map((voucher) => voucher.id),
    reason,
    at,
  );
  await recordVoucherEvents(tx, 'voucher.withdrawn', taken, at);
};
