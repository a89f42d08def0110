import { z } from 'zod';
import { applicableList } from './applicable-to.ts';
import { customerInput } from './customer.ts';
import { metadata, name, text } from './fields.ts';
import { listFilters, listOf, paging, startingAfter, timeRange } from './list.ts';
import { orderSchema } from './order.ts';
import { redeemableSchema } from './redeemable.ts';

const applicable = { applicable_to: applicableList.optional(), inapplicable_to: applicableList.optional() };
const voucher = z.looseObject({ id: z.string().nullable(), code: z.string().nullable(), object: z.literal('voucher'), ...applicable });
const tier = z.looseObject({ id: z.string(), name: z.string().nullable(), object: z.literal('promotion_tier'), ...applicable });
const customer = z.object({ id: z.string(), source_id: z.string().nullable(), object: z.literal('customer') });

const entry = {
  id: z.string(),
  date: z.string(),
  customer_id: z.string().nullable(),
  tracking_id: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
  result: z.enum(['SUCCESS', 'FAILURE']),
  status: z.enum(['SUCCEEDED', 'FAILED']),
  order: orderSchema.nullish(),
  customer: customer.nullish(),
  related_object_type: z.enum(['voucher', 'promotion_tier', 'redemption']),
  related_object_id: z.string(),
};

const takenBack = z
  .object({
    voucher: z.object({ id: z.string(), code: z.string(), object: z.literal('voucher') }),
    added: z.int().meta({ description: 'What the redemption added to it: credits in minor units, or points' }),
    taken: z.int().meta({ description: 'What of that went again' }),
    missing: z.int().meta({ description: 'What could not be taken' }),
    reason: z.string().nullable().meta({ description: 'Why something is missing' }),
  })
  .meta({ description: 'Of a rollback: what went from a card that the reward had added to' });

export const redemptionSchema = z
  .object({
    ...entry,
    object: z.enum(['redemption', 'redemption_rollback']),
    amount: z.int().meta({ description: 'The discount in minor units; negative where it was taken back' }),
    gift: z.object({ amount: z.int() }).optional().meta({ description: 'What was spent of a gift card' }),
    loyalty_card: z
      .object({ points: z.int() })
      .optional()
      .meta({ description: 'What was spent of a loyalty card; then amount is the same' }),
    reward: z
      .looseObject({ id: z.string(), assignment_id: z.string(), object: z.literal('reward'), taken_back: takenBack.optional() })
      .optional(),
    redemption: z.string().optional().meta({ description: 'The parent redemption, or the one that was taken back' }),
    reason: z.string().nullish(),
    failure_code: z.string().optional(),
    failure_message: z.string().optional(),
    voucher: voucher.nullish(),
    promotion_tier: tier.optional(),
  })
  .meta({ id: 'Redemption' });

export const redemptionsSchema = z
  .object({
    redemptions: z.array(redemptionSchema),
    parent_redemption: z.object({ ...entry, object: z.literal('redemption') }),
    order: orderSchema.nullable(),
    inapplicable_redeemables: z.array(redeemableSchema),
    skipped_redeemables: z.array(redeemableSchema),
  })
  .meta({ id: 'Redemptions' });

const rollback = z.object({ ...redemptionSchema.shape, object: z.literal('redemption_rollback') });

export const rollbackSchema = rollback.meta({ id: 'Rollback' });

export const rollbacksSchema = z
  .object({
    rollbacks: z.array(rollback),
    parent_rollback: rollback.omit({ voucher: true }),
    order: orderSchema.nullable(),
  })
  .meta({ id: 'Rollbacks' });

export const redemptionListSchema = listOf('redemptions', redemptionSchema).meta({ id: 'RedemptionList' });

export const voucherRedemptionsSchema = z
  .object({
    ...listOf('redemption_entries', redemptionSchema).shape,
    quantity: z.int().nullable(),
    redeemed_quantity: z.int(),
    redeemed_amount: z.int(),
  })
  .meta({ id: 'VoucherRedemptions' });

export const redemptionParams = z.object({ id: name });

const explanation = { reason: text().nullish(), tracking_id: text().nullish() };

export const rollbackQuery = z.strictObject(explanation);

export const rollbackBody = z.strictObject({ ...explanation, customer: customerInput.nullish(), metadata: metadata.nullish() });

export const listRedemptionsQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last redemption of the page before' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  result: z.enum(['SUCCESS', 'FAILURE']).optional(),
  campaign: z.string().max(255).optional().meta({ description: 'Id or name' }),
  customer: z.string().max(255).optional().meta({ description: 'Id or source id' }),
  created_at: timeRange.optional(),
  filters: listFilters,
});

export const voucherRedemptionsQuery = z.strictObject({ ...paging, starting_after: startingAfter.optional() });
