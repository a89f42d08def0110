import { z } from 'zod';
import { amount } from './fields.ts';

const most = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

const counts = {
  daily: most.optional().meta({ description: "Redemptions in a day of the project's timezone" }),
  weekly: most.optional().meta({ description: 'In a week, from Monday' }),
  monthly: most.optional().meta({ description: 'In a calendar month' }),
  per_customer: most.optional(),
  per_customer_daily: most.optional(),
  per_customer_weekly: most.optional(),
  per_customer_monthly: most.optional(),
};

/** Of each voucher, beside its quantity. */
export const limitsSchema = z.strictObject(counts).meta({ id: 'Limits', description: 'How often each voucher may be redeemed' });

/** Over all vouchers of a campaign. */
export const campaignLimitsSchema = z
  .strictObject({
    ...counts,
    campaign_total: most.optional().meta({ description: 'Redemptions of all its vouchers together' }),
    campaign_budget: z
      .strictObject({
        amount: amount.optional().meta({ description: 'Discounts given' }),
        orders_amount: amount.optional().meta({ description: 'What the orders cost before discounts' }),
        gift_credits: amount.optional().meta({ description: 'Credits spent of its gift cards' }),
      })
      .optional()
      .meta({ description: 'In minor units' }),
  })
  .meta({ id: 'CampaignLimits', description: 'How often and for how much the campaign may be redeemed' });
