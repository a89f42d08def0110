import { z } from 'zod';
import { PRODUCT_FIELDS } from '../../domain/filter/product-filter.ts';
import { amount, metadata, name, text } from './fields.ts';
import { flag, listOf, paging, startingAfter } from './list.ts';
import { filterOver } from './segment.ts';

/** What answers tell of a product: clients send back what they got, and it changes nothing. */
const answered = {
  object: z.unknown().optional(),
  created_at: z.unknown().optional(),
  updated_at: z.unknown().optional(),
  skus: z.unknown().optional(),
  product_id: z.unknown().optional(),
};

const shared = {
  source_id: name.nullish().meta({ description: 'What the shop calls it' }),
  price: amount.nullish(),
  image_url: text(2000).nullish(),
  metadata: metadata.nullish(),
};

const productFields = {
  ...shared,
  name: text().nullish(),
  attributes: z.array(text().min(1)).max(100).nullish().meta({ description: 'Names of what its SKUs differ in, such as size' }),
};

export const productBody = z.strictObject({ ...answered, ...productFields, id: name.optional() });

const skuFields = {
  ...shared,
  price: amount.nullish().meta({ description: "Minor units; its product's where it is left out" }),
  sku: text().nullish(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code, such as USD' })
    .nullish()
    .meta({ description: "The project's currency, as a check" }),
  attributes: z.record(text().min(1), z.union([text(), z.number(), z.boolean()])).nullish(),
};

export const skuBody = z.strictObject({
  ...answered,
  ...skuFields,
  name: text().nullish().meta({ description: 'Another word for sku' }),
  id: name.optional(),
});

/** A SKU as a row of a file names it. */
export const skuRow = skuBody.extend({ product: name.meta({ description: "Its product's id or source id" }) });

export const productsMetadataBody = z
  .strictObject({
    source_ids: z.array(name).min(1).max(10_000),
    metadata: metadata.meta({ description: 'Merged key by key into what each has; null takes a key away' }),
  })
  .meta({ id: 'ProductsMetadata' });

export const productParams = z.object({ id: name.meta({ description: 'Id or source id' }) });
export const skuOfProductParams = productParams.extend({ sku: name.meta({ description: 'Id or source id' }) });
export const skuParams = z.object({ id: name.meta({ description: 'Id or source id' }) });

export const listProductsQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last one of the page before' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
});

export const deleteProductQuery = z.strictObject({
  force: flag.optional().meta({ description: 'Also where a validation rule names it, which then finds it no more' }),
});

export const skuSchema = z
  .object({
    id: z.string(),
    product_id: z.string(),
    source_id: z.string().nullable(),
    sku: z.string().nullable(),
    price: z.int().nullable(),
    currency: z.string().nullable(),
    attributes: z.record(z.string(), z.unknown()),
    image_url: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('sku'),
  })
  .meta({ id: 'Sku' });

const skuList = z.object({ object: z.literal('list'), data_ref: z.literal('skus'), skus: z.array(skuSchema), total: z.int() });

export const productSchema = z
  .object({
    id: z.string(),
    source_id: z.string().nullable(),
    name: z.string().nullable(),
    price: z.int().nullable(),
    attributes: z.array(z.string()),
    image_url: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    skus: z.object({ object: z.literal('list'), data_ref: z.literal('data'), data: z.array(skuSchema), total: z.int() }).optional(),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('product'),
  })
  .meta({ id: 'Product' });

export const skuListSchema = skuList.meta({ id: 'SkuList' });
export const productListSchema = listOf('products', productSchema).meta({ id: 'ProductList' });

const collected = z.strictObject({
  id: name,
  object: z.enum(['product', 'sku']).default('product'),
  product_id: name.optional(),
});

export const createCollectionBody = z
  .strictObject({
    name: text().min(1),
    type: z.enum(['STATIC', 'AUTO_UPDATE']),
    products: z.array(collected).max(1000).optional().meta({ description: 'What a STATIC collection lists' }),
    filter: filterOver(PRODUCT_FIELDS)
      .optional()
      .meta({ description: 'What an AUTO_UPDATE collection finds: {"price": {"conditions": {"$more_than": [1000]}}}' }),
    filter_junction: z.string().optional().meta({ description: 'Another place of filter.junction' }),
  })
  .refine(({ type, filter }) => type === 'STATIC' || filter !== undefined, {
    path: ['filter'],
    error: 'must say what the collection finds',
  })
  .refine(({ type, filter }) => type === 'AUTO_UPDATE' || filter === undefined, {
    path: ['filter'],
    error: 'goes with an AUTO_UPDATE collection only',
  })
  .refine(({ type, products }) => type === 'STATIC' || products === undefined, {
    path: ['products'],
    error: 'goes with a STATIC collection only',
  });

export const collectionParams = z.object({ id: name });

export const collectedQuery = z.strictObject(paging);

export const collectionSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(['STATIC', 'AUTO_UPDATE']),
    products: z.array(z.object({ id: z.string(), object: z.enum(['product', 'sku']), product_id: z.string().optional() })).optional(),
    filter: z.record(z.string(), z.unknown()).optional(),
    created_at: z.string(),
    object: z.literal('products_collection'),
  })
  .meta({ id: 'ProductCollection' });

export const collectionListSchema = listOf('data', collectionSchema).meta({ id: 'ProductCollectionList' });
export const collectedListSchema = listOf('data', z.union([productSchema, skuSchema])).meta({ id: 'CollectedProducts' });
