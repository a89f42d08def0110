import { readVouchers } from '../../db/journey-vouchers.ts';
import { couponEnds, couponState, type CouponState } from '../../domain/journey/coupon-state.ts';
import { reminderDue, type Remind } from '../../domain/journey/steps/remind.ts';
import { mailObstacle, pinnedTemplate, planMails, type JourneyMail } from './mails.ts';
import type { Outcome, StepFunction } from './step.ts';

const reasons: Record<Exclude<CouponState, 'open'>, string> = {
  redeemed: 'the coupon was redeemed',
  withdrawn: 'the coupon was withdrawn',
  disabled: 'the coupon is disabled',
  ended: 'the coupon has ended',
};

const skipped = (reason: string): Outcome => ({ to: 'go', outcome: 'skipped', detail: { reason } });

/** Plans a reminder to those who still have the coupon to use. Where its end was moved, the reminder moves along. */
export const remind =
  (deps: { now: () => Date }): StepFunction =>
  async (work) => {
    const fields = work.step.fields as unknown as Remind;
    const pinned = { template: fields.template, ...(await pinnedTemplate(work, fields)) };
    const couponOf = (index: number) => work.members[index]?.standing.context.coupons[fields.coupon];
    const vouchers = await readVouchers(
      work.tx,
      work.project.id,
      work.members.flatMap((_member, index) => couponOf(index)?.id ?? []),
    );
    const mails: JourneyMail[] = [];
    const outcomes = work.members.map((member, index): Outcome => {
      const coupon = couponOf(index);
      if (coupon === undefined) return skipped('no coupon was issued');
      const voucher = vouchers.get(coupon.id);
      const state = couponState(voucher, work.now);
      if (state !== 'open' || voucher === undefined) return skipped(reasons[state === 'open' ? 'withdrawn' : state]);
      const expiresAt = couponEnds(voucher)?.toISOString() ?? null;
      const due = reminderDue(fields, expiresAt, member.zone);
      if (due !== null && Date.parse(due) > Date.parse(work.now)) return { to: 'stay', dueAt: due };
      const obstacle = mailObstacle(member, pinned.topic);
      if (obstacle !== null) return skipped(obstacle);
      const current = { ...coupon, expires_at: expiresAt };
      mails.push({ member, coupon: current, data: {} });
      return { to: 'go', outcome: 'planned', detail: { template: fields.template, version: pinned.version, code: coupon.code } };
    });
    await planMails(work, pinned, mails, deps.now());
    return outcomes;
  };
