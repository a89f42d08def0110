import { z } from 'zod';
import { VOUCHER_STATUSES } from '../../domain/voucher/status.ts';
import { time } from './fields.ts';
import { continuedListOf, paging, startingAfter } from './list.ts';
import { voucherSchema } from './voucher.ts';

const campaignType = z.enum(['LOYALTY_PROGRAM', 'PROMOTION', 'DISCOUNT_COUPONS', 'GIFT_VOUCHERS', 'REFERRAL_PROGRAM']);

/** One text or several, as a query carries them. */
const texts = z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string().max(255)).max(100));
const conditions = z.strictObject({ conditions: z.strictObject({ $in: texts.optional(), $is: texts.optional() }) }).optional();

export const redeemablesQuery = z.strictObject({
  limit: paging.limit,
  order: z.enum(['created_at', '-created_at', 'id', '-id']).default('-created_at'),
  starting_after_id: startingAfter.optional().meta({ description: 'more_starting_after of the page before' }),
  filters: z
    .strictObject({ junction: z.literal('AND').optional(), campaign_id: conditions, campaign_type: conditions, voucher_type: conditions })
    .optional(),
});

const activityFilter = {
  limit: paging.limit,
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  starting_after_id: startingAfter.optional().meta({ description: 'more_starting_after of the page before' }),
  campaign_type: campaignType.optional(),
  campaign_id: z.string().max(255).optional(),
};

export const activityQuery = z.strictObject({
  ...activityFilter,
  category: z
    .enum(['ACTION', 'EFFECT'])
    .optional()
    .meta({ description: 'ACTION: what was asked; EFFECT: what came of it. Every event here is an EFFECT' }),
  type: z.string().min(1).max(100).optional(),
  start_date: time.optional(),
  end_date: time.optional(),
});

export const activitiesQuery = z.strictObject({ ...activityFilter, starting_after: startingAfter.optional() });

const redeemable = z.object({
  id: z.string(),
  created_at: z.string(),
  redeemable_id: z.string(),
  redeemable_object: z.literal('voucher'),
  customer_id: z.string(),
  holder_role: z.enum(['OWNER', 'REFERRER', 'REFEREE']),
  campaign_id: z.string().nullable(),
  campaign_type: z.string().nullable(),
  voucher_type: z.string(),
  redeemable: z.object({ type: z.literal('voucher'), status: z.enum(VOUCHER_STATUSES), voucher: voucherSchema }),
});

export const walletSchema = continuedListOf(redeemable).extend({ total: z.int() }).meta({ id: 'CustomerRedeemables' });

const entry = z.object({
  id: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  category: z.literal('EFFECT'),
  object: z.literal('event'),
});

export const activitySchema = continuedListOf(entry).extend({ total: z.int() }).meta({ id: 'CustomerActivity' });

export const permanentDeletionSchema = z
  .object({
    id: z.string(),
    created_at: z.string(),
    related_object_id: z.string(),
    related_object: z.literal('customer'),
    status: z.literal('DONE'),
    data_json: z.object({
      events: z.int(),
      customer_events: z.int(),
      daily_events: z.int(),
      segments: z.int(),
      orders: z.int(),
      order_events: z.int(),
      messages: z.int(),
      customer: z.literal(1),
    }),
    object: z.literal('pernament_deletion').meta({ description: 'Spelled so in the API' }),
  })
  .meta({ id: 'PermanentDeletion' });
