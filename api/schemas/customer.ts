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
  referrals: z.unknown().optional(),
  system_metadata: z.unknown().optional(),
  assets: z.unknown().optional(),
  clock_offset_ms: z.unknown().optional(),
  unsubscribed_at: z.unknown().optional(),
};

const told = z.strictObject({ source_id: name.nullish(), ...fields, ...answered });

type Told<T> = Omit<T, keyof typeof answered | 'source_id' | 'id'> & { source_id?: string };

/** A name that is null says as little as one that is left out. */
const isSaid = ([field, value]: [string, unknown]): boolean =>
  !(field in answered || (value === null && (field === 'source_id' || field === 'id')));

const withoutAnswered = <T extends z.output<typeof told>>(input: T) => Object.fromEntries(Object.entries(input).filter(isSaid)) as Told<T>;

/** A customer as a request carries one: with a checkout, with an event, or to /customers itself. */
export const customerInput = told
  .extend({ id: name.nullish() })
  .transform((input): Told<typeof input> & { id?: string } => withoutAnswered(input));

/** A customer of whom something is said. Who is named by no id is known by their email, or is somebody new. */
export const someCustomer = customerInput.refine((told) => Object.values(told).some((value) => value != null), {
  path: ['source_id'],
  error: 'must be given, or id, or anything else that is known of the customer',
});

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
    summary: z
      .object({
        redemptions: z.object({
          total_redeemed: z.int(),
          total_failed: z.int(),
          total_succeeded: z.int(),
          total_rolled_back: z.int(),
          total_rollback_failed: z.int(),
          total_rollback_succeeded: z.int(),
          gift: z.object({ redeemed_amount: z.int(), amount_to_go: z.int() }),
          loyalty_card: z.object({ redeemed_points: z.int(), points_to_go: z.int() }),
        }),
        orders: z.object({ total_amount: z.int(), total_count: z.int(), average_amount: z.int(), last_order_amount: z.int() }),
      })
      .optional()
      .meta({ description: 'What they redeemed and ordered; canceled orders do not count' }),
    referrals: z
      .object({
        total: z.int(),
        campaigns: z.array(
          z.object({
            campaign_id: z.string(),
            referrer_id: z.string(),
            related_object_id: z.string(),
            related_object_type: z.string(),
            date: z.string(),
          }),
        ),
      })
      .optional()
      .meta({ description: 'By whom they were brought' }),
    system_metadata: z.record(z.string(), z.unknown()).optional(),
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
