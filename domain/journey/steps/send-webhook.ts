import { z } from 'zod';
import { eventType, expression, identifier, templateKey } from '../fields.ts';
import { stepKind } from '../step-kind.ts';
import { sendingExpressions, sendingFields, sendingReferences, type Sending } from './sending.ts';

/** What an email system gets that sends the mail itself. */
export const RENDERED = 'coupon.rendered';

const fields = z
  .strictObject({
    /** An endpoint's id or name; without it, every endpoint that subscribes to the event type. */
    endpoint: z.string().min(1).optional(),
    event: eventType.optional(),
    /** Each is an expression. */
    body: z.record(identifier, expression).optional(),
    /** Rendered for the customer, and sent along as subject, html and text. */
    template: templateKey.optional(),
    recipient: expression.optional(),
    ...sendingFields,
  })
  .superRefine((step, context) => {
    if (step.endpoint === undefined && step.event === undefined) {
      context.addIssue({ code: 'custom', message: 'needs endpoint, event or both' });
    }
    if (step.template !== undefined) return;
    for (const field of ['topic', 'locale', 'quiet_hours', 'frequency_cap', 'late_after'] as const) {
      if (step[field] !== undefined) context.addIssue({ code: 'custom', path: [field], message: 'goes with template only' });
    }
  });

export type SendWebhook = z.output<typeof fields>;

export const sendWebhook = stepKind<SendWebhook>({
  kind: 'send_webhook',
  activity: 'sendWebhooks',
  fields,
  describe: (step) => `post a webhook to ${step.endpoint ?? `whoever listens for ${step.event}`}`,
  continues: true,
  takesTime: () => false,
  gives: true,
  references: (step) => [
    ...(step.endpoint === undefined ? [] : [{ what: 'endpoint' as const, name: step.endpoint, path: ['endpoint'] }]),
    ...(step.template === undefined ? [] : sendingReferences(step as Sending)),
  ],
  expressions: (step) => [
    ...(step.recipient === undefined ? [] : [{ path: ['recipient'], source: step.recipient, expected: 'string' as const }]),
    ...sendingExpressions(step as Sending),
    ...Object.entries(step.body ?? {}).map(([name, source]) => ({ path: ['body', name], source, expected: 'any' as const })),
  ],
});
