import { lockVouchers, markExpired, markWithdrawn, type IssuedVoucher } from '../../db/journey/vouchers.ts';
import { recordVoucherEvents } from '../../db/voucher/changes.ts';
import { couponEnds, couponState } from '../../domain/journey/coupon-state.ts';
import type { Expire } from '../../domain/journey/steps/expire.ts';
import type { Outcome, StepFunction, StepWork } from './step.ts';

const lockCoupons = async (work: StepWork): Promise<(IssuedVoucher | undefined)[]> => {
  const { coupon } = work.step.fields as unknown as Expire;
  const ids = work.members.map((member) => member.standing.context.coupons[coupon]?.id ?? '');
  const vouchers = new Map((await lockVouchers(work.tx, work.project.id, ids)).map((voucher) => [voucher.id, voucher]));
  return ids.map((id) => vouchers.get(id));
};

/** Records that coupons which nobody used have come to their end. Where the end was moved, the step waits for it. */
export const expireCoupons: StepFunction = async (work) => {
  const vouchers = await lockCoupons(work);
  const ended: IssuedVoucher[] = [];
  const outcomes = vouchers.map((voucher): Outcome => {
    const state = couponState(voucher, work.now);
    if (voucher === undefined || state === 'redeemed' || state === 'withdrawn') return { to: 'go', outcome: state };
    const end = couponEnds(voucher);
    if (end !== null && end.getTime() > Date.parse(work.now)) return { to: 'stay', dueAt: end.toISOString() };
    if (voucher.expiredAt === null) ended.push(voucher);
    return { to: 'go', outcome: 'expired', detail: { code: voucher.code } };
  });
  const now = new Date(work.now);
  await markExpired(
    work.tx,
    work.project.id,
    ended.map((voucher) => voucher.id),
    now,
  );
  await recordVoucherEvents(work.tx, 'voucher.expired', ended, now);
  return outcomes;
};

/** Takes coupons back that nobody used. */
export const withdrawCoupons: StepFunction = async (work) => {
  const { reason } = work.step.fields as unknown as Expire;
  const vouchers = await lockCoupons(work);
  const open: IssuedVoucher[] = [];
  const outcomes = vouchers.map((voucher): Outcome => {
    const state = couponState(voucher, work.now);
    if (voucher === undefined || state === 'redeemed' || state === 'withdrawn') return { to: 'go', outcome: state };
    open.push(voucher);
    return { to: 'go', outcome: 'withdrawn', detail: { code: voucher.code } };
  });
  const now = new Date(work.now);
  await markWithdrawn(
    work.tx,
    work.project.id,
    open.map((voucher) => voucher.id),
    reason ?? `withdrawn by the journey ${work.journey.key}`,
    now,
  );
  await recordVoucherEvents(work.tx, 'voucher.withdrawn', open, now);
  return outcomes;
};
