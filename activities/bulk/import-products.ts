import type { Tx } from '../../db/client.ts';
import type { RowError } from '../../db/bulk/imports.ts';
import { createProduct, lockProduct, updateProduct, type ProductFields } from '../../db/product/products.ts';
import { createSku, findSku, updateSku, type SkuFields } from '../../db/product/skus.ts';
import { mergeMetadata } from '../../domain/metadata.ts';
import type { WriteRows } from './import-rows.ts';

export const PRODUCTS_IMPORT = 'PRODUCTS_IMPORT';
export const SKUS_IMPORT = 'SKUS_IMPORT';

/** A product to import, as it is kept. */
export interface ProductRow {
  line: number;
  sourceId: string;
  change: Partial<ProductFields>;
}

export interface SkuRow {
  line: number;
  /** Id or source id. */
  product: string;
  sourceId: string;
  change: Partial<SkuFields>;
}

const NEW_PRODUCT: ProductFields = { name: null, price: null, attributes: [], imageUrl: null, metadata: {} };
const NEW_SKU: SkuFields = { sku: null, price: null, currency: null, attributes: {}, imageUrl: null, metadata: {} };

/** Metadata is merged as everywhere: a file tells what it knows, and null takes a key away. */
const merging = <T extends { metadata?: Record<string, unknown> }>(known: Record<string, unknown>, change: T): T =>
  change.metadata ? { ...change, metadata: mergeMetadata(known, change.metadata) } : change;

/** Makes products, and changes those whose source id is known. */
export const createWriteProducts =
  (now: () => Date): WriteRows<ProductRow> =>
  async (tx, { projectId }, rows) => {
    for (const { sourceId, change } of rows.toSorted((one, other) => (one.sourceId < other.sourceId ? -1 : 1))) {
      if (await createProduct(tx, projectId, sourceId, { ...NEW_PRODUCT, ...merging({}, change) }, now())) continue;
      const known = (await lockProduct(tx, projectId, sourceId))!;
      await updateProduct(tx, known, merging(known.metadata, change), now());
    }
    return [];
  };

const writeSku = async (
  tx: Tx,
  projectId: string,
  { line, product: named, sourceId, change }: SkuRow,
  at: Date,
): Promise<RowError | null> => {
  const product = await lockProduct(tx, projectId, named);
  if (!product) return { line, errors: [{ path: 'product', message: `names the product ${named}, which does not exist` }] };
  if (await createSku(tx, { projectId, productId: product.id, sourceId }, { ...NEW_SKU, ...merging({}, change) }, at)) return null;
  const known = await findSku(tx, projectId, sourceId, product.id);
  if (!known) return { line, errors: [{ path: 'source_id', message: `${sourceId} is a SKU of another product` }] };
  await updateSku(tx, known, merging(known.metadata, change), at);
  return null;
};

/** Makes SKUs of products that exist, and changes those whose source id is known. */
export const createWriteSkus =
  (now: () => Date): WriteRows<SkuRow> =>
  async (tx, { projectId }, rows) => {
    const errors: RowError[] = [];
    for (const row of rows.toSorted((one, other) => (one.product < other.product ? -1 : 1))) {
      const error = await writeSku(tx, projectId, row, now());
      if (error) errors.push(error);
    }
    return errors;
  };
