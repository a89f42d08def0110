import { z } from 'zod';
import { name } from './fields.ts';
import { listOf, paging, startingAfter } from './list.ts';

const hierarchy = z.int().min(0).max(1_000_000).meta({ description: 'The lower applies first' });

export const createCategoryBody = z.strictObject({ name, hierarchy });

export const updateCategoryBody = z.strictObject({ name: name.optional(), hierarchy: hierarchy.optional() });

export const categoryParams = z.object({ id: name });

export const listCategoriesQuery = z.strictObject({
  ...paging,
  starting_after_id: startingAfter.optional().meta({ description: 'The id of the last category of the page before' }),
});

export const categorySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    hierarchy: z.int(),
    created_at: z.string(),
    updated_at: z.string().optional(),
    object: z.literal('category'),
  })
  .meta({ id: 'Category' });

export const categoryListSchema = listOf('data', categorySchema).meta({ id: 'CategoryList' });
