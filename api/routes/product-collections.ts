import type { z } from 'zod';
import type { Sql, Tx } from '../../db/client.ts';
import {
  collectionView,
  createCollection,
  deleteCollection,
  findCollection,
  listCollected,
  listCollections,
  type CollectedItem,
  type ProductCollection,
} from '../../db/product/collections.ts';
import { findProduct, findProductsByIds, productView } from '../../db/product/products.ts';
import { findSku, findSkusByIds, skuView } from '../../db/product/skus.ts';
import { type FieldProblem, invalidPayload } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  collectedListSchema,
  collectedQuery,
  collectionListSchema,
  collectionParams,
  collectionSchema,
  createCollectionBody,
  deleteProductQuery,
  listProductsQuery,
} from '../schemas/product.ts';
import { requireUnnamed } from './products.ts';

export interface ProductCollectionRoutesDeps {
  sql: Sql;
  now: () => Date;
}

type Asked = NonNullable<z.output<typeof createCollectionBody>['products']>;

const found = { description: 'The collection', schema: collectionSchema };
const missing = { description: 'There is no such product collection' };

/** @throws DomainError invalid_payload, naming all that do not exist */
const itemsOf = async (tx: Tx, projectId: string, asked: Asked): Promise<CollectedItem[]> => {
  const items: CollectedItem[] = [];
  const problems: FieldProblem[] = [];
  for (const [index, { id, object }] of asked.entries()) {
    const [product, sku] = object === 'sku' ? [null, await findSku(tx, projectId, id)] : [await findProduct(tx, projectId, id), null];
    if (sku) items.push({ productId: sku.productId, skuId: sku.id });
    else if (product) items.push({ productId: product.id, skuId: null });
    else problems.push({ path: `products[${index}].id`, message: `names the ${object} ${id}, which does not exist` });
  }
  if (problems.length > 0) throw invalidPayload(problems);
  return items;
};

export const createProductCollectionRoutes = ({ sql, now }: ProductCollectionRoutesDeps): Route[] => {
  const known = async (db: Sql | Tx, projectId: string, id: string): Promise<ProductCollection> => {
    const collection = await findCollection(db, projectId, id);
    if (!collection) throw notFound('product collection', id);
    return collection;
  };

  return [
    route({
      method: 'get',
      path: '/v1/product-collections',
      tag: 'Products',
      summary: 'List product collections',
      scope: 'products:read',
      query: listProductsQuery,
      responses: { 200: { description: 'Collections', schema: collectionListSchema } },
      handler: async ({ project, query }) => {
        const { limit, page, order, starting_after: startingAfter } = query;
        const collections = await listCollections(sql, project.id, { limit, page, startingAfter, descending: order === '-created_at' });
        return { status: 200, body: list('data', collections.rows.map(collectionView), collections) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/product-collections',
      tag: 'Products',
      summary: 'Create a product collection',
      description: 'A STATIC one lists products and SKUs; an AUTO_UPDATE one finds them by a filter whenever it is asked.',
      scope: 'products:write',
      body: createCollectionBody,
      responses: { 200: found },
      handler: ({ project, body, write }) =>
        write(async (tx) => {
          const { name, type, products = [], filter, filter_junction: junction } = body;
          const written = filter && junction !== undefined && filter['junction'] === undefined ? { ...filter, junction } : filter;
          const items = await itemsOf(tx, project.id, products);
          const collection = { projectId: project.id, name, type, filter: written ?? null, items };
          return { status: 200, body: collectionView(await createCollection(tx, collection, now())) };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/product-collections/{id}',
      tag: 'Products',
      summary: 'Get a product collection',
      scope: 'products:read',
      params: collectionParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => ({ status: 200, body: collectionView(await known(sql, project.id, params.id)) }),
    }),
    route({
      method: 'delete',
      path: '/v1/product-collections/{id}',
      tag: 'Products',
      summary: 'Delete a product collection',
      scope: 'products:write',
      params: collectionParams,
      query: deleteProductQuery,
      responses: { 204: { description: 'Deleted' }, 404: missing, 409: { description: 'A validation rule names it' } },
      handler: ({ project, params, query, write }) =>
        write(async (tx) => {
          const collection = await known(tx, project.id, params.id);
          if (!query.force) await requireUnnamed(tx, project.id, [collection.id]);
          await deleteCollection(tx, collection, now());
          return { status: 204 };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/product-collections/{id}/products',
      tag: 'Products',
      summary: 'List the products and SKUs that are in a collection now',
      scope: 'products:read',
      params: collectionParams,
      query: collectedQuery,
      responses: { 200: { description: 'Products and SKUs', schema: collectedListSchema }, 404: missing },
      handler: async ({ project, params, query }) => {
        const collection = await known(sql, project.id, params.id);
        const page = await listCollected(sql, collection, query, now());
        const [products, skus] = await Promise.all([
          findProductsByIds(
            sql,
            project.id,
            page.rows.flatMap((row) => (row.skuId === null ? [row.productId] : [])),
          ),
          findSkusByIds(
            sql,
            project.id,
            page.rows.flatMap((row) => row.skuId ?? []),
          ),
        ]);
        const views = new Map<string, unknown>([
          ...products.map((each) => [each.id, productView(each)] as const),
          ...skus.map((each) => [each.id, skuView(each)] as const),
        ]);
        return {
          status: 200,
          body: list(
            'data',
            page.rows.flatMap((row) => views.get(row.skuId ?? row.productId) ?? []),
            page,
          ),
        };
      },
    }),
  ];
};
