import { z } from 'zod';
import { durationProblem, withinDays } from '../../domain/calendar.ts';
import { TIER_PERIODS, type TierRounding } from '../../domain/loyalty/tier-period.ts';

const LESS_THAN_A_DAY = 0.99;

const extend = z
  .string()
  .max(50)
  .superRefine((value, context) => {
    const problem = durationProblem(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

const rounding = z
  .strictObject({
    type: z.enum([...TIER_PERIODS, 'CUSTOM']).meta({ description: 'A calendar period, or with CUSTOM one month of each year' }),
    strategy: z.enum(['START', 'END']).default('END').meta({ description: 'With the start or the end of it the tier ends' }),
    unit: z.literal('MONTH').optional(),
    value: z.int().min(0).max(11).optional().meta({ description: 'With CUSTOM, which month: 0 is January' }),
  })
  .refine((told) => (told.type === 'CUSTOM') === (told.value !== undefined), {
    path: ['value'],
    error: 'must be given with the type CUSTOM, and with no other: the month, from 0',
  }) satisfies z.ZodType<TierRounding>;

/** How long a tier lasts that does not end with the points. */
const lasting = extend.refine((value) => durationProblem(value) !== null || !withinDays(value, LESS_THAN_A_DAY), {
  error: 'must be at least a day, such as P3M',
});

const immediate = z.strictObject({ type: z.literal('IMMEDIATE') }).default({ type: 'IMMEDIATE' });

/** How members come to a tier and lose it. */
export const tierRules = z
  .discriminatedUnion('qualification_type', [
    z.strictObject({
      qualification_type: z.literal('BALANCE').meta({ description: 'By the points that a member has now' }),
      start_date: immediate,
      expiration_date: z
        .discriminatedUnion('type', [
          z.strictObject({ type: z.literal('BALANCE_DROP') }).meta({ description: 'As long as the member has so many points' }),
          z.strictObject({ type: z.literal('CUSTOM'), extend: lasting, rounding: rounding.optional() }).meta({
            description: 'For so long from when the member reached it, whatever becomes of the points; then again, where they are enough',
          }),
        ])
        .default({ type: 'BALANCE_DROP' }),
    }),
    z.strictObject({
      qualification_type: z.literal('POINTS_IN_PERIOD').meta({ description: 'By the points that a member collected in a calendar period' }),
      qualification_period: z.enum(TIER_PERIODS),
      start_date: z
        .strictObject({ type: z.enum(['IMMEDIATE', 'NEXT_PERIOD']) })
        .default({ type: 'IMMEDIATE' })
        .meta({ description: 'NEXT_PERIOD: what is collected in a period counts from the start of the next' }),
      expiration_date: z
        .strictObject({ type: z.enum(['END_OF_PERIOD', 'END_OF_NEXT_PERIOD']), extend: extend.optional() })
        .default({ type: 'END_OF_PERIOD' }),
    }),
  ])
  .meta({ id: 'LoyaltyTiersExpiration', description: 'Where it is left out, the points that a member has count' });
