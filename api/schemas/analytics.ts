import { z } from 'zod';
import { day, name, time, whateverElse } from './fields.ts';

/** A day in the project's time zone, or a time. */
const moment = z.union([day.transform((value) => ({ day: value })), time.transform((value) => ({ time: value }))], {
  error: 'must be a day such as 2026-01-31, or a time with its offset',
});

export const analyticsQuery = z.strictObject({
  campaign: name.optional().meta({ description: 'Id or name; left out: the whole project' }),
  from: moment.optional().meta({ description: 'A day of the time zone of the project, or a time; 30 days ago where it is left out' }),
  to: moment.optional().meta({ description: 'A day, which is included, or a time, which is not; now where it is left out' }),
  interval: z.enum(['day', 'week', 'month']).default('day'),
  format: z.enum(['json', 'csv']).default('json'),
});

const reasons = z.record(z.string(), z.int());

const figures = {
  published: z.int().meta({ description: 'Codes that were given to customers' }),
  validated: z.int(),
  validations_failed: reasons.meta({ description: 'By the reason' }),
  redeemed: z.int(),
  failed: z.int(),
  failures: reasons.meta({ description: 'Redemptions that failed, by the reason' }),
  rolled_back: z.int().meta({ description: 'By the time when they were taken back' }),
  discount_given: z.int().meta({ description: 'Minor units, before what was taken back' }),
  discount_rolled_back: z.int(),
  orders: z.int().meta({ description: 'Orders, however many codes each redeemed' }),
  order_value: z.int().meta({ description: 'Before discounts' }),
  order_value_rolled_back: z.int(),
  repeat_purchases: z.int().meta({ description: 'Orders that stand, of customers who had made one with it before' }),
};

export const analyticsSchema = z
  .object({
    object: z.literal('analytics'),
    campaign: z.object({ id: z.string(), name: z.string(), object: z.literal('campaign') }).nullable(),
    currency: z.string(),
    timezone: z.string(),
    interval: z.enum(['day', 'week', 'month']),
    from: z.string(),
    to: z.string(),
    periods: z.array(z.object({ period: z.string().meta({ description: 'When it begins' }), ...figures })),
    totals: z.object(figures),
  })
  .meta({ id: 'Analytics' });

export const summaryQuery = z
  .strictObject({ start_date: day.optional(), end_date: day.optional() })
  .refine((query) => (query?.start_date === undefined) === (query?.end_date === undefined), {
    path: ['end_date'],
    error: 'must be given together with start_date',
    when: whateverElse,
  });

export const campaignSummarySchema = z
  .object({
    object: z.literal('campaign_summary'),
    campaign: z.object({ id: z.string(), name: z.string(), campaign_type: z.string(), type: z.string(), object: z.literal('campaign') }),
    redemptions: z.int(),
    redemptions_succeeded: z.int(),
    redemptions_failed: z.int(),
    rollbacks: z.int(),
    rollbacks_succeeded: z.int(),
    rollbacks_failed: z.int(),
    validations: z.int(),
    validations_succeeded: z.int(),
    validations_failed: z.int(),
    orders_amount: z.int(),
    orders_rolledback_amount: z.int(),
    vouchers_created: z.int(),
    publications: z.int(),
    publications_succeeded: z.int(),
    publications_failed: z.int(),
    discounted_amount: z.int(),
    rolledback_discounted_amount: z.int(),
    created_vouchers_amount: z.int().optional().meta({ description: 'Of gift cards' }),
    amount_redeemed: z.int().optional(),
    amount_rolledback: z.int().optional(),
  })
  .meta({ id: 'CampaignSummary' });
