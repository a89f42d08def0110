import type { Sql, Tx } from '../../db/client.ts';
import {
  createProduct,
  deleteProduct,
  findProduct,
  listProducts,
  lockProduct,
  productView,
  updateProduct,
  type Product,
  type ProductFields,
} from '../../db/product/products.ts';
import { skusOf, skuView } from '../../db/product/skus.ts';
import { findRuleNaming } from '../../db/validation-rules/validation-rules.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { productChange } from '../catalogue/product-change.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import { productBody, deleteProductQuery, listProductsQuery, productListSchema, productParams, productSchema } from '../schemas/product.ts';

export interface ProductRoutesDeps {
  sql: Sql;
  now: () => Date;
}

const found = { description: 'The product', schema: productSchema };
const missing = { description: 'There is no such product' };

const EMPTY: ProductFields = { name: null, price: null, attributes: [], imageUrl: null, metadata: {} };

/** @throws DomainError resource_in_use, where a validation rule names one of these ids */
export const requireUnnamed = async (tx: Tx, projectId: string, ids: string[]): Promise<void> => {
  const rule = await findRuleNaming(tx, projectId, ids);
  if (!rule) return;
  throw new DomainError('resource_in_use', 'A validation rule names it.', {
    details: `The validation rule ${rule.name} (${rule.id}) asks for it. Change or delete the rule first, or delete it with ?force=true.`,
    resource: { id: ids[0], type: 'product' },
  });
};

export const fixedSourceId = (known: string | null, told: string | null | undefined): void => {
  if (told !== undefined && told !== known)
    throw new DomainError('invalid_payload', 'A source id cannot be changed.', {
      fields: [{ path: 'source_id', message: `must be ${known ?? 'left out'}, as it is` }],
    });
};

export const createProductRoutes = ({ sql, now }: ProductRoutesDeps): Route[] => {
  const locked = async (tx: Tx, projectId: string, idOrSourceId: string): Promise<Product> => {
    const product = await lockProduct(tx, projectId, idOrSourceId);
    if (!product) throw notFound('product', idOrSourceId);
    return product;
  };

  return [
    route({
      method: 'get',
      path: '/v1/products',
      tag: 'Products',
      summary: 'List products',
      scope: 'products:read',
      query: listProductsQuery,
      responses: { 200: { description: 'Products', schema: productListSchema } },
      handler: async ({ project, query }) => {
        const { limit, page, order, starting_after: startingAfter } = query;
        const products = await listProducts(sql, project.id, { limit, page, startingAfter, descending: order === '-created_at' });
        return { status: 200, body: list('products', products.rows.map(productView), products) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/products',
      tag: 'Products',
      summary: 'Create a product, or update the one with this id or source_id',
      description: 'What is left out stays as it is. Orders that name it and say no price cost what it costs.',
      scope: 'products:write',
      body: productBody,
      responses: { 200: found, 404: missing },
      handler: ({ project, body, write }) =>
        write(async (tx) => {
          const { id, source_id: sourceId = null } = body;
          if (id !== undefined)
            return {
              status: 200,
              body: productView(await updateProduct(tx, await locked(tx, project.id, id), productChange(body), now())),
            };
          const made = await createProduct(tx, project.id, sourceId, { ...EMPTY, ...productChange(body) }, now());
          if (made) return { status: 200, body: productView(made) };
          return {
            status: 200,
            body: productView(await updateProduct(tx, await locked(tx, project.id, sourceId!), productChange(body), now())),
          };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/products/{id}',
      tag: 'Products',
      summary: 'Get a product with its SKUs',
      scope: 'products:read',
      params: productParams,
      responses: { 200: found, 404: missing },
      handler: async ({ project, params }) => {
        const product = await findProduct(sql, project.id, params.id);
        if (!product) throw notFound('product', params.id);
        const skus = await skusOf(sql, project.id, product.id);
        const listed = { object: 'list' as const, data_ref: 'data' as const, data: skus.map(skuView), total: skus.length };
        return { status: 200, body: { ...productView(product), skus: listed } };
      },
    }),
    route({
      method: 'put',
      path: '/v1/products/{id}',
      tag: 'Products',
      summary: 'Update a product',
      description: 'What is left out stays as it is; null empties a field. Metadata is replaced.',
      scope: 'products:write',
      params: productParams,
      body: productBody,
      responses: { 200: found, 404: missing },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const product = await locked(tx, project.id, params.id);
          fixedSourceId(product.sourceId, body.source_id);
          return { status: 200, body: productView(await updateProduct(tx, product, productChange(body), now())) };
        }),
    }),
    route({
      method: 'delete',
      path: '/v1/products/{id}',
      tag: 'Products',
      summary: 'Delete a product with its SKUs',
      scope: 'products:write',
      params: productParams,
      query: deleteProductQuery,
      responses: { 204: { description: 'Deleted' }, 404: missing, 409: { description: 'A validation rule names it' } },
      handler: ({ project, params, query, write }) =>
        write(async (tx) => {
          const product = await locked(tx, project.id, params.id);
          const skus = await skusOf(tx, project.id, product.id);
          if (!query.force) await requireUnnamed(tx, project.id, [product.id, ...skus.map((sku) => sku.id)]);
          await deleteProduct(tx, product, now());
          return { status: 204 };
        }),
    }),
  ];
};
