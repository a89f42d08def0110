import { z } from 'zod';
import { day, metadata, name, text } from './fields.ts';
import { listOf, paging, startingAfter, timeRange } from './list.ts';

const isTimezone = (value: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).format(0) !== '';
  } catch {
    return false;
  }
};

const addressSchema = z
  .strictObject({
    city: text().nullish(),
    state: text().nullish(),
    line_1: text().nullish(),
    line_2: text().nullish(),
    country: text().nullish(),
    postal_code: text().nullish(),
  })
  .meta({ id: 'Address' });

const fields = {
  name: text().nullish(),
  email: z.email().max(320).nullish(),
  phone: text(64).nullish(),
  description: text(2000).nullish(),
  birthdate: day.nullish().meta({ description: 'YYYY-MM-DD' }),
  birthday: day.nullish().meta({ description: 'An older name of birthdate' }),
  address: addressSchema.nullish(),
  timezone: z.string().min(1).max(64).refine(isTimezone, { error: 'must be an IANA time zone, such as Europe/Berlin' }).nullish(),
  locale: text(35).nullish(),
  metadata: metadata.nullish(),
};

/** What answers tell of a customer beside what they were told: clients send back what they got, and it changes nothing. */
const answered = {
  object: z.unknown().optional(),
  created_at: z.unknown().optional(),
  updated_at: z.unknown().optional(),
  summary: z.unknown().optional(),
  loyalty: z.unknown().optional(),
  clock_offset_ms: z.unknown().optional(),
  unsubscribed_at: z.unknown().optional(),
};

const told = z.strictObject({ source_id: name.optional(), ...fields, ...answered });

type Told<T> = Omit<T, keyof typeof answered>;

const withoutAnswered = <T extends z.output<typeof told>>(input: T): Told<T> => {
  const { object: _o, created_at: _c, updated_at: _u, summary: _s, loyalty: _l, clock_offset_ms: _m, unsubscribed_at: _x, ...rest } = input;
  return rest;
};

/** A customer as a request carries one: with a checkout, with an event, or to /customers itself. */
export const customerInput = told.extend({ id: name.optional() }).transform((input) => withoutAnswered(input));

export const updateCustomerBody = told.transform((input) => withoutAnswered(input));

export const customerParams = z.object({ id: name.meta({ description: 'Id or source id' }) });

export const listCustomersQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last customer of the page before, or its created_at' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  email: z.string().max(320).optional(),
  name: z.string().max(255).optional(),
  city: z.string().max(255).optional(),
  created_at: timeRange.optional(),
});

export const customerSchema = z
  .object({
    id: z.string(),
    source_id: z.string(),
    name: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    description: z.string().nullable(),
    birthdate: z.string().nullable(),
    address: addressSchema.nullable(),
    timezone: z.string().nullable(),
    locale: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    loyalty: z
      .object({
        points: z.int().meta({ description: 'All that were ever added to their loyalty cards' }),
        referred_customers: z.int(),
        campaigns: z.record(z.string(), z.object({ points: z.int(), loyalty_tier: z.string().nullable(), referred_customers: z.int() })),
      })
      .optional()
      .meta({ description: 'What the customer has in loyalty programs; left out where customers are listed by other things' }),
    clock_offset_ms: z.int().meta({ description: 'What a sandbox has forwarded this customer by' }),
    unsubscribed_at: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('customer'),
  })
  .meta({ id: 'Customer' });

export const customerListSchema = listOf('customers', customerSchema).meta({ id: 'CustomerList' });
