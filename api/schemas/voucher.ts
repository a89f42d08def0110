import { z } from 'zod';
import { parseCodeConfig } from '../../domain/voucher/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';
import { ON_REFUND } from '../../domain/voucher/template.ts';
import { categorySchema } from './category.ts';
import { discountSchema } from './discount.ts';
import { amount, code, duration, endsAfterItStarts, metadata, name, text, time, whateverElse } from './fields.ts';
import { giftBody, giftSchema } from './gift.ts';
import { limitsSchema } from './limits.ts';
import { loyaltyCardBody, loyaltyCardSchema } from './loyalty-card.ts';
import { flag, listFilters, listOf, paging, startingAfter, timeRange } from './list.ts';
import { assignmentsSchema, ruleIds } from './validation-rule.ts';
import { startsItsTimeframe, validityFields, validitySchemas } from './validity.ts';

const QUANTITY_MAX = 2_147_483_647;

const quantity = z.int().min(1).max(QUANTITY_MAX).nullable().meta({ description: 'null: without limit' });

export const voucherType = z.enum(['DISCOUNT_VOUCHER', 'GIFT_VOUCHER', 'LOYALTY_CARD']);

interface Worth {
  type?: string;
  discount?: unknown;
  gift?: unknown;
  loyalty_card?: unknown;
}

type WorthField = 'discount' | 'gift' | 'loyalty_card';
const TYPE_OF_WORTH = { discount: 'DISCOUNT_VOUCHER', gift: 'GIFT_VOUCHER', loyalty_card: 'LOYALTY_CARD' } as const;

/** A discount voucher has a discount, a gift card a gift, a loyalty card points, and none has more than one. */
export const worthFits = (field: WorthField) => ({
  check: (body: Worth): boolean => typeof body?.type !== 'string' || (TYPE_OF_WORTH[field] === body.type) === (body[field] !== undefined),
  options: {
    path: [field],
    error: `must be given for a ${TYPE_OF_WORTH[field]}, and for no other type`,
    when: whateverElse,
  },
});

/** How codes are made. What is wrong with it as a whole is found with the rules that make the codes. */
export const codeConfigSchema = z
  .strictObject({
    length: z.int().min(1).max(255).nullish(),
    charset: text().min(1).nullish(),
    prefix: text().nullish(),
    postfix: text().nullish(),
    suffix: text().nullish().meta({ description: 'Another name of postfix' }),
    pattern: text().min(1).nullish().meta({ description: '# is a random character; overrides length. Without # it is the code itself' }),
  })
  .superRefine((config, context) => {
    try {
      parseCodeConfig(config, { caseSensitive: true });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      for (const field of error.fields) context.addIssue({ code: 'custom', message: field.message, path: field.path.split('.').slice(1) });
    }
  })
  .meta({ id: 'CodeConfig' });

export const redemptionLimit = z.strictObject({ quantity: quantity.optional() });

/** What a voucher of a campaign may have of its own. */
const ownFields = {
  category: text().nullish(),
  category_id: name.nullish().meta({ description: 'The id of a category, instead of its name' }),
  redemption: redemptionLimit.optional(),
  additional_info: text(2000).nullish(),
  metadata: metadata.nullish(),
};

export const campaignVoucherBody = z.strictObject({
  ...ownFields,
  active: z.boolean().optional(),
  code_config: codeConfigSchema.optional(),
});
export const campaignVoucherWithCodeBody = z.strictObject({ ...ownFields, active: z.boolean().optional() });

/** Couponry's own: whether a code can be used again once the goods came back. */
export const onRefund = z.enum(ON_REFUND).optional().meta({
  description: 'Whether a code can be used again after a refund of its order: never (keep), when all of it came back, or any part',
});

