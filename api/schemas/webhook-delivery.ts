import { z } from 'zod';
import { name, time } from './fields.ts';
import { listOf, paging, startingAfter } from './list.ts';

const STATES = ['planned', 'sending', 'accepted', 'failed'] as const;

export const webhookDeliveryParams = z.object({ id: name });

export const listWebhookDeliveriesQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last delivery of the page before' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  endpoint: name.optional(),
  event_type: z.string().min(1).max(100).optional(),
  event: name.optional().meta({ description: 'Id of an event' }),
  state: z.enum(STATES).optional(),
});

const fields = {
  object: z.literal('webhook_delivery'),
  id: z.string().meta({ description: 'The header webhook-id, the same in every attempt' }),
  endpoint_id: z.string(),
  event_id: z.string().nullable(),
  event_type: z.string(),
  state: z.enum(STATES),
  reason: z.string().nullable().meta({ description: 'retries_exhausted, or gone' }),
  due_at: z.string().meta({ description: 'When it is sent, or tried again' }),
  attempts_count: z.int(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
};

export const webhookDeliverySchema = z.object(fields).meta({ id: 'WebhookDelivery' });

const attemptSchema = z.object({
  number: z.int(),
  outcome: z.string(),
  status: z.int().nullable().meta({ description: 'The HTTP status, where there was an answer' }),
  answer: z.string().nullable().meta({ description: 'The start of the answer’s body, or why there was none' }),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  duration_ms: z.int().nullable(),
});

export const webhookDeliveryWithAttemptsSchema = z
  .object({ ...fields, body: z.unknown(), attempts: z.array(attemptSchema) })
  .meta({ id: 'WebhookDeliveryWithAttempts' });

export const webhookDeliveryListSchema = listOf('deliveries', webhookDeliverySchema).meta({ id: 'WebhookDeliveryList' });

export const replayWebhooksBody = z
  .strictObject({
    from: time.meta({ description: 'Webhooks that were planned since then' }),
    until: time.optional().meta({ description: 'and before then; left out: until now' }),
    event_types: z.array(z.string().min(1).max(100)).min(1).max(100).nullable().default(null).meta({ description: 'null: all' }),
    states: z
      .array(z.enum(['accepted', 'failed']))
      .min(1)
      .default(['accepted', 'failed']),
  })
  .refine((body) => body.until === undefined || body.from < body.until, { path: ['until'], error: 'must be after from' });

export const replayedWebhooksSchema = z
  .object({
    object: z.literal('webhook_replay'),
    resent: z.int().meta({ description: 'How many are sent again, under their ids' }),
    next_from: z.string().nullable().meta({ description: 'There are more: call again with this as from' }),
  })
  .meta({ id: 'WebhookReplay' });

export const recoverBody = z.strictObject({
  since: time.meta({ description: 'What failed since then is sent again, and what happened meanwhile without being sent' }),
});

export const recoveredSchema = z
  .object({
    object: z.literal('webhook_recovery'),
    resent: z.int().meta({ description: 'Deliveries that had failed' }),
    planned: z.int().meta({ description: 'Events that had no delivery, since the endpoint was disabled or did not subscribe' }),
    next_since: z.string().nullable().meta({ description: 'There is more: call again with this as since' }),
  })
  .meta({ id: 'WebhookRecovery' });
