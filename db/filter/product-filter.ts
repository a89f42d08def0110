import type { Filter } from '../../domain/filter/filter.ts';
import type { ProductField } from '../../domain/filter/product-filter.ts';
import type { Db } from '../client.ts';
import { filterCondition, type FieldSource, type Fragment } from './condition.ts';

const METADATA = 'metadata.';

type Columns = Record<ProductField, Fragment>;

const productColumns = (db: Db): Columns => ({
  id: db`to_jsonb(p.id)`,
  source_id: db`to_jsonb(p.source_id)`,
  name: db`to_jsonb(p.name)`,
  sku: db`null::jsonb`,
  product_id: db`to_jsonb(p.id)`,
  object: db`'"product"'::jsonb`,
  price: db`to_jsonb(p.price)`,
  attributes: db`to_jsonb(p.attributes)`,
  image_url: db`to_jsonb(p.image_url)`,
  created_at: db`to_jsonb(p.created_at)`,
  updated_at: db`to_jsonb(p.updated_at)`,
});

/** A SKU without a price costs what its product does. */
const skuColumns = (db: Db): Columns => ({
  id: db`to_jsonb(k.id)`,
  source_id: db`to_jsonb(k.source_id)`,
  name: db`to_jsonb(p.name)`,
  sku: db`to_jsonb(k.sku)`,
  product_id: db`to_jsonb(k.product_id)`,
  object: db`'"sku"'::jsonb`,
  price: db`to_jsonb(coalesce(k.price, p.price))`,
  attributes: db`k.attributes`,
  image_url: db`to_jsonb(k.image_url)`,
  created_at: db`to_jsonb(k.created_at)`,
  updated_at: db`to_jsonb(k.updated_at)`,
});

const fieldOf =
  (columns: Columns, metadata: (name: string) => Fragment): FieldSource =>
  (field) =>
    field.startsWith(METADATA) ? metadata(field.slice(METADATA.length)) : columns[field as ProductField];

/** Which products `p` a checked filter finds. */
export const productCondition = (db: Db, filter: Filter, now: Date): Fragment =>
  filterCondition(
    db,
    filter,
    fieldOf(productColumns(db), (name) => db`(p.metadata -> ${name})`),
    now,
  );

/** Which SKUs `k` of products `p` a checked filter finds. */
export const skuCondition = (db: Db, filter: Filter, now: Date): Fragment =>
  filterCondition(
    db,
    filter,
    fieldOf(skuColumns(db), (name) => db`((p.metadata || k.metadata) -> ${name})`),
    now,
  );
