import { z } from 'zod';
import { endOfLocalDay, later } from '../../calendar.ts';
import { duration, expression, identifier } from '../fields.ts';
import { stepKind } from '../step-kind.ts';

const expires = z.union([
  z.strictObject({ after: duration }),
  z.strictObject({ end_of_local_day: duration }),
  z.strictObject({ at: expression }),
]);

const fields = z.strictObject({
  campaign: z.string().min(1),
  expires: expires.optional(),
  as: identifier,
});

export type IssueCoupon = z.output<typeof fields>;

/** When a coupon that is issued now ends: by the step, or null where the step leaves it to the campaign. `at` is what the expression of `expires.at` gave. */
export const couponEnd = (step: IssueCoupon, now: string, zone: string, at: () => string): string | null => {
  if (step.expires === undefined) return null;
  if ('after' in step.expires) return later(now, step.expires.after, zone);
  if ('end_of_local_day' in step.expires) return endOfLocalDay(now, step.expires.end_of_local_day, zone);
  return at();
};

export const issueCoupon = stepKind<IssueCoupon>({
  kind: 'issue_coupon',
  activity: 'issueCoupons',
  fields,
  describe: (step) => `issue a coupon of ${step.campaign}`,
  continues: true,
  takesTime: () => false,
  makes: (step) => step.as,
  needs: (step) => ({ campaign: step.campaign }),
  expressions: (step) =>
    step.expires !== undefined && 'at' in step.expires ? [{ path: ['expires', 'at'], source: step.expires.at, expected: 'timestamp' }] : [],
});
