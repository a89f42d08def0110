import { z } from 'zod';
import { POINTS_TRANSACTION_TYPES } from '../../domain/loyalty/card.ts';
import { isDayOfYear, ROUNDING_TYPES } from '../../domain/loyalty/points-expiration.ts';
import { cardTransaction } from './card-transaction.ts';
import { change, day, name, text } from './fields.ts';
import { continuedListOf, listOf, paging } from './list.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;

const pointsAmount = z.int().min(0).max(LARGEST);

const months = z
  .strictObject({
    period_type: z.literal('MONTH'),
    period_value: z.int().min(0).max(120).meta({ description: 'So many months after they came, with the end of the day' }),
    rounding_type: z.enum(ROUNDING_TYPES).optional().meta({ description: 'Put off to the end of the period that this day is in' }),
    rounding_value: z.int().min(1).max(12).optional().meta({ description: 'The month of PARTICULAR_MONTH' }),
  })
  .refine((rules) => rules.rounding_type !== 'PARTICULAR_MONTH' || rules.rounding_value !== undefined, {
    path: ['rounding_value'],
    error: 'must be given with the rounding_type PARTICULAR_MONTH: its month, from 1',
  });

const dayOfYear = z
  .strictObject({
    period_type: z.literal('FIXED_DAY_OF_YEAR'),
    fixed_month: z.int().min(1, { abort: true }).max(12, { abort: true }),
    fixed_day: z.int().min(1).max(31),
  })
  .refine((rules) => isDayOfYear(rules.fixed_month, rules.fixed_day), { path: ['fixed_day'], error: 'must be a day of fixed_month' });

/** When points expire; those of a program without rules never do. */
export const pointsExpirationSchema = z.discriminatedUnion('period_type', [months, dayOfYear]).meta({ id: 'PointsExpiration' });

const sameBalance = {
  check: (card: { points: number; balance?: number }): boolean => card.balance === undefined || card.balance === card.points,
  options: { path: ['balance'], error: 'must be points, or be left out: a new card has all of its points' },
};

/** What a loyalty card, or each of a program, is made with. */
export const loyaltyCardBody = z
  .strictObject({
    points: pointsAmount.meta({ description: 'What a new card has' }),
    balance: pointsAmount.optional(),
    expiration_rules: pointsExpirationSchema.nullish(),
  })
  .refine(sameBalance.check, sameBalance.options)
  .transform(({ points, expiration_rules: rules }) => ({ points, ...(rules && { expiration_rules: rules }) }))
  .meta({ id: 'LoyaltyCardInput' });

export const programCardSchema = z
  .object({ points: z.int(), expiration_rules: pointsExpirationSchema.optional() })
  .meta({ id: 'ProgramLoyaltyCard' });

export const loyaltyCardSchema = z
  .object({
    points: z.int().meta({ description: 'All that were ever added' }),
    balance: z.int().meta({ description: 'What is left of them' }),
    next_expiration_date: z.string().nullable(),
    next_expiration_points: z.int().nullable(),
    pending_points: z.int().meta({ description: 'Earned, and not to be spent yet: none of them counts to points or balance' }),
    expired_points: z.int(),
    subtracted_points: z.int().meta({ description: 'Taken away by hand, with what earned them, or to another card' }),
  })
  .meta({ id: 'LoyaltyCard' });

const named = {
  reason: text().nullish(),
  source_id: text().min(1).nullish().meta({ description: 'What you call this transaction' }),
};

export const adjustPointsBody = z
  .strictObject({
    points: change.meta({ description: 'What to add; negative to take away' }),
    expiration_type: z
      .enum(['PROGRAM_RULES', 'CUSTOM_DATE', 'NON_EXPIRING'])
      .optional()
      .meta({ description: 'When points that are added expire; as the program says where it is left out' }),
    expiration_date: day.optional().meta({ description: 'The last day of points with the type CUSTOM_DATE' }),
    ...named,
  })
  .refine((body) => (body?.expiration_type === 'CUSTOM_DATE') === (body?.expiration_date !== undefined), {
    path: ['expiration_date'],
    error: 'must be given with the expiration_type CUSTOM_DATE, and with no other',
  })
  .refine((body) => body?.expiration_type === undefined || body.points > 0, {
    path: ['expiration_type'],
    error: 'must be left out where points are taken away',
  })
  .meta({ id: 'PointsAdjustment' });

export const pointsBalanceSchema = z
  .object({
    points: z.int().meta({ description: 'What came; negative where they went' }),
    total: z.int().meta({ description: 'All that were ever added' }),
    balance: z.int().meta({ description: 'What is left of them' }),
    type: z.literal('loyalty_card'),
    object: z.literal('balance'),
    related_object: z.object({ type: z.literal('voucher'), id: z.string() }),
    operation_type: z.enum(['MANUAL', 'AUTOMATIC']),
  })
  .meta({ id: 'PointsBalance' });

/** The same, where `amount` was asked. */
export const cardBalanceSchema = pointsBalanceSchema.extend({ amount: z.int() }).meta({ id: 'LoyaltyCardBalance' });

const transfer = z.strictObject({
  code: name.meta({ description: 'The card that the points are taken from' }),
  points: z.int().min(1).max(LARGEST),
  campaign_id: name.optional().meta({ description: 'The program of that card' }),
  ...named,
});

/** One transfer, or several. */
export const transferPointsBody = z
  .union([transfer.transform((one) => [one]), z.array(transfer).min(1).max(20)])
  .refine((transfers) => new Set(transfers.map(({ code }) => code)).size === transfers.length, { error: 'must name each card once' })
  .meta({ id: 'PointsTransfers' });

const transactionSchema = cardTransaction(z.enum(POINTS_TRANSACTION_TYPES), pointsBalanceSchema).meta({ id: 'PointsTransaction' });

export const pointsTransactionsSchema = continuedListOf(transactionSchema).meta({ id: 'PointsTransactions' });

const bucketSchema = z
  .object({
    id: z.string(),
    voucher_id: z.string(),
    campaign_id: z.string().nullable(),
    bucket: z.object({ total_points: z.int() }),
    status: z.literal('ACTIVE'),
    expires_at: z.string(),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('loyalty_points_bucket'),
  })
  .meta({ id: 'PointsBucket' });

export const expiringPointsSchema = listOf('data', bucketSchema).meta({ id: 'ExpiringPoints' });

export const expiringPointsQuery = z.strictObject(paging);
