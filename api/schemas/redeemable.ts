import { z } from 'zod';
import { STACKING_RULES } from '../../domain/checkout/stacking.ts';
import { MAX_TTL_MS, SESSION_UNITS, ttlOf } from '../../domain/checkout/session.ts';
import { applicableList } from './applicable-to.ts';
import { someCustomer } from './customer.ts';
import { discountSchema } from './discount.ts';
import { metadata, name, text } from './fields.ts';
import { orderInput, orderSchema } from './order.ts';
import { someStackingRules } from './stacking-rules.ts';

/** What a shopper's session holds. */
const session = z
  .strictObject({
    key: name.optional().meta({ description: 'Names the session; made where it is left out' }),
    type: z.literal('LOCK').default('LOCK'),
    ttl: z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional().meta({ description: 'How long it lasts; 7 days where it is left out' }),
    ttl_unit: z.enum(SESSION_UNITS).default('DAYS'),
  })
  .refine(({ ttl, ttl_unit: unit }) => ttl === undefined || ttlOf({ ttl, ttl_unit: unit }) <= MAX_TTL_MS, {
    path: ['ttl'],
    error: 'must not be longer than a year',
  })
  .meta({ id: 'Session', description: 'A validation holds for it what applies; its redemption uses that up' });

const gift = z
  .strictObject({ credits: z.int().min(1).max(Number.MAX_SAFE_INTEGER).optional() })
  .meta({ description: 'How much of a gift card to spend, in minor units; as much as there is to pay where it is left out' });

/** What is asked for the points of a loyalty card. */
export const rewardAsked = z
  .strictObject({
    id: name.optional().meta({ description: 'Id of a reward that the program of the card has' }),
    assignment_id: name.optional().meta({ description: 'Instead: the id of its assignment to the program' }),
    points: z
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'Where points pay for the order: how many; as many as there is to pay where it is left out' }),
  })
  .meta({ id: 'RewardAsked' });

/** What every question about codes carries besides them. */
export const checkoutFields = {
  order: orderInput.nullish(),
  customer: someCustomer.nullish(),
  tracking_id: text().nullish(),
  metadata: metadata.nullish(),
  session: session.nullish(),
};

const redeemable = z.strictObject({
  object: z.enum(['voucher', 'promotion_tier', 'promotion_stack']).default('voucher'),
  id: name.meta({ description: 'The code of a voucher, or the id of a promotion tier or stack' }),
  gift: gift.nullish(),
  reward: rewardAsked.nullish().meta({ description: 'Of a loyalty card: what its points are spent on' }),
});

/** The body of `POST /validations` and of `POST /redemptions`. */
export const redeemablesBody = z
  .strictObject({
    ...checkoutFields,
    redeemables: z.array(redeemable).min(1).max(STACKING_RULES.redeemables_limit),
    options: z
      .strictObject({
        expand: z
          .array(z.enum(['order', 'redeemable', 'redemption', 'category']))
          .max(10)
          .optional(),
        stacking_rules: someStackingRules.optional().meta({ description: "In place of the project's, and never wider" }),
      })
      .optional()
      .meta({ description: 'expand order: the items of the order with each redeemable too' }),
  })
  .meta({ id: 'Redeemables' });

/** The body of the older calls, whose path has the code. */
export const singleBody = z
  .strictObject({ ...checkoutFields, gift: gift.nullish(), reward: rewardAsked.nullish() })
  .meta({ id: 'SingleRedeemable' });

export const voucherCode = z.object({ code: name });

const reason = z.looseObject({ key: z.string(), message: z.string() });

export const redeemableSchema = z
  .object({
    status: z.enum(['APPLICABLE', 'INAPPLICABLE', 'SKIPPED']),
    id: z.string(),
    object: z.enum(['voucher', 'promotion_tier', 'promotion_stack']),
    order: orderSchema.nullish(),
    applicable_to: applicableList.optional(),
    inapplicable_to: applicableList.optional(),
    result: z.object({
      discount: discountSchema.optional(),
      gift: z.object({ balance: z.int(), credits: z.int() }).optional(),
      loyalty_card: z.object({ points: z.int(), balance: z.int(), transfers: z.array(z.unknown()) }).optional(),
      error: reason.optional(),
      details: reason.optional(),
    }),
    metadata: z.record(z.string(), z.unknown()).optional(),
    categories: z.array(z.unknown()).optional(),
  })
  .meta({ id: 'Redeemable' });
