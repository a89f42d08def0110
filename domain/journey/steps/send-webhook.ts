import { z } from 'zod';
import { ANSWERED, isAnswerTo } from '../answer.ts';
import { duration, eventType, expression, identifier, templateKey } from '../fields.ts';
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
    /** Waits for the endpoint's answer, which is `answer.<name>` from then on. */
    save_as: identifier.optional(),
    /** How long it waits at most; an hour where it says nothing. */
    timeout: duration.optional(),
    /** Where to go without an answer in time, and where no answer will come. Without them the step has failed. */
    on_timeout: identifier.optional(),
    on_fail: identifier.optional(),
    ...sendingFields,
  })
  .superRefine((step, context) => {
    if (step.endpoint === undefined && step.event === undefined) {
      context.addIssue({ code: 'custom', message: 'needs endpoint, event or both' });
    }
    if (step.save_as !== undefined && step.endpoint === undefined) {
      context.addIssue({ code: 'custom', path: ['save_as'], message: 'needs an endpoint, so that there is one answer' });
    }
    if (step.save_as === undefined) {
      for (const field of ['timeout', 'on_timeout', 'on_fail'] as const) {
        if (step[field] !== undefined) context.addIssue({ code: 'custom', path: [field], message: 'goes with save_as only' });
      }
    }
    if (step.template !== undefined) return;
    for (const field of ['topic', 'locale', 'quiet_hours', 'frequency_cap', 'late_after'] as const) {
      if (step[field] !== undefined) context.addIssue({ code: 'custom', path: [field], message: 'goes with template only' });
    }
  });

export type SendWebhook = z.output<typeof fields>;

const DEFAULT_TIMEOUT = 'PT1H';

/** How long a step waits for the answer that it saves. */
export const answerTimeout = (step: SendWebhook): string => step.timeout ?? DEFAULT_TIMEOUT;

const describe = (step: SendWebhook): string => {
  const posts = `post a webhook to ${step.endpoint ?? `whoever listens for ${step.event}`}`;
  return step.save_as === undefined ? posts : `${posts}, and wait for the answer, at most ${answerTimeout(step)}`;
};

export const sendWebhook = stepKind<SendWebhook>({
  kind: 'send_webhook',
  activity: 'sendWebhooks',
  fields,
  describe,
  continues: true,
  takesTime: () => false,
  gives: true,
  saves: (step) => step.save_as ?? null,
  awaits: (step) => (step.save_as === undefined ? null : ANSWERED),
  isAwaited: isAnswerTo,
  targets: (step) =>
    (['on_timeout', 'on_fail'] as const).flatMap((path) => {
      const target = step[path];
      return target === undefined ? [] : [{ path: [path], step: target }];
    }),
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
