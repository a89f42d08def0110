import { z } from 'zod';
import { endOfLocalDay, later } from '../../calendar.ts';
import { duration, expression, identifier, windowOfUse } from '../fields.ts';
import { stepKind } from '../step-kind.ts';

const expires = z.union([
  z.strictObject({ after: duration }),
  z.strictObject({ end_of_local_day: z.union([z.literal('P0D'), duration]) }),
  z.strictObject({ at: expression }),
]);

const limits = z
  .strictObject({
    /** So many coupons of this step to one recipient, within the window or ever. */
    per_customer: z.int().min(1).optional(),
    window: windowOfUse.optional(),
    /** So many coupons of this step in all. */
    budget: z.int().min(0).optional(),
  })
  .superRefine(({ per_customer: each, window }, context) => {
    if (window !== undefined && each === undefined) {
      context.addIssue({ code: 'custom', path: ['window'], message: 'goes with per_customer only' });
    }
  });

const fields = z.strictObject({
  campaign: z.string().min(1),
  /** An id or source id. Without it, the customer in the journey. */
  recipient: expression.optional(),
  expires: expires.optional(),
  limits: limits.optional(),
  /** `exit`, `continue`, or the step to go to; without it, `exit`. */
  on_exhausted: identifier.optional(),
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

/** The step that those go to for whom there is no coupon left; null where they leave or go on. */
const exhaustedTarget = ({ on_exhausted: way }: IssueCoupon): string | null =>
  way === undefined || way === 'exit' || way === 'continue' ? null : way;

export const issueCoupon = stepKind<IssueCoupon>({
  kind: 'issue_coupon',
  activity: 'issueCoupons',
  fields,
  describe: (step) => `issue a coupon of ${step.campaign}`,
  continues: true,
  takesTime: () => false,
  gives: true,
  makes: (step) => step.as,
  needs: (step) => ({ campaign: step.campaign }),
  targets: (step) => {
    const target = exhaustedTarget(step);
    return target === null ? [] : [{ path: ['on_exhausted'], step: target }];
  },
  expressions: (step) => [
    ...(step.recipient === undefined ? [] : [{ path: ['recipient'], source: step.recipient, expected: 'string' as const }]),
    ...(step.expires !== undefined && 'at' in step.expires
      ? [{ path: ['expires', 'at'], source: step.expires.at, expected: 'timestamp' as const }]
      : []),
  ],
});
