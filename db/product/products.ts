import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';

export interface Product {
  projectId: string;
  id: string;
  sourceId: string | null;
  name: string | null;
  /** Minor units. */
  price: number | null;
  /** Names of what its SKUs differ in. */
  attributes: string[];
  imageUrl: string | null;
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date | null;
}

export type ProductFields = Pick<Product, 'name' | 'price' | 'attributes' | 'imageUrl' | 'metadata'>;

const columns = (db: Db) => db`
  p.project_id, p.id, p.source_id, p.name, p.price, p.attributes, p.image_url, p.metadata, p.created_at, p.updated_at`;

/** The product as the API shows it. */
export const productView = (product: Product) => ({
  id: product.id,
  source_id: product.sourceId,
  name: product.name,
  price: product.price,
  attributes: product.attributes,
  image_url: product.imageUrl,
  metadata: product.metadata,
  created_at: product.createdAt.toISOString(),
  updated_at: product.updatedAt?.toISOString() ?? null,
  object: 'product' as const,
});

const recordProductEvents = (tx: Tx, type: string, products: readonly Product[], now: Date) =>
  recordEvents(
    tx,
    products.map((product) => ({
      projectId: product.projectId,
      type,
      customerId: null,
      data: { product: productView(product) },
      dedupeKey: null,
      occurredAt: now,
    })),
  );

/** By id, else by source id. */
export const findProduct = async (db: Db, projectId: string, idOrSourceId: string): Promise<Product | null> => {
  const [row] = await db<Product[]>`
    select ${columns(db)} from product p where p.project_id = ${projectId} and (p.id = ${idOrSourceId} or p.source_id = ${idOrSourceId})
    order by p.id = ${idOrSourceId} desc limit 1`;
  return row ?? null;
};

export const lockProduct = async (tx: Tx, projectId: string, idOrSourceId: string): Promise<Product | null> => {
  const [row] = await tx<Product[]>`
    select ${columns(tx)} from product p where p.project_id = ${projectId} and (p.id = ${idOrSourceId} or p.source_id = ${idOrSourceId})
    order by p.id = ${idOrSourceId} desc limit 1 for no key update`;
  return row ?? null;
};

export const listProducts = async (
  db: Db,
  projectId: string,
  { limit, page, descending, startingAfter }: PageRequest,
): Promise<Page<Product>> => {
  const from = startingAfter === undefined ? db`` : descending ? db`and p.id < ${startingAfter}` : db`and p.id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    db<Product[]>`
      select ${columns(db)} from product p where p.project_id = ${projectId} ${from}
      order by p.id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<{ total: number }[]>`select count(*) as total from product where project_id = ${projectId}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** @returns null where the project has a product of this source id */
export const createProduct = async (
  tx: Tx,
  projectId: string,
  sourceId: string | null,
  fields: ProductFields,
  now: Date,
): Promise<Product | null> => {
  const id = newId('product');
  const row: Product = { projectId, id, sourceId, ...fields, createdAt: idTime(id), updatedAt: null };
  const { count } = await tx`
    insert into product (project_id, id, source_id, name, price, attributes, image_url, metadata, created_at)
    values (${projectId}, ${id}, ${sourceId}, ${row.name}, ${row.price}, ${row.attributes}, ${row.imageUrl}, ${tx.json(row.metadata as never)},
      ${row.createdAt})
    on conflict (project_id, source_id) do nothing`;
  if (count === 0) return null;
  await recordProductEvents(tx, 'product.created', [row], now);
  return row;
};

/** Changes a product that is locked. */
export const updateProduct = async (tx: Tx, product: Product, change: Partial<ProductFields>, now: Date): Promise<Product> => {
  const next: Product = { ...product, ...change, updatedAt: now };
  await tx`
    update product set name = ${next.name}, price = ${next.price}, attributes = ${next.attributes}, image_url = ${next.imageUrl},
      metadata = ${tx.json(next.metadata as never)}, updated_at = ${now}
    where project_id = ${next.projectId} and id = ${next.id}`;
  await recordProductEvents(tx, 'product.updated', [next], now);
  return next;
};

/** Deletes a product with its SKUs. */
export const deleteProduct = async (tx: Tx, product: Product, now: Date): Promise<void> => {
  await tx`delete from product where project_id = ${product.projectId} and id = ${product.id}`;
  await recordProductEvents(tx, 'product.deleted', [product], now);
};

export const findProductsByIds = (db: Db, projectId: string, ids: string[]) => db<Product[]>`
  select ${columns(db)} from product p where p.project_id = ${projectId} and p.id = any(${ids}::text[])`;

/** Those of these source ids that are a product's. */
export const knownProducts = async (db: Db, projectId: string, sourceIds: string[]): Promise<Set<string>> => {
  const rows = await db<{ sourceId: string }[]>`
    select source_id from product where project_id = ${projectId} and source_id = any(${sourceIds}::text[])`;
  return new Set(rows.map((row) => row.sourceId));
};
