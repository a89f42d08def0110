import { z } from 'zod';
import { durationProblem } from '../../domain/calendar.ts';
import { TIER_PERIODS } from '../../domain/loyalty/tier-period.ts';

const extend = z
  .string()
  .max(50)
  .superRefine((value, context) => {
    const problem = durationProblem(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

const immediate = z.strictObject({ type: z.literal('IMMEDIATE') }).default({ type: 'IMMEDIATE' });

/** How members come to a tier and lose it. */
export const tierRules = z
  .discriminatedUnion('qualification_type', [
    z.strictObject({
      qualification_type: z.literal('BALANCE').meta({ description: 'By the points that a member has now' }),
      start_date: immediate,
      expiration_date: z.strictObject({ type: z.literal('BALANCE_DROP') }).default({ type: 'BALANCE_DROP' }),
    }),
    z.strictObject({
      qualification_type: z.literal('POINTS_IN_PERIOD').meta({ description: 'By the points that a member collected in a calendar period' }),
      qualification_period: z.enum(TIER_PERIODS),
      start_date: immediate,
      expiration_date: z
        .strictObject({ type: z.enum(['END_OF_PERIOD', 'END_OF_NEXT_PERIOD']), extend: extend.optional() })
        .default({ type: 'END_OF_PERIOD' }),
    }),
  ])
  .meta({ id: 'LoyaltyTiersExpiration', description: 'Where it is left out, the points that a member has count' });
