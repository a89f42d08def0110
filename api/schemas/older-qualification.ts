import { z } from 'zod';
import { campaignSchema } from './campaign.ts';
import { count, flag } from './list.ts';
import { checkoutFields } from './redeemable.ts';
import { voucherSchema } from './voucher.ts';

const { order, customer, tracking_id, metadata } = checkoutFields;

export const olderQualificationBody = z.strictObject({ order, customer, tracking_id, metadata }).meta({ id: 'OlderQualification' });

export const olderQualificationQuery = z.strictObject({
  audienceRulesOnly: flag.default(false).meta({ description: 'Whether only who it is counts, whatever the cart' }),
  limit: count(100).default(10),
  order: z
    .enum(['created_at', '-created_at', 'updated_at', '-updated_at'])
    .default('-created_at')
    .meta({ description: 'By creation; updated_at counts as the same' }),
});

const page = { object: z.literal('list'), data_ref: z.literal('data'), total: z.int() };

export const qualifiedVouchersSchema = z.object({ ...page, data: z.array(voucherSchema) }).meta({ id: 'QualifiedVouchers' });

export const qualifiedCampaignsSchema = z.object({ ...page, data: z.array(campaignSchema) }).meta({ id: 'QualifiedCampaigns' });
