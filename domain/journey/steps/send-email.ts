import { z } from 'zod';
import { expression, identifier, templateKey } from '../fields.ts';
import { stepKind } from '../step-kind.ts';
import { sendingExpressions, sendingFields, sendingReferences } from './sending.ts';

const fields = z.strictObject({
  template: templateKey,
  /** An id or source id. Without it, the customer in the journey. */
  recipient: expression.optional(),
  ...sendingFields,
  /** More values for the template: each is an expression. */
  data: z.record(identifier, expression).default({}),
});

export type SendEmail = z.output<typeof fields>;

export const sendEmail = stepKind<SendEmail>({
  kind: 'send_email',
  activity: 'sendMessages',
  fields,
  describe: (step) => `send the mail ${step.template}`,
  continues: true,
  takesTime: () => false,
  gives: true,
  needs: (step) => ({ template: step.template }),
  references: sendingReferences,
  expressions: (step) => [
    ...(step.recipient === undefined ? [] : [{ path: ['recipient'], source: step.recipient, expected: 'string' as const }]),
    ...sendingExpressions(step),
    ...Object.entries(step.data).map(([name, source]) => ({ path: ['data', name], source, expected: 'any' as const })),
  ],
});
