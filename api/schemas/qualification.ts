import { z } from 'zod';
import { FILTER_FIELDS } from '../../domain/qualification/filters.ts';
import { SORTING_RULES } from '../../domain/qualification/qualify.ts';
import { SCENARIOS } from '../../domain/qualification/scenario.ts';
import { applicableList } from './applicable-to.ts';
import { discountSchema } from './discount.ts';
import { orderSchema } from './order.ts';
import { checkoutFields } from './redeemable.ts';
import { stackingRulesSchema } from './stacking-rules.ts';

const MOST = 100;
const DEFAULT = 5;

const texts = z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string().max(255)).max(1000));

const field = z.strictObject({
  conditions: z.strictObject({
    $in: texts.optional(),
    $not_in: texts.optional(),
    $is: texts.optional(),
    $is_not: texts.optional(),
    $has_value: z.unknown().optional(),
    $is_unknown: z.unknown().optional(),
  }),
});

const fields = Object.fromEntries(FILTER_FIELDS.map((each) => [each, field.optional()])) as Record<
  (typeof FILTER_FIELDS)[number],
  z.ZodOptional<typeof field>
>;

const { order, customer, tracking_id, metadata } = checkoutFields;

/** The body of `POST /qualifications`. */
export const qualificationBody = z
  .strictObject({
    order,
    customer,
    tracking_id,
    metadata,
    mode: z.enum(['BASIC', 'ADVANCED']).optional().meta({ description: 'Answers are as full as those of ADVANCED' }),
    scenario: z.enum(SCENARIOS).default('ALL'),
    options: z
      .strictObject({
        limit: z.int().min(1).max(MOST).default(DEFAULT),
        starting_after: z.string().min(1).max(255).optional().meta({ description: 'more_starting_after of the page before' }),
        filters: z.strictObject({ junction: z.enum(['AND', 'OR', 'and', 'or']).default('AND'), ...fields }).optional(),
        expand: z
          .array(z.enum(['redeemable', 'category', 'validation_rules', 'order']))
          .max(10)
          .default([]),
        sorting_rule: z.enum(SORTING_RULES).default('DEFAULT').meta({ description: 'DEFAULT: the newest first' }),
      })
      .optional(),
  })
  .meta({ id: 'QualificationInput' });

const told = {
  id: z.string().meta({ description: 'A voucher’s code, else an id' }),
  object: z.enum(['voucher', 'campaign', 'promotion_tier', 'promotion_stack']),
  created_at: z.string(),
  name: z.string().nullish(),
  banner: z.string().nullish(),
  campaign_name: z.string().nullish(),
  campaign_id: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
};

const result = z.looseObject({ discount: discountSchema.optional(), gift: z.object({ balance: z.int(), credits: z.int() }).optional() });

const qualified = z
  .looseObject({
    ...told,
    result,
    order: orderSchema.nullish(),
    applicable_to: applicableList,
    inapplicable_to: applicableList,
    categories: z.array(z.unknown()),
    validation_rule_id: z.string().optional(),
  })
  .meta({ id: 'QualifiedRedeemable' });

const near = z
  .looseObject({
    ...told,
    missing: z.array(
      z.object({
        rule: z.string().nullable(),
        what: z.enum(['amount', 'units', 'items', 'customer', 'segment', 'time']),
        condition: z.string().meta({ description: 'Such as order.amount' }),
        operator: z.string().nullable(),
        have: z.int().optional(),
        need: z.int().optional(),
        missing: z.int().optional().meta({ description: 'Minor units of the currency, or units of items' }),
        items: z
          .array(z.looseObject({ id: z.string().optional(), source_id: z.string().optional() }))
          .optional()
          .meta({ description: 'One of these products, SKUs or collections has to be in the order' }),
        segments: z.array(z.string()).optional().meta({ description: 'The customer has to be in one of them' }),
        from: z.string().optional().meta({ description: 'When it begins' }),
      }),
    ),
  })
  .meta({ id: 'NearRedeemable' });

const page = { object: z.literal('list'), data_ref: z.literal('data'), total: z.int() };

export const qualificationSchema = z
  .object({
    redeemables: z.object({ ...page, data: z.array(qualified), has_more: z.boolean(), more_starting_after: z.string().optional() }),
    near: z
      .object({ ...page, data: z.array(near) })
      .meta({ description: 'What would apply if the order had a little more, with what is missing; on the first page' }),
    tracking_id: z.string(),
    order: orderSchema.optional(),
    stacking_rules: stackingRulesSchema,
  })
  .meta({ id: 'Qualification' });
