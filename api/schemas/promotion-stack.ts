import { z } from 'zod';
import { STACKING_RULES } from '../../domain/checkout/stacking.ts';
import { categorySchema } from './category.ts';
import { name } from './fields.ts';
import { listOf, paging, timeRange } from './list.ts';

const tiers = z.strictObject({
  ids: z
    .array(name)
    .min(1)
    .max(STACKING_RULES.redeemables_limit)
    .refine((ids) => new Set(ids).size === ids.length, { error: 'must name each tier once' })
    .meta({ description: 'Tiers of the campaign, in the order in which they apply' }),
  hierarchy_mode: z.literal('MANUAL').optional(),
});

const category = { category: name.nullish(), category_id: name.nullish() };

export const createStackBody = z.strictObject({ ...category, name: z.string().min(1).max(255), tiers });

export const updateStackBody = z.strictObject({ ...category, name: z.string().min(1).max(255).optional(), tiers: tiers.optional() });

export const stackParams = z.object({ campaign: name.meta({ description: 'Id or name' }), id: name });

export const listStacksQuery = z.strictObject({
  ...paging,
  order: z.enum(['created_at', '-created_at', 'updated_at', '-updated_at', 'name', '-name']).default('-created_at'),
  created_at: timeRange.optional(),
  updated_at: timeRange.optional(),
});

export const stackSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    campaign_id: z.string(),
    tiers: z.object({ ids: z.array(z.string()) }),
    category_id: z.string().nullable(),
    categories: z.array(categorySchema),
    created_at: z.string(),
    updated_at: z.string().optional(),
    object: z.literal('promotion_stack'),
  })
  .meta({ id: 'PromotionStack' });

export const stackListSchema = listOf('data', stackSchema).meta({ id: 'PromotionStackList' });
