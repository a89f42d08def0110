import type { FilterFields } from './filter.ts';

/** What products and SKUs can be found by, beside `metadata.<name>`. */
export const PRODUCT_FIELDS = {
  id: 'text',
  source_id: 'text',
  name: 'text',
  sku: 'text',
  product_id: 'text',
  object: 'text',
  price: 'number',
  attributes: 'any',
  image_url: 'text',
  created_at: 'time',
  updated_at: 'time',
} as const satisfies FilterFields;

export type ProductField = keyof typeof PRODUCT_FIELDS;
