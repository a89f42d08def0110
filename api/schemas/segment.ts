import { z } from 'zod';
import { CUSTOMER_FIELDS } from '../../domain/filter/customer-filter.ts';
import { checkFilter, type FilterFields } from '../../domain/filter/filter.ts';
import { name, text } from './fields.ts';
import { count, listOf, paging, startingAfter } from './list.ts';

/** A filter over these fields. What is wrong with it is found with what the fields can be asked. */
export const filterOver = (fields: FilterFields) =>
  z.record(z.string(), z.unknown()).superRefine((given, context) => {
    for (const { path, message } of checkFilter(given, fields, '').problems) {
      context.addIssue({ code: 'custom', message, path: path === '' ? [] : [path.slice(1)] });
    }
  });

const MOST_CUSTOMERS = 10_000;

const customers = z.array(name).max(MOST_CUSTOMERS);

const fields = {
  filter: filterOver(CUSTOMER_FIELDS)
    .optional()
    .meta({ description: 'Whom an auto-update segment finds: {"junction": "AND", "metadata.tier": {"conditions": {"$is": ["gold"]}}}' }),
  customers: customers.optional().meta({ description: 'Ids or source ids of whom a static segment lists' }),
};

const segmentType = z.enum(['static', 'auto-update']);

export const createSegmentBody = z
  .strictObject({ ...fields, name: text().min(1), type: segmentType })
  .refine(({ type, filter }) => type === 'static' || filter !== undefined, { path: ['filter'], error: 'must say whom the segment finds' })
  .refine(({ type, filter }) => type === 'auto-update' || filter === undefined, {
    path: ['filter'],
    error: 'goes with an auto-update segment only',
  })
  .refine(({ type, customers: listed }) => type === 'static' || listed === undefined, {
    path: ['customers'],
    error: 'goes with a static segment only',
  });

export const updateSegmentBody = z.strictObject({
  name: text().min(1).optional(),
  filter: fields.filter,
  customers: customers.optional().meta({ description: 'Instead of those whom a static segment lists' }),
  add_customers: customers.optional(),
  remove_customers: customers.optional(),
});

export const segmentParams = z.object({ id: name.meta({ description: 'Id or name' }) });

export const listSegmentsQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last segment of the page before' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
});

export const segmentCustomersQuery = z.strictObject({
  limit: count(100).default(10),
  starting_after: startingAfter.optional().meta({ description: 'The id of the last customer of the page before' }),
});

export const segmentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    type: segmentType,
    filter: z.record(z.string(), z.unknown()).optional(),
    initial_sync_status: z.enum(['IN_PROGRESS', 'DONE']).meta({ description: 'Whether all customers were told whether they are in it' }),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('segment'),
  })
  .meta({ id: 'Segment' });

export const segmentListSchema = listOf('data', segmentSchema).meta({ id: 'SegmentList' });

export const customerSegmentsSchema = z
  .object({
    object: z.literal('list'),
    total: z.int(),
    data_ref: z.literal('data'),
    data: z.array(z.object({ id: z.string(), name: z.string(), object: z.literal('segment') })),
  })
  .meta({ id: 'CustomerSegments' });
