import { z } from 'zod';
import { time } from './fields.ts';
import { count } from './list.ts';

export const resultsQuery = z.strictObject({
  version: count(1_000_000).optional().meta({ description: 'Only who is, or ended, on this version' }),
  from: time.optional().meta({ description: 'Only who entered at this time or later' }),
  to: time.optional().meta({ description: 'Only who entered before' }),
});

const counts = z.record(z.string(), z.int());
const interval = z.tuple([z.number(), z.number()]);

const armFields = {
  customers: z.int(),
  conversions: z.int().meta({ description: 'Who reached the goal within its window, also after they had come to the end' }),
  rate: z.number().nullable(),
  interval: interval.meta({ description: 'Wilson’s score interval, 95 %' }),
};
const arm = z.object(armFields).meta({ id: 'ResultsGroup' });

const lift = z
  .object({
    difference: z.number().meta({ description: 'In points: 0.02 is two more of a hundred' }),
    interval: interval.meta({ description: 'Of the difference' }),
    confidence: z.number(),
    method: z.string(),
    relative: z.number().nullable().meta({ description: 'In parts of the holdout’s rate' }),
    significant: z.boolean().meta({ description: 'Whether the interval leaves out 0' }),
    needed_in_holdout: z.int().nullable().meta({ description: 'How many held out it takes to find such a difference 80 times of 100' }),
    enough: z.boolean(),
  })
  .meta({ id: 'Lift' });

const reach = { reached: z.int(), outcomes: counts };

export const resultsSchema = z
  .object({
    object: z.literal('journey_results'),
    journey: z.object({ id: z.string(), key: z.string(), name: z.string(), version: z.int().nullable() }),
    from: z.string().nullable(),
    to: z.string().nullable(),
    entered: z.int(),
    inside: z.object({ active: z.int(), held: z.int() }),
    outcomes: counts.meta({ description: 'How those ended who have left' }),
    goal: z.object({ event: z.string(), match: z.string().nullable(), window: z.string().nullable() }).nullable(),
    groups: z.object({ journey: arm, holdout: arm.nullable() }),
    lift: lift.nullable(),
    funnel: z.array(
      z.object({
        step: z.string(),
        kind: z.string(),
        ...reach,
        standing: z.int().meta({ description: 'Who stands there now' }),
        variants: z.array(z.object({ split: z.string().nullable(), variant: z.string().nullable(), ...reach })),
      }),
    ),
    splits: z.array(
      z.object({
        step: z.string(),
        salt: z.string().meta({ description: 'What the bucket of a customer is computed with' }),
        variants: z.array(z.object({ variant: z.string(), percent: z.number().nullable(), holdout: z.boolean(), ...armFields })),
      }),
    ),
    revenue: z.array(z.object({ currency: z.string(), journey: z.int(), holdout: z.int(), orders: z.int() })),
    discounts: z.array(z.object({ currency: z.string(), amount: z.int(), redemptions: z.int() })),
    coupons: z.array(z.object({ campaign: z.string(), issued: z.int(), redeemed: z.int() })),
    messages: counts,
    warnings: z.array(z.string()),
  })
  .meta({ id: 'JourneyResults' });
