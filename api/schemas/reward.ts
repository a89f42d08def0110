import { z } from 'zod';
import { REWARD_CAMPAIGN_TYPES, REWARD_TYPES } from '../../domain/loyalty/reward.ts';
import { metadata, name, text } from './fields.ts';
import { listOf, paging } from './list.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;
const RATIO_MAX = 1_000_000_000;
const MILLIONTHS = 1_000_000;

const isMillionths = (value: number): boolean => Math.abs(Math.round(value * MILLIONTHS) - value * MILLIONTHS) < 1e-3;

const points = z.int().min(1).max(LARGEST);

const campaign = z
  .strictObject({
    id: name.meta({ description: 'Id or name of a campaign of discount coupons, gift vouchers or loyalty cards' }),
    balance: points.optional().meta({ description: "What is added to the member's card there: minor units of a gift card, or points" }),
    type: z.enum(REWARD_CAMPAIGN_TYPES).optional().meta({ description: "The campaign's type, as answers tell it" }),
  })
  .meta({ id: 'RewardCampaign' });

const coin = z
  .strictObject({
    exchange_ratio: z
      .number()
      .positive()
      .max(RATIO_MAX)
      .refine(isMillionths, { error: 'must have at most 6 decimals' })
      .meta({ description: 'How much money the points of points_ratio are worth, in the major unit of the currency: 20 is $20' }),
    points_ratio: z.int().min(1).max(RATIO_MAX).default(1).meta({ description: 'How many points; they are spent in steps of this many' }),
  })
  .meta({ id: 'RewardCoin' });

const product = z
  .strictObject({
    id: name.meta({ description: 'Id or source id of a product' }),
    sku_id: name.nullish().meta({ description: 'Id or source id of one of its SKUs' }),
    sku: name.nullish().meta({ description: 'Another name of sku_id' }),
  })
  .meta({ id: 'RewardProduct' });

/** One of the three: it says what type the reward has. */
const parameters = z
  .strictObject({ campaign: campaign.optional(), coin: coin.optional(), product: product.optional() })
  .refine((given) => Object.values(given).filter((each) => each !== undefined).length === 1, {
    error: 'must have exactly one of campaign, coin and product',
  });

export type RewardParametersInput = z.output<typeof parameters>;

const stock = z
  .int()
  .min(0)
  .max(LARGEST)
  .nullish()
  .meta({ description: 'How many there are to give altogether; without limit where it is left out' });

const attributes = z.strictObject({ image_url: text(2000).optional(), description: text(2000).optional() }).nullish();

/** What answers tell of a reward: clients send back what they got, and it changes nothing. */
const answered = {
  id: z.unknown().optional(),
  redeemed: z.unknown().optional(),
  created_at: z.unknown().optional(),
  updated_at: z.unknown().optional(),
  object: z.unknown().optional(),
};

const type = z.enum(REWARD_TYPES).optional().meta({ description: 'As its parameters say' });

const TYPE_OF = { campaign: 'CAMPAIGN', coin: 'COIN', product: 'MATERIAL' } as const;

/** The type of a reward with these parameters. */
export const rewardTypeOf = (given: RewardParametersInput) =>
  given.campaign ? TYPE_OF.campaign : given.coin ? TYPE_OF.coin : TYPE_OF.product;

export const createRewardBody = z
  .strictObject({ ...answered, name: text().min(1), type, parameters, stock, attributes, metadata: metadata.nullish() })
  .refine((body) => body.type === undefined || body.type === rewardTypeOf(body.parameters), {
    path: ['type'],
    error: 'must be CAMPAIGN, COIN or MATERIAL as parameters has campaign, coin or product',
  })
  .meta({ id: 'RewardInput' });

export const updateRewardBody = z.strictObject({
  ...answered,
  name: text().min(1).optional(),
  type,
  parameters: parameters.optional(),
  stock,
  attributes,
  metadata: metadata.nullish(),
});

export const rewardParams = z.object({ id: name });

export const listRewardsQuery = z.strictObject({
  ...paging,
  assignment_id: name.optional().meta({ description: 'Only the reward of this assignment' }),
});

export const rewardSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(REWARD_TYPES),
    parameters: z.object({
      campaign: z.object({ id: z.string(), type: z.enum(REWARD_CAMPAIGN_TYPES), balance: z.int().optional() }).optional(),
      coin: z.object({ exchange_ratio: z.number(), points_ratio: z.int() }).optional(),
      product: z.object({ id: z.string(), sku_id: z.string().nullable(), sku: z.string().nullable() }).optional(),
    }),
    stock: z.int().nullable(),
    redeemed: z.int(),
    attributes: z.object({ image_url: z.string().optional(), description: z.string().optional() }),
    metadata: z.record(z.string(), z.unknown()),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('reward'),
  })
  .meta({ id: 'Reward' });

export const rewardListSchema = listOf('data', rewardSchema).meta({ id: 'RewardList' });
