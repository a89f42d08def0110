import { checkFilter, type Filter } from '../../domain/filter/filter.ts';
import { PRODUCT_FIELDS } from '../../domain/filter/product-filter.ts';
import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import type { Fragment } from '../filter/condition.ts';
import { idTime, newId } from '../ids.ts';
import { direction, toPage, type Page, type PageRequest } from '../paging.ts';
import { productCondition, skuCondition } from '../filter/product-filter.ts';

/** A product, or one SKU of it. */
export interface CollectedItem {
  productId: string;
  skuId: string | null;
}

export interface ProductCollection {
  projectId: string;
  id: string;
  name: string;
  type: 'STATIC' | 'AUTO_UPDATE';
  /** As it was written; null: STATIC. */
  filter: Record<string, unknown> | null;
  /** What a STATIC one lists. */
  items: CollectedItem[];
  createdAt: Date;
}

const columns = (db: Db) => db`
  o.project_id, o.id, o.name, o.type, o.filter, o.created_at, coalesce((
    select jsonb_agg(jsonb_build_object('productId', i.product_id, 'skuId', i.sku_id) order by i.position) from product_collection_item i
    where i.project_id = o.project_id and i.collection_id = o.id), '[]') as items`;

/** The collection as the API shows it. */
export const collectionView = (collection: ProductCollection) => ({
  id: collection.id,
  name: collection.name,
  type: collection.type,
  ...(collection.type === 'STATIC'
    ? {
        products: collection.items.map(({ productId, skuId }) =>
          skuId === null ? { id: productId, object: 'product' as const } : { id: skuId, product_id: productId, object: 'sku' as const },
        ),
      }
    : { filter: collection.filter }),
  created_at: collection.createdAt.toISOString(),
  object: 'products_collection' as const,
});

const recordCollectionEvent = (tx: Tx, type: string, collection: ProductCollection, now: Date) =>
  recordEvents(tx, [
    {
      projectId: collection.projectId,
      type,
      customerId: null,
      data: { product_collection: collectionView(collection) },
      dedupeKey: null,
      occurredAt: now,
    },
  ]);

export const createCollection = async (
  tx: Tx,
  collection: Omit<ProductCollection, 'id' | 'createdAt'>,
  now: Date,
): Promise<ProductCollection> => {
  const id = newId('productCollection');
  const row: ProductCollection = { ...collection, id, createdAt: idTime(id) };
  await tx`
    insert into product_collection (project_id, id, name, type, filter, created_at)
    values (${row.projectId}, ${id}, ${row.name}, ${row.type}, ${row.filter && tx.json(row.filter as never)}, ${row.createdAt})`;
  await tx`
    insert into product_collection_item (project_id, collection_id, position, product_id, sku_id)
    select ${row.projectId}, ${id}, position, product_id, sku_id
    from unnest(${row.items.map((item) => item.productId)}::text[], ${row.items.map((item) => item.skuId)}::text[])
      with ordinality as i (product_id, sku_id, position)`;
  await recordCollectionEvent(tx, 'product_collection.created', row, now);
  return row;
};

export const findCollection = async (db: Db, projectId: string, id: string): Promise<ProductCollection | null> => {
  const [row] = await db<ProductCollection[]>`
    select ${columns(db)} from product_collection o where o.project_id = ${projectId} and o.id = ${id}`;
  return row ?? null;
};

const findCollections = (db: Db, projectId: string, ids: string[]) => db<ProductCollection[]>`
  select ${columns(db)} from product_collection o where o.project_id = ${projectId} and o.id = any(${ids}::text[]) order by o.id`;

export const listCollections = async (
  db: Db,
  projectId: string,
  { limit, page, descending, startingAfter }: PageRequest,
): Promise<Page<ProductCollection>> => {
  const from = startingAfter === undefined ? db`` : descending ? db`and o.id < ${startingAfter}` : db`and o.id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (page - 1) * limit : 0;
  const [rows, [totals]] = await Promise.all([
    db<ProductCollection[]>`
      select ${columns(db)} from product_collection o where o.project_id = ${projectId} ${from}
      order by o.id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<{ total: number }[]>`select count(*) as total from product_collection where project_id = ${projectId}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

export const deleteCollection = async (tx: Tx, collection: ProductCollection, now: Date): Promise<void> => {
  await tx`delete from product_collection where project_id = ${collection.projectId} and id = ${collection.id}`;
  await recordCollectionEvent(tx, 'product_collection.deleted', collection, now);
};

const filterOf = ({ filter: written }: ProductCollection): Filter => {
  const { filter, problems } = checkFilter(written, PRODUCT_FIELDS);
  if (!filter) throw new Error(`a collection's filter cannot be read: ${problems[0]?.message}`);
  return filter;
};

/** Who is in the collection now: products and SKUs with where they stand in it. */
const membersOf = (db: Db, collection: ProductCollection, now: Date): Fragment => {
  const { projectId, id } = collection;
  if (collection.type === 'STATIC')
    return db`
      select position::text as place, product_id, sku_id from product_collection_item
      where project_id = ${projectId} and collection_id = ${id}`;
  const filter = filterOf(collection);
  return db`
    select p.id as place, p.id as product_id, null as sku_id from product p
    where p.project_id = ${projectId} and ${productCondition(db, filter, now)}
    union all
    select k.id, k.product_id, k.id from sku k join product p on p.project_id = k.project_id and p.id = k.product_id
    where k.project_id = ${projectId} and ${skuCondition(db, filter, now)}`;
};

/** A page of what is in the collection now. */
export const listCollected = async (
  db: Db,
  collection: ProductCollection,
  { limit, page }: { limit: number; page: number },
  now: Date,
): Promise<Page<CollectedItem>> => {
  const members = () => membersOf(db, collection, now);
  const [rows, [totals]] = await Promise.all([
    db<CollectedItem[]>`
      select product_id, sku_id from (${members()}) m order by length(place), place limit ${limit + 1} offset ${(page - 1) * limit}`,
    db<{ total: number }[]>`select count(*) as total from (${members()}) m`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};

/** Which of these collections hold which of these products (or SKUs of them). */
export const collectedAmong = async (
  db: Db,
  projectId: string,
  collectionIds: string[],
  productIds: string[],
  now: Date,
): Promise<(CollectedItem & { collectionId: string })[]> => {
  if (collectionIds.length === 0 || productIds.length === 0) return [];
  const collections = await findCollections(db, projectId, collectionIds);
  const [first, ...rest] = collections.map(
    (collection) => db`
      select ${collection.id} as collection_id, m.product_id, m.sku_id from (${membersOf(db, collection, now)}) m
      where m.product_id = any(${productIds}::text[])`,
  );
  if (!first) return [];
  return db<(CollectedItem & { collectionId: string })[]>`${rest.reduce((all, one) => db`${all} union all ${one}`, first)}`;
};
