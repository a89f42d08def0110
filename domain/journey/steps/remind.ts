import { z } from 'zod';
import { earlier } from '../../calendar.ts';
import { duration, identifier, templateKey } from '../fields.ts';
import { stepKind } from '../step-kind.ts';
import { sendingExpressions, sendingFields, sendingReferences } from './sending.ts';

const fields = z.strictObject({
  coupon: identifier,
  before_expiry: duration,
  template: templateKey,
  ...sendingFields,
});

export type Remind = z.output<typeof fields>;

/** When the reminder of a coupon that ends then is due; null for a coupon without an end. */
export const reminderDue = (step: Remind, expiresAt: string | null, zone: string): string | null =>
  expiresAt === null ? null : earlier(expiresAt, step.before_expiry, zone);

export const remind = stepKind<Remind>({
  kind: 'remind',
  activity: 'remind',
  fields,
  describe: (step) => `remind with the mail ${step.template}, ${step.before_expiry} before the end`,
  continues: true,
  takesTime: () => false,
  gives: true,
  needs: (step) => ({ coupon: step.coupon, template: step.template }),
  references: sendingReferences,
  expressions: sendingExpressions,
  due: (step, { now, zone, coupons }) => reminderDue(step, coupons[step.coupon]?.expires_at ?? null, zone) ?? now,
});
