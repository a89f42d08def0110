import type { Sql, Tx } from '../../db/client.ts';
import { findProduct, lockProduct, type Product } from '../../db/product/products.ts';
import { createSku, deleteSku, findSku, skusOf, skuView, updateSku, type Sku, type SkuFields } from '../../db/product/skus.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { skuChange } from '../catalogue/product-change.ts';
import { route, type Route } from '../http/route.ts';
import { skuBody, deleteProductQuery, productParams, skuListSchema, skuOfProductParams, skuParams, skuSchema } from '../schemas/product.ts';
import { fixedSourceId, requireUnnamed } from './products.ts';

export interface SkuRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const found = { description: 'The SKU', schema: skuSchema };
const missing = { description: 'There is no such product or SKU' };

const EMPTY: SkuFields = { sku: null, price: null, currency: null, attributes: {}, imageUrl: null, metadata: {} };

export const createSkuRoutes = ({ sql, now }: SkuRoutesDeps): Route[] => {
  const product = async (tx: Tx, projectId: string, idOrSourceId: string): Promise<Product> => {
    const row = await lockProduct(tx, projectId, idOrSourceId);
    if (!row) throw notFound('product', idOrSourceId);
    return row;
  };
  const skuOf = async (tx: Tx, of: Product, idOrSourceId: string): Promise<Sku> => {
    const sku = await findSku(tx, of.projectId, idOrSourceId, of.id);
    if (!sku) throw notFound('sku', idOrSourceId);
    return sku;
  };

  return [
    route({
      method: 'get',
      path: '/v1/products/{id}/skus',
      tag: 'Products',
      summary: 'List the SKUs of a product',
      scope: 'products:read',
      params: productParams,
      responses: { 200: { description: 'SKUs', schema: skuListSchema }, 404: missing },
      handler: async ({ project, params }) => {
        const of = await findProduct(sql, project.id, params.id);
        if (!of) throw notFound('product', params.id);
        const skus = await skusOf(sql, project.id, of.id);
        return { status: 200, body: { object: 'list', data_ref: 'skus', skus: skus.map(skuView), total: skus.length } };
      },
    }),
    route({
      method: 'post',
      path: '/v1/products/{id}/skus',
      tag: 'Products',
      summary: 'Create a SKU, or update the one with this source_id',
      scope: 'products:write',
      params: productParams,
      body: skuBody,
      responses: { 200: found, 404: missing, 409: { description: 'Another product has a SKU with this source_id' } },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const of = await product(tx, project.id, params.id);
          const { source_id: sourceId = null } = body;
          const change = skuChange(project, body);
          const made = await createSku(tx, { projectId: project.id, productId: of.id, sourceId }, { ...EMPTY, ...change }, now());
          if (made) return { status: 200, body: skuView(made) };
          const known = await findSku(tx, project.id, sourceId!, of.id);
          if (!known)
            throw new DomainError('duplicate_found', `Another product has a SKU with the source id ${sourceId}.`, {
              resource: { id: sourceId!, type: 'sku' },
            });
          return { status: 200, body: skuView(await updateSku(tx, known, change, now())) };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/products/{id}/skus/{sku}',
      tag: 'Products',
      summary: 'Get a SKU of a product',
      scope: 'products:read',
      params: skuOfProductParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => {
        const of = await findProduct(sql, project.id, params.id);
        const sku = of && (await findSku(sql, project.id, params.sku, of.id));
        if (!sku) throw notFound('sku', params.sku);
        return { status: 200, body: skuView(sku) };
      },
    }),
    route({
      method: 'put',
      path: '/v1/products/{id}/skus/{sku}',
      tag: 'Products',
      summary: 'Update a SKU',
      description: 'What is left out stays as it is; null empties a field. Metadata is replaced.',
      scope: 'products:write',
      params: skuOfProductParams,
      body: skuBody,
      responses: { 200: found, 404: missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const sku = await skuOf(tx, await product(tx, project.id, params.id), params.sku);
          fixedSourceId(sku.sourceId, body.source_id);
          return { status: 200, body: skuView(await updateSku(tx, sku, skuChange(project, body), now())) };
        }),
    }),
    route({
      method: 'delete',
      path: '/v1/products/{id}/skus/{sku}',
      tag: 'Products',
      summary: 'Delete a SKU',
      scope: 'products:write',
      params: skuOfProductParams,
      query: deleteProductQuery,
      responses: { 204: { description: 'Deleted' }, 404: missing, 409: { description: 'A validation rule names it' } },
      handler: ({ project, params, query, write }) =>
        write(async (tx) => {
          const sku = await skuOf(tx, await product(tx, project.id, params.id), params.sku);
          if (!query.force) await requireUnnamed(tx, project.id, [sku.id]);
          await deleteSku(tx, sku, now());
          return { status: 204 };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/skus/{id}',
      tag: 'Products',
      summary: 'Get a SKU',
      scope: 'products:read',
      params: skuParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => {
        const sku = await findSku(sql, project.id, params.id);
        if (!sku) throw notFound('sku', params.id);
        return { status: 200, body: skuView(sku) };
      },
    }),
  ];
};
