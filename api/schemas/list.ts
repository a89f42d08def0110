import { z } from 'zod';
import { time } from './fields.ts';

const wholeNumber = (value: unknown): unknown => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value);
const trueOrFalse = (value: unknown): unknown => (value === 'true' ? true : value === 'false' ? false : value);

const MAX_LIMIT = 100;

/** A truth value as a query can carry it. */
export const flag = z.preprocess(trueOrFalse, z.boolean());

export const count = (max: number) => z.preprocess(wholeNumber, z.int().min(1).max(max));

/** `limit`, `page` and `starting_after`, which every list takes. */
export const paging = {
  limit: count(MAX_LIMIT).default(10).meta({ description: 'How many at most' }),
  page: count(1000).default(1).meta({ description: 'Which page; deep ones cost more than starting_after' }),
};

export const startingAfter = z.string().min(1).max(255);

/** `created_at[after]=…&created_at[before]=…` */
export const timeRange = z.strictObject({ after: time.optional(), before: time.optional() });

/** `filters[code][conditions][$in][0]=A&filters[junction]=OR`. What is wrong with it is found with what the fields can be asked. */
export const listFilters = z.record(z.string(), z.unknown()).optional().meta({
  description: 'Conditions by field, the same as of exports: `filters[code][conditions][$in][0]=A`, joined by `filters[junction]`',
});

/** The body of a list answer: `{object, total, data_ref, <data_ref>: [], has_more}`. */
export const listOf = <T extends z.ZodType>(dataRef: string, item: T) =>
  z.object({
    object: z.literal('list'),
    total: z.int(),
    data_ref: z.literal(dataRef),
    [dataRef]: z.array(item),
    has_more: z.boolean(),
  });

/** A list answer. */
export const list = (dataRef: string, items: unknown[], page: { total: number; hasMore: boolean }) => ({
  object: 'list' as const,
  total: page.total,
  data_ref: dataRef,
  [dataRef]: items,
  has_more: page.hasMore,
});

/** The body of a list that names where its next page begins: `{object, data_ref, data, has_more, more_starting_after}`. */
export const continuedListOf = <T extends z.ZodType>(item: T) =>
  z.object({
    object: z.literal('list'),
    data_ref: z.literal('data'),
    data: z.array(item),
    has_more: z.boolean(),
    more_starting_after: z.string().optional(),
  });

/** An answer of such a list. */
export const continuedList = (data: readonly { id: string }[], hasMore: boolean) => ({
  object: 'list' as const,
  data_ref: 'data' as const,
  data,
  has_more: hasMore,
  more_starting_after: hasMore ? data.at(-1)?.id : undefined,
});
