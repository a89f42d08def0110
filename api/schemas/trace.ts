import { z } from 'zod';
import { name } from './fields.ts';
import { count, startingAfter } from './list.ts';

const step = z.looseObject({
  code: z.string().optional(),
  voucher_id: z.string().optional(),
  revision: z.int().optional().meta({ description: "The voucher's revision that decided" }),
  campaign_id: z.string().optional(),
  template_revision: z.int().optional().meta({ description: "The revision of the campaign's template that decided" }),
  outcome: z.string().meta({ description: 'applied, or why not' }),
  condition: z.string().optional().meta({ description: 'What was not met, such as redemption.quantity' }),
  value: z.unknown().optional().meta({ description: 'What the condition asked for' }),
  details: z.string().optional().meta({ description: 'The same for people' }),
  before: z.int().optional().meta({ description: 'Minor units that were left of the order before this step' }),
  discount: z.int().optional(),
  after: z.int().optional(),
  shares: z.array(z.int()).optional().meta({ description: 'What was taken of each line' }),
});

export const traceSchema = z
  .object({
    id: z.string(),
    attempt: z.enum(['validation', 'redemption']),
    outcome: z.string().meta({ description: 'valid, redeemed, or the key of the refusal' }),
    codes: z.array(z.string()),
    customer: z.object({ id: z.string(), source_id: z.string().nullable(), object: z.literal('customer') }).nullable(),
    tracking_id: z.string().nullable(),
    decided_at: z.string().meta({ description: "The customer's time, which decided" }),
    created_at: z.string(),
    steps: z.array(step).meta({ description: 'One for each code, in the order asked' }),
    object: z.literal('trace'),
  })
  .meta({ id: 'Trace' });

export const traceListSchema = z
  .object({
    object: z.literal('list'),
    data_ref: z.literal('traces'),
    traces: z.array(traceSchema),
    has_more: z.boolean(),
  })
  .meta({ id: 'TraceList' });

export const traceParams = z.object({ id: name });

export const listTracesQuery = z.strictObject({
  limit: count(100).default(10).meta({ description: 'How many at most' }),
  starting_after: startingAfter.optional().meta({ description: 'The id of the last trace of the page before' }),
  code: z.string().min(1).max(255).optional(),
  customer: z.string().min(1).max(255).optional().meta({ description: 'Id or source id' }),
  outcome: z.string().min(1).max(255).optional().meta({ description: 'valid, redeemed, failed, or the key of a refusal' }),
});
