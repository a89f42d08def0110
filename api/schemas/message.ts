import { z } from 'zod';
import { name } from './fields.ts';
import { flag, listOf, paging, startingAfter } from './list.ts';
import { renderedSchema } from './template.ts';

const STATES = ['planned', 'sending', 'accepted', 'failed', 'unknown', 'skipped'] as const;

export const messageParams = z.object({ id: name });

export const messageQuery = z.strictObject({
  content: flag
    .default(false)
    .meta({ description: 'Also what the mail says, rendered from the version of its template that it is pinned to' }),
});

export const listMessagesQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last message of the page before' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  customer: name.optional().meta({ description: 'Id or source id of a customer' }),
  enrolment: name.optional(),
  state: z.enum(STATES).optional(),
});

export const messageSchema = z
  .object({
    id: z.string(),
    state: z.enum(STATES).meta({
      description:
        'unknown: it was on the wire when the connection or the process died, so it may have arrived; it is sent again only when you say so. skipped: it was not to be sent, for the reason given',
    }),
    reason: z.string().nullable(),
    to: z.string(),
    topic: z.string(),
    template: z.object({ key: z.string(), version: z.int() }),
    customer_id: z.string().nullable(),
    enrolment_id: z.string().nullable(),
    priority: z.int(),
    due_at: z.string(),
    attempts_count: z.int(),
    message_id: z.string().nullable().meta({ description: 'The Message-ID header, the same in every attempt' }),
    created_at: z.string(),
    finished_at: z.string().nullable(),
    object: z.literal('message'),
  })
  .meta({ id: 'Message' });

const attemptSchema = z.object({
  number: z.int(),
  outcome: z.string(),
  answer: z.string().nullable().meta({ description: 'What the SMTP server said' }),
  started_at: z.string(),
  finished_at: z.string().nullable(),
});

export const messageWithAttemptsSchema = messageSchema
  .extend({ attempts: z.array(attemptSchema), content: z.union([renderedSchema, z.object({ error: z.string() })]).optional() })
  .meta({ id: 'MessageWithAttempts' });

export const messageListSchema = listOf('messages', messageSchema).meta({ id: 'MessageList' });
