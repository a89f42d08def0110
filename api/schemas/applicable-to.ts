import { z } from 'zod';
import { SCOPE_EFFECTS } from '../../domain/validation-rules/rule.ts';

/** A product, SKU or collection of which a discount is taken, as a validation rule says, and the lines of the order that it is. */
const entry = z
  .object({
    object: z.enum(['product', 'sku', 'products_collection']),
    id: z.string(),
    source_id: z.string().optional(),
    product_id: z.string().optional(),
    product_source_id: z.string().optional(),
    strict: z.boolean().optional(),
    effect: z.enum(SCOPE_EFFECTS),
    price: z.int().optional().meta({ description: 'What a unit costs after a FIXED discount, in minor units' }),
    price_formula: z.string().optional(),
    quantity_limit: z.int().optional(),
    aggregated_quantity_limit: z.int().optional(),
    amount_limit: z.int().optional(),
    aggregated_amount_limit: z.int().optional(),
    skip_initially: z.int().optional(),
    repeat: z.int().optional(),
    target: z.enum(['ITEM', 'UNIT']).optional(),
    order_item_indices: z
      .array(z.int())
      .optional()
      .meta({ description: 'Lines of the order that it covers, in the order in which it does' }),
    order_item_units: z
      .array(z.object({ index: z.int(), units: z.array(z.int()).optional(), units_limit_exceeded: z.boolean().optional() }))
      .optional()
      .meta({ description: 'Units of those lines, from 1 on, where it covers units; not counted up in orders of more than 1000 units' }),
  })
  .meta({ id: 'ApplicableTo' });

/** What a discount is taken of, or is not. */
export const applicableList = z
  .object({ object: z.literal('list'), data_ref: z.literal('data'), data: z.array(entry), total: z.int() })
  .meta({ id: 'ApplicableToList' });
