import { z } from 'zod';
import { name, time } from './fields.ts';
import { rowErrorSchema } from './import.ts';
import { count, listOf, startingAfter } from './list.ts';

const wholeNumber = z.preprocess((value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value), z.int().min(0));

export const asyncActionSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    status: z.enum(['ENQUEUED', 'IN_PROGRESS', 'DONE', 'FAILED']),
    operation_status: z.enum(['UNKNOWN', 'SUCCESS', 'FAILED']).meta({ description: 'UNKNOWN while it is not finished' }),
    progress: z.object({ done: z.int(), total: z.int() }),
    result: z
      .object({
        done_count: z.int(),
        failed_count: z.int().optional().meta({ description: 'Rows that were not imported: /errors names each' }),
        message: z.string().optional().meta({ description: 'Why it failed' }),
      })
      .nullable(),
    created_at: z.string(),
    updated_at: z.string(),
    object: z.literal('async_action'),
  })
  .meta({ id: 'AsyncAction' });

export const asyncActionListSchema = listOf('async_actions', asyncActionSchema).meta({ id: 'AsyncActionList' });

export const asyncActionParams = z.object({ id: name });

export const listAsyncActionsQuery = z.strictObject({
  limit: count(100).default(10).meta({ description: 'How many at most' }),
  starting_after: startingAfter.optional().meta({ description: 'The id of the last action of the page before' }),
  end_date: time.optional().meta({ description: 'Made before this time' }),
});

export const listRowErrorsQuery = z.strictObject({
  limit: count(1_000).default(100).meta({ description: 'How many at most' }),
  starting_after: wholeNumber.default(0).meta({ description: 'The line of the last row of the page before' }),
});

export const rowErrorListSchema = listOf('errors', rowErrorSchema).meta({ id: 'RowErrorList' });
