import { z } from 'zod';
import { eventTypeProblem } from '../../domain/event-type.ts';
import { someCustomer } from './customer.ts';
import { metadata, name } from './fields.ts';
import { listOf, paging, startingAfter } from './list.ts';

const type = z.string().superRefine((value, context) => {
  const problem = eventTypeProblem(value);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

export const createEventBody = z.strictObject({
  event: type.meta({ description: 'What happened, such as order.paid' }),
  customer: someCustomer,
  metadata: metadata
    .nullish()
    .transform((told) => told ?? {})
    .meta({ description: 'The data of the event, which journeys and webhooks see' }),
  referral: z.strictObject({ code: name, referrer_id: name.optional() }).nullish(),
  loyalty: z.strictObject({ code: name }).nullish(),
});

export const createdEventSchema = z
  .object({
    object: z.literal('event'),
    id: z.string(),
    type: z.string(),
    customer: z.object({
      object: z.literal('customer'),
      id: z.string(),
      source_id: z.string(),
      name: z.string().nullish(),
      email: z.string().nullish(),
    }),
    referral: z.object({ code: z.string(), referrer_id: z.string().optional() }).nullable(),
    loyalty: z.object({ code: z.string() }).nullable(),
  })
  .meta({ id: 'CreatedEvent' });

export const listEventsQuery = z.strictObject({
  customer: name.meta({ description: 'Whose events: id or source id' }),
  type: z.string().min(1).max(100).optional(),
  limit: paging.limit,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last event of the page before' }),
});

const eventSchema = z
  .object({
    object: z.literal('event'),
    id: z.string(),
    type: z.string(),
    customer_id: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    occurred_at: z.string().meta({ description: 'In the customer’s time, which a sandbox may have forwarded' }),
    created_at: z.string(),
  })
  .meta({ id: 'Event' });

export const eventListSchema = listOf('events', eventSchema).meta({ id: 'EventList' });
