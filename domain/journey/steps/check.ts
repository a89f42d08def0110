import { z } from 'zod';
import { duration, expression, identifier } from '../fields.ts';
import { REFERRAL_SIGNALS } from '../../referral/guard.ts';
import { stepKind } from '../step-kind.ts';

/** What is told when somebody has decided. */
export const REVIEWED = 'review.decided';

const fields = z.strictObject({
  check: z.literal('referral_guard'),
  /** Who referred the customer: an id or source id. Without it, `event.data.referrer_id`. */
  referrer: expression.optional(),
  /** What lets people decide instead of refusing; without it, the same device and the same address. */
  review: z.array(z.enum(REFERRAL_SIGNALS)).optional(),
  on_pass: identifier,
  /** Where to go for the time of the review. Without it they wait here until somebody has decided. */
  on_review: identifier.optional(),
  on_fail: identifier,
  /** Nobody who decides is a no, after so long; P30D where it says nothing. */
  timeout: duration.optional(),
});

export type Check = z.output<typeof fields>;

const referrerOf = (step: Check): string => step.referrer ?? 'string(event.data.referrer_id)';

/** Looks at who refers whom before anything is given for it. */
export const check = stepKind<Check>({
  kind: 'check',
  activity: 'checkReferrals',
  fields,
  describe: () => 'look at who refers whom',
  continues: false,
  takesTime: () => false,
  targets: (step) =>
    (['on_pass', 'on_review', 'on_fail'] as const).flatMap((path) => {
      const target = step[path];
      return target === undefined ? [] : [{ path: [path], step: target }];
    }),
  expressions: (step) => [
    { path: ['referrer'], source: referrerOf(step), expected: 'string' },
    {
      path: ['event', 'match'],
      source: 'event.data.enrolment_id == journey.enrolment_id',
      expected: 'bool',
      matches: REVIEWED,
    },
  ],
  awaits: () => REVIEWED,
});