export const createVoucherBody = z
  .strictObject({
    ...ownFields,
    ...validityFields,
    activity_duration_after_publishing: duration.nullish(),
    validation_rules: ruleIds,
    code: code.optional(),
    code_config: codeConfigSchema.nullish(),
    on_refund: onRefund,
    type: voucherType.default('DISCOUNT_VOUCHER'),
    discount: discountSchema.optional(),
    gift: giftBody.optional(),
    loyalty_card: loyaltyCardBody.optional(),
    limits: limitsSchema.optional(),
    start_date: time.nullish(),
    expiration_date: time.nullish(),
    active: z.boolean().optional(),
  })
  .refine(endsAfterItStarts.check, endsAfterItStarts.options)
  .refine(startsItsTimeframe.check, startsItsTimeframe.options)
  .refine(worthFits('discount').check, worthFits('discount').options)
  .refine(worthFits('gift').check, worthFits('gift').options)
  .refine(worthFits('loyalty_card').check, worthFits('loyalty_card').options)
  .refine((body) => body?.code === undefined || body.code_config == null, {
    path: ['code_config'],
    error: 'must not be given together with code',
    when: whateverElse,
  });

export const updateVoucherBody = z.strictObject({
  ...ownFields,
  ...validityFields,
  limits: limitsSchema.nullish().meta({ description: 'Of a voucher without a campaign; instead of those it has. null: none' }),
  gift: z
    .strictObject({ amount })
    .optional()
    .meta({ description: 'All that a gift card was worth; what is left of it changes by as much' }),
  code: z.string().optional().meta({ description: 'The code in the path, where a client sends it here too' }),
  start_date: time.nullish(),
  expiration_date: time.nullish(),
  active: z.boolean().optional(),
});

export const voucherParams = z.object({ code: name });

/** One text or several, as a query carries them. */
const texts = z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string().max(255)).max(100));

const conditions = z.strictObject({ conditions: z.strictObject({ $in: texts.optional(), $is: texts.optional() }) });

export const listVouchersQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last voucher of the page before' }),
  order: z
    .enum([
      'created_at',
      '-created_at',
      'updated_at',
      '-updated_at',
      'type',
      '-type',
      'code',
      '-code',
      'campaign',
      '-campaign',
      'category',
      '-category',
    ])
    .default('-created_at'),
  code: z.string().max(255).optional(),
  campaign: z.string().max(255).optional().meta({ description: 'Id or name' }),
  customer: z.string().max(255).optional().meta({ description: 'Id or source id of the holder' }),
  category: z.string().max(255).optional(),
  active: flag.optional(),
  created_at: timeRange.optional(),
  updated_at: timeRange.optional(),
  campaign_id: z.string().max(255).optional(),
  filters: listFilters,
});

/** Filters that an index answers. */
export const indexedFilters = z.strictObject({
  junction: z.literal('AND').optional(),
  code: conditions.optional(),
  campaign_id: conditions.optional(),
  holder_id: conditions.optional(),
});

export const deleteQuery = z.strictObject({ force: flag.optional() });

const timestamp = z.string();

export const voucherSchema = z
  .object({
    id: z.string(),
    code: z.string(),
    campaign: z.string().nullable(),
    campaign_id: z.string().nullable(),
    category: z.string().nullable(),
    category_id: z.string().nullable(),
    categories: z.array(categorySchema),
    type: z.string(),
    discount: discountSchema.nullable(),
    gift: giftSchema.nullable(),
    loyalty_card: loyaltyCardSchema.nullable(),
    start_date: timestamp.nullable(),
    expiration_date: timestamp.nullable(),
    ...validitySchemas,
    activity_duration_after_publishing: z.string().nullable(),
    active: z.boolean(),
    additional_info: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    is_referral_code: z.boolean(),
    holder_id: z.string().nullable(),
    revision: z.int(),
    created_at: timestamp,
    updated_at: timestamp.nullable(),
    publish: z.object({ object: z.literal('list'), count: z.int(), url: z.string() }),
    redemption: z.object({
      object: z.literal('list'),
      quantity: z.int().nullable(),
      redeemed_quantity: z.int(),
      redeemed_points: z.int().optional(),
      url: z.string(),
    }),
    limits: limitsSchema.optional(),
    validation_rules_assignments: assignmentsSchema,
    object: z.literal('voucher'),
  })
  .meta({ id: 'Voucher' });

export const voucherListSchema = listOf('vouchers', voucherSchema).meta({ id: 'VoucherList' });
