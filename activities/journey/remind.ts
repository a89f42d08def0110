import { readVouchers } from '../../db/journey/vouchers.ts';
import { couponEnds, couponState, type CouponState } from '../../domain/journey/coupon-state.ts';
import { reminderDue, type Remind } from '../../domain/journey/steps/remind.ts';
import { planMails } from './mails.ts';
import { isMail, readyMails, type JourneyMail, type ReadyMail } from './sending.ts';
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
    const couponOf = (index: number) => work.members[index]?.standing.context.coupons[fields.coupon];
    const vouchers = await readVouchers(
      work.tx,
      work.project.id,
      work.members.flatMap((_member, index) => couponOf(index)?.id ?? []),
    );
    const wanted = work.members.map((member, index): JourneyMail | Outcome => {
      const coupon = couponOf(index);
      if (coupon === undefined) return skipped('no coupon was issued');
      const voucher = vouchers.get(coupon.id);
      const state = couponState(voucher, work.now);
      if (state !== 'open' || voucher === undefined) return skipped(reasons[state === 'open' ? 'withdrawn' : state]);
      const expiresAt = couponEnds(voucher)?.toISOString() ?? null;
      const due = reminderDue(fields, expiresAt, member.zone);
      if (due !== null && Date.parse(due) > Date.parse(work.now)) return { to: 'stay', dueAt: due };
      const { standing, zone, unsubscribed } = member;
      const recipient = { customer: standing.customer, zone, unsubscribed };
      return { member, recipient, coupon: { ...coupon, expires_at: expiresAt }, data: {} };
    });
    const ready = await readyMails(work, fields, wanted.filter(isMail));
    await planMails(work, ready.filter(isMail), deps.now());
    const fates = ready.values();
    return wanted.map((mail): Outcome => {
      const fate = isMail(mail) ? (fates.next().value as ReadyMail | Outcome) : mail;
      if (!isMail(fate)) return fate;
      return { to: 'go', outcome: 'planned', detail: { template: fate.template, version: fate.version, code: fate.coupon?.code } };
    });
  };
