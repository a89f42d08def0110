import { z } from 'zod';
import { identifier } from '../fields.ts';
import { stepKind } from '../step-kind.ts';

const fields = z.strictObject({
  coupon: identifier,
  reason: z.string().min(1).max(200).optional(),
});

export type Expire = z.output<typeof fields>;

/** Waits for the coupon's end and says so: an unredeemed coupon has expired. */
export const expire = stepKind<Expire>({
  kind: 'expire',
  activity: 'expireCoupons',
  fields,
  describe: (step) => `expire the coupon ${step.coupon} at its end`,
  continues: true,
  takesTime: () => false,
  needs: (step) => ({ coupon: step.coupon }),
  due: (step, { now, coupons }) => coupons[step.coupon]?.expires_at ?? now,
});

/** Takes an unredeemed coupon back at once. */
export const withdraw = stepKind<Expire>({
  kind: 'withdraw',
  activity: 'withdrawCoupons',
  fields,
  describe: (step) => `withdraw the coupon ${step.coupon}`,
  continues: true,
  takesTime: () => false,
  needs: (step) => ({ coupon: step.coupon }),
});
