import { z } from 'zod';
import { categorySchema } from './category.ts';
import { discountSchema } from './discount.ts';
import { duration, endsAfterItStarts, metadata, name, text, time, whateverElse } from './fields.ts';
import { campaignGiftBody } from './gift.ts';
import { count, listOf, paging, startingAfter } from './list.ts';
import { loyaltyCardBody, programCardSchema } from './loyalty-card.ts';
import { tierRules } from './loyalty-tier-rules.ts';
import { campaignLimitsSchema, limitsSchema } from './limits.ts';
import { createTierBody, tierListSchema } from './promotion-tier.ts';
import { assignmentsSchema, ruleIds } from './validation-rule.ts';
import { referralProgramBody, referralProgramSchema } from './referral-program.ts';
import { startsItsTimeframe, validityFields, validitySchemas } from './validity.ts';
import { campaignVoucherBody, codeConfigSchema, onRefund, redemptionLimit, voucherSchema, voucherType, worthFits } from './voucher.ts';
import { ON_REFUND } from '../../domain/voucher/template.ts';
import { isRecord } from '../../domain/record.ts';

/** How many codes one request makes. */
const MAX_VOUCHERS_PER_REQUEST = 1_000;

/** How many codes one request makes in the background. */
const MAX_VOUCHERS_PER_ACTION = 10_000_000;

const howMany = z.int().min(0).max(MAX_VOUCHERS_PER_REQUEST);

const campaignType = z.enum(['AUTO_UPDATE', 'STATIC']);

const sharedFields = {
  category: text().nullish(),
  category_id: name.nullish().meta({ description: 'The id of a category, instead of its name' }),
  description: text(2000).nullish(),
  start_date: time.nullish(),
  expiration_date: time.nullish(),
  activity_duration_after_publishing: duration.nullish(),
  ...validityFields,
  on_refund: onRefund,
  metadata: metadata.nullish(),
};

/** Of a loyalty program, where each customer has one card. */
const loyaltyFields = {
  auto_join: z.boolean().optional().meta({ description: 'Whether customers who fulfil an earning rule get a card, where they have none' }),
  join_once: z.literal(true).optional().meta({ description: 'Always: a customer has one card of a program' }),
  loyalty_tiers_expiration: tierRules.optional(),
};

/** What a campaign's type is where its vouchers say it, or its tiers. */
const impliedType = (body: Record<string, unknown>): string | undefined => {
  const voucher = isRecord(body['voucher']) ? body['voucher'] : {};
  return body['promotion'] != null && body['voucher'] == null
    ? 'PROMOTION'
    : { LOYALTY_CARD: 'LOYALTY_PROGRAM', GIFT_VOUCHER: 'GIFT_VOUCHERS' }[String(voucher['type'])];
};

const withTypes = (body: unknown): unknown => {
  if (!isRecord(body)) return body;
  const campaign_type = body['campaign_type'] ?? impliedType(body);
  // Who makes a promotion says nothing of codes, of which it has none.
  const type = body['type'] ?? (campaign_type === 'PROMOTION' ? 'STATIC' : undefined);
  return { ...body, ...(campaign_type !== undefined && { campaign_type }), ...(type !== undefined && { type }) };
};

const campaignFields = z
  .strictObject({
    ...sharedFields,
    ...loyaltyFields,
    name: z.string().min(1).max(255),
    validation_rules: ruleIds,
    campaign_type: z
      .enum(['DISCOUNT_COUPONS', 'GIFT_VOUCHERS', 'LOYALTY_PROGRAM', 'REFERRAL_PROGRAM', 'PROMOTION'])
      .default('DISCOUNT_COUPONS'),
    type: campaignType.default('AUTO_UPDATE'),
    active: z.boolean().default(true),
    voucher: z
      .strictObject({
        type: voucherType.default('DISCOUNT_VOUCHER'),
        discount: discountSchema.optional(),
        gift: campaignGiftBody.optional(),
        loyalty_card: loyaltyCardBody.optional(),
        redemption: redemptionLimit.optional(),
        limits: limitsSchema.optional(),
        code_config: codeConfigSchema.optional(),
        is_referral_code: z.boolean().optional().meta({ description: 'What the campaign type says' }),
      })
      .refine(worthFits('discount').check, worthFits('discount').options)
      .refine(worthFits('gift').check, worthFits('gift').options)
      .refine(worthFits('loyalty_card').check, worthFits('loyalty_card').options)
      .optional()
      .meta({ description: 'What its vouchers are; left out for a PROMOTION, which has tiers' }),
    promotion: z
      .strictObject({ tiers: z.array(createTierBody).max(100).optional() })
      .optional()
      .meta({ description: 'The tiers of a PROMOTION; more can be added later' }),
    limits: campaignLimitsSchema.optional(),
    referral_program: referralProgramBody
      .optional()
      .meta({ description: 'When a referral counts; once the code is redeemed where it is left out' }),
    vouchers_count: howMany.optional().meta({ description: 'How many vouchers to make with it' }),
  })
  .refine(endsAfterItStarts.check, endsAfterItStarts.options)
  .refine(startsItsTimeframe.check, startsItsTimeframe.options)
  .refine((body) => (body?.campaign_type === 'PROMOTION') === (body?.voucher === undefined), {
    path: ['voucher'],
    error: 'must be given, but for a PROMOTION',
    when: whateverElse,
  })
  .refine((body) => body?.campaign_type === 'PROMOTION' || body?.promotion === undefined, {
    path: ['promotion'],
    error: 'must be left out where campaign_type is not PROMOTION',
  })
  .refine((body) => body?.campaign_type !== 'PROMOTION' || !body.vouchers_count, {
    path: ['vouchers_count'],
    error: 'must be left out for a PROMOTION, which has no vouchers',
  })
  .refine((body) => (body?.campaign_type === 'GIFT_VOUCHERS') === (body?.voucher?.type === 'GIFT_VOUCHER'), {
    path: ['voucher', 'type'],
    error: 'must be GIFT_VOUCHER in a campaign of GIFT_VOUCHERS, and in no other',
  })
  .refine((body) => (body?.campaign_type === 'LOYALTY_PROGRAM') === (body?.voucher?.type === 'LOYALTY_CARD'), {
    path: ['voucher', 'type'],
    error: 'must be LOYALTY_CARD in a LOYALTY_PROGRAM, and in no other campaign',
  })
  .refine(
    (body) =>
      body?.campaign_type === 'LOYALTY_PROGRAM' ||
      [body?.auto_join, body?.join_once, body?.loyalty_tiers_expiration].every((field) => field === undefined),
    {
      path: ['auto_join'],
      error: 'must be left out, like join_once, where campaign_type is not LOYALTY_PROGRAM',
    },
  )
  .refine((body) => body?.campaign_type === 'REFERRAL_PROGRAM' || body?.referral_program === undefined, {
    path: ['referral_program'],
    error: 'must be left out where campaign_type is not REFERRAL_PROGRAM',
  })
  .refine(
    ({ voucher, campaign_type: type }) =>
      voucher?.is_referral_code === undefined || voucher.is_referral_code === (type === 'REFERRAL_PROGRAM'),
    {
      path: ['voucher', 'is_referral_code'],
      error: 'must be as campaign_type says: true for REFERRAL_PROGRAM only',
    },
  );

