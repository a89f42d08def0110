import { z } from 'zod';
import { expression, identifier, templateKey, topic } from '../fields.ts';
import { stepKind } from '../step-kind.ts';

const fields = z.strictObject({
  template: templateKey,
  /** Without it, the template's topic. */
  topic: topic.optional(),
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
  needs: (step) => ({ template: step.template }),
  expressions: (step) => Object.entries(step.data).map(([name, source]) => ({ path: ['data', name], source, expected: 'any' })),
});
