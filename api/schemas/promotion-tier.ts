import { z } from 'zod';
import { categorySchema } from './category.ts';
import { discountSchema } from './discount.ts';
import { endsAfterItStarts, metadata, name, text, time } from './fields.ts';
import { limitsSchema } from './limits.ts';
import { flag, listOf, paging, startingAfter } from './list.ts';
import { assignmentsSchema, ruleIds } from './validation-rule.ts';
import { startsItsTimeframe, validityFields, validitySchemas } from './validity.ts';

const HIERARCHY_MAX = 1_000_000;

const action = z.strictObject({ discount: discountSchema });

const fields = {
  banner: text(2000).nullish().meta({ description: 'What the shop shows of it' }),
  metadata: metadata.nullish(),
  hierarchy: z
    .int()
    .min(1)
    .max(HIERARCHY_MAX)
    .optional()
    .meta({ description: 'The lower is offered first; after the others where it is left out' }),
  active: z.boolean().optional(),
  category: text().nullish(),
  category_id: name.nullish(),
  start_date: time.nullish(),
  expiration_date: time.nullish(),
  ...validityFields,
  limits: limitsSchema.nullish(),
};

/** A tier of which no discount is said takes nothing off. */
const NOTHING_OFF = { discount: { type: 'AMOUNT', amount_off: 0, effect: 'APPLY_TO_ORDER' } } as const;

export const createTierBody = z
  .strictObject({
    ...fields,
    name: z.string().min(1).max(255),
    action: action.nullish().transform((told) => told ?? NOTHING_OFF),
    validation_rules: ruleIds,
  })
  .refine(endsAfterItStarts.check, endsAfterItStarts.options)
  .refine(startsItsTimeframe.check, startsItsTimeframe.options)
  .meta({ id: 'PromotionTierInput' });

export const updateTierBody = z.strictObject({
  ...fields,
  id: z.string().optional().meta({ description: 'The id in the path, where a client sends it here too' }),
  name: z.string().min(1).max(255).optional(),
  action: action.optional(),
});

export const tierParams = z.object({ id: name });
export const promotionParams = z.object({ campaign: name.meta({ description: 'Id or name' }) });

export const listTiersQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last tier of the page before' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  is_available: flag.optional().meta({ description: 'Those that are active now, with their campaigns' }),
});

export const tierSchema = z
  .object({
    id: z.string(),
    object: z.literal('promotion_tier'),
    name: z.string(),
    banner: z.string().nullable(),
    campaign_id: z.string(),
    promotion_id: z.string().meta({ description: 'The same' }),
    campaign: z.object({
      id: z.string(),
      name: z.string(),
      object: z.literal('campaign'),
      start_date: z.string().nullable(),
      expiration_date: z.string().nullable(),
      active: z.boolean(),
    }),
    action: z.object({ discount: discountSchema }),
    hierarchy: z.int(),
    limits: limitsSchema.nullable(),
    category: z.string().nullable(),
    category_id: z.string().nullable(),
    categories: z.array(categorySchema),
    active: z.boolean(),
    start_date: z.string().nullable(),
    expiration_date: z.string().nullable(),
    ...validitySchemas,
    metadata: z.record(z.string(), z.unknown()),
    revision: z.int(),
    validation_rule_assignments: assignmentsSchema,
    created_at: z.string(),
    updated_at: z.string().nullable(),
  })
  .meta({ id: 'PromotionTier' });

export const tierListSchema = listOf('tiers', tierSchema).meta({ id: 'PromotionTierList' });
