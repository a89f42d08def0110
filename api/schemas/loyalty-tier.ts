import { z } from 'zod';
import { metadata, name, text } from './fields.ts';
import { listOf, paging } from './list.ts';
import { programParams } from './loyalty.ts';
import { rewardAssignmentSchema } from './reward-assignment.ts';
import { rewardSchema } from './reward.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;
const MULTIPLIER_MAX = 1_000_000;
const TIERS_MAX = 100;

const mapping = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('MULTIPLY'), multiplier: z.number().min(0).max(MULTIPLIER_MAX).multipleOf(0.000001) }),
    z.strictObject({ type: z.literal('CUSTOM'), points: z.int().min(0).max(LARGEST) }),
  ])
  .meta({ id: 'PointsMapping', description: 'Points times a multiplier, rounded half up, or a number of their own' });

const mappings = z
  .record(name, mapping)
  .refine((given) => Object.keys(given).length <= TIERS_MAX, { error: `must not be more than ${TIERS_MAX}` });

const points = z
  .strictObject({
    from: z.int().min(0).max(LARGEST),
    to: z
      .int()
      .min(0)
      .max(LARGEST)
      .optional()
      .meta({ description: 'The last number of points that belongs to it; no end where it is left out' }),
  })
  .refine(({ from, to }) => to === undefined || from <= to, { path: ['to'], error: 'must not be less than from' });

/** What answers tell of a tier: clients send back what they got, and it changes nothing. */
const answered = {
  id: z.unknown().optional(),
  campaign_id: z.unknown().optional(),
  config: z.unknown().optional(),
  created_at: z.unknown().optional(),
  updated_at: z.unknown().optional(),
  object: z.unknown().optional(),
};

const fields = {
  earning_rules: mappings.optional().meta({ description: 'By the id of an earning rule: what its members earn instead' }),
  rewards: mappings.optional().meta({ description: 'By the id of a reward: what it costs its members instead' }),
  metadata: metadata.nullish(),
};

export const createTiersBody = z
  .array(z.strictObject({ ...answered, ...fields, name: text().min(1), points }))
  .min(1)
  .max(TIERS_MAX)
  .meta({ id: 'LoyaltyTierInputs' });

export const updateTierBody = z.strictObject({ ...answered, ...fields, name: text().min(1).optional(), points: points.optional() });

export const tierOfProgramParams = programParams.extend({ tier: name });

export const listTiersQuery = z.strictObject({
  ...paging,
  order: z.enum(['created_at', '-created_at', 'updated_at', '-updated_at']).default('created_at'),
});

export const listOfTierQuery = z.strictObject(paging);

const expiration = z.object({
  customer_id: z.string(),
  campaign_id: z.string(),
  tier_id: z.string(),
  start_date: z.string(),
  expiration_date: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string().nullable(),
});

const range = z.object({ from: z.int(), to: z.int().optional() });

export const loyaltyTierSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    campaign_id: z.string(),
    points: range,
    config: z.object({ points: range }),
    earning_rules: z.record(z.string(), mapping),
    rewards: z.record(z.string(), mapping),
    metadata: z.record(z.string(), z.unknown()),
    expiration: expiration.optional().meta({ description: 'Of a member: since when they are on it, and until when' }),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('loyalty_tier'),
  })
  .meta({ id: 'LoyaltyTier' });

export const loyaltyTiersSchema = z.array(loyaltyTierSchema).meta({ id: 'LoyaltyTiers' });
export const loyaltyTierListSchema = listOf('data', loyaltyTierSchema).meta({ id: 'LoyaltyTierList' });

export const tierRewardListSchema = listOf(
  'data',
  z.object({ reward: rewardSchema, assignment: rewardAssignmentSchema, object: z.literal('loyalty_tier_reward') }),
).meta({ id: 'LoyaltyTierRewardList' });

export const memberRewardListSchema = listOf(
  'data',
  z.object({ reward: rewardSchema, assignment: rewardAssignmentSchema, object: z.literal('loyalty_reward') }),
).meta({ id: 'MemberRewardList' });
