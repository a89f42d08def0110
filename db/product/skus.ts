import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';

export interface Sku {
  projectId: string;
  id: string;
  productId: string;
  sourceId: string | null;
  sku: string | null;
  /** Minor units; null: the product's. */
  price: number | null;
  currency: string | null;
  attributes: Record<string, unknown>;
  imageUrl: string | null;
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date | null;
}

export type SkuFields = Pick<Sku, 'sku' | 'price' | 'currency' | 'attributes' | 'imageUrl' | 'metadata'>;

const columns = (db: Db) => db`
  k.project_id, k.id, k.product_id, k.source_id, k.sku, k.price, k.currency, k.attributes, k.image_url, k.metadata, k.created_at, k.updated_at`;

/** The SKU as the API shows it. */
export const skuView = (sku: Sku) => ({
  id: sku.id,
  product_id: sku.productId,
  source_id: sku.sourceId,
  sku: sku.sku,
  price: sku.price,
  currency: sku.currency,
  attributes: sku.attributes,
  image_url: sku.imageUrl,
  metadata: sku.metadata,
  created_at: sku.createdAt.toISOString(),
  updated_at: sku.updatedAt?.toISOString() ?? null,
  object: 'sku' as const,
});

const recordSkuEvent = (tx: Tx, type: string, sku: Sku, now: Date) =>
  recordEvents(tx, [{ projectId: sku.projectId, type, customerId: null, data: { sku: skuView(sku) }, dedupeKey: null, occurredAt: now }]);

/** By id, else by source id. @param productId where it has to be one of this product */
export const findSku = async (db: Db, projectId: string, idOrSourceId: string, productId?: string): Promise<Sku | null> => {
  const [row] = await db<Sku[]>`
    select ${columns(db)} from sku k where k.project_id = ${projectId} and (k.id = ${idOrSourceId} or k.source_id = ${idOrSourceId})
      ${productId === undefined ? db`` : db`and k.product_id = ${productId}`}
    order by k.id = ${idOrSourceId} desc limit 1`;
  return row ?? null;
};

/** All SKUs of a product, as they were made. */
export const skusOf = (db: Db, projectId: string, productId: string) => db<Sku[]>`
  select ${columns(db)} from sku k where k.project_id = ${projectId} and k.product_id = ${productId} order by k.id`;

/** @returns null where the project has a SKU of this source id */
export const createSku = async (
  tx: Tx,
  of: { projectId: string; productId: string; sourceId: string | null },
  fields: SkuFields,
  now: Date,
): Promise<Sku | null> => {
  const id = newId('sku');
  const row: Sku = { ...of, id, ...fields, createdAt: idTime(id), updatedAt: null };
  const { count } = await tx`
    insert into sku (project_id, id, product_id, source_id, sku, price, currency, attributes, image_url, metadata, created_at)
    values (${row.projectId}, ${id}, ${row.productId}, ${row.sourceId}, ${row.sku}, ${row.price}, ${row.currency},
      ${tx.json(row.attributes as never)}, ${row.imageUrl}, ${tx.json(row.metadata as never)}, ${row.createdAt})
    on conflict (project_id, source_id) do nothing`;
  if (count === 0) return null;
  await recordSkuEvent(tx, 'sku.created', row, now);
  return row;
};

/** Changes a SKU whose product is locked. */
export const updateSku = async (tx: Tx, sku: Sku, change: Partial<SkuFields>, now: Date): Promise<Sku> => {
  const next: Sku = { ...sku, ...change, updatedAt: now };
  await tx`
    update sku set sku = ${next.sku}, price = ${next.price}, currency = ${next.currency}, attributes = ${tx.json(next.attributes as never)},
      image_url = ${next.imageUrl}, metadata = ${tx.json(next.metadata as never)}, updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordSkuEvent(tx, 'sku.updated', next, now);
  return next;
};

export const deleteSku = async (tx: Tx, sku: Sku, now: Date): Promise<void> => {
  await tx`delete from sku where project_id = ${sku.projectId} and id = ${sku.id}`;
  await recordSkuEvent(tx, 'sku.deleted', sku, now);
};

export const findSkusByIds = (db: Db, projectId: string, ids: string[]) => db<Sku[]>`
  select ${columns(db)} from sku k where k.project_id = ${projectId} and k.id = any(${ids}::text[])`;