export const createCampaignBody = z.preprocess(withTypes, campaignFields);

export const updateCampaignBody = z.strictObject({
  ...sharedFields,
  ...loyaltyFields,
  type: campaignType.optional(),
  limits: campaignLimitsSchema.nullish().meta({ description: 'Instead of those it has; what was redeemed before counts. null: none' }),
  voucher: z
    .strictObject({ loyalty_card: loyaltyCardBody.optional() })
    .optional()
    .meta({ description: 'Of a loyalty program: what new cards have, and when points that come from now on expire' }),
  referral_program: referralProgramBody
    .optional()
    .meta({ description: 'Of a referral program, as a whole: counts for who comes from now on, and not for who came before' }),
  discount: discountSchema.optional().meta({ description: 'In an AUTO_UPDATE campaign it counts for vouchers that exist too' }),
});

export const campaignParams = z.object({ id: name.meta({ description: 'Id or name' }) });
export const campaignVoucherParams = campaignParams.extend({ code: name });

export const addVouchersQuery = z.strictObject({ vouchers_count: count(MAX_VOUCHERS_PER_ACTION).default(1) });

/** What vouchers that are added are like. Some clients send how many there, where the query says it. */
export const addVouchersBody = z.union([
  campaignVoucherBody.transform((own) => ({ own, total: undefined })),
  z
    .int()
    .min(1)
    .max(MAX_VOUCHERS_PER_ACTION)
    .transform((total) => ({ own: {} as z.output<typeof campaignVoucherBody>, total })),
]);

export const listCampaignsQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last campaign of the page before' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  campaign_type: z.enum(['DISCOUNT_COUPONS', 'PROMOTION', 'GIFT_VOUCHERS', 'REFERRAL_PROGRAM', 'LOYALTY_PROGRAM']).optional(),
});

export const campaignSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    campaign_type: z.string(),
    type: campaignType,
    category: z.string().nullable(),
    category_id: z.string().nullable(),
    categories: z.array(categorySchema),
    description: z.string().nullable(),
    start_date: z.string().optional(),
    expiration_date: z.string().optional(),
    activity_duration_after_publishing: z.string().nullable(),
    ...validitySchemas,
    on_refund: z.enum(ON_REFUND),
    active: z.boolean(),
    metadata: z.record(z.string(), z.unknown()),
    voucher: z
      .object({
        type: z.string(),
        discount: discountSchema.nullable(),
        gift: campaignGiftBody.nullable(),
        loyalty_card: programCardSchema.nullable(),
        redemption: z.object({ quantity: z.int().nullable() }),
        limits: limitsSchema.optional(),
        code_config: z.record(z.string(), z.unknown()),
        is_referral_code: z.boolean(),
      })
      .nullable(),
    auto_join: z.boolean(),
    join_once: z.boolean(),
    use_voucher_metadata_schema: z.boolean().meta({ description: 'Whether the schema of vouchers says what their metadata may be' }),
    loyalty_tiers_expiration: tierRules.optional(),
    promotion: tierListSchema.optional(),
    limits: campaignLimitsSchema.nullable(),
    referral_program: referralProgramSchema.optional(),
    vouchers_count: z.int().optional(),
    creation_status: z.literal('DONE'),
    vouchers_generation_status: z.string(),
    protected: z.literal(false),
    revision: z.int(),
    validation_rules_assignments: assignmentsSchema,
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('campaign'),
  })
  .meta({ id: 'Campaign' });

export const campaignListSchema = listOf('campaigns', campaignSchema).meta({ id: 'CampaignList' });

/** One voucher where one was asked for, else what makes them. */
export const addedVouchersSchema = z.union([voucherSchema, z.object({ async_action_id: z.string() })]);
