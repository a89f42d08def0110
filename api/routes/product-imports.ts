import { PRODUCTS_IMPORT, SKUS_IMPORT } from '../../activities/bulk/import-products.ts';
import type { Tx } from '../../db/client.ts';
import { knownProducts } from '../../db/product/products.ts';
import { productOfRow, skuOfRow } from '../../domain/csv/product-row.ts';
import { accept, accepted, acceptMetadata, CSV_DESCRIPTION, fileRows, listRows, type ImportTarget } from '../bulk/import-requests.ts';
import { productCheck, skuCheck } from '../bulk/product-import-checks.ts';
import { route, type RequestContext, type Route } from '../http/route.ts';
import { importBody, importCsvQuery } from '../schemas/import.ts';
import { productsMetadataBody } from '../schemas/product.ts';

type Context = Pick<RequestContext, 'project'>;

const products =
  ({ project }: Context) =>
  async (tx: Tx): Promise<ImportTarget> => ({ type: PRODUCTS_IMPORT, campaignId: null, check: await productCheck(tx, project) });

const skus =
  ({ project }: Context) =>
  async (tx: Tx): Promise<ImportTarget> => ({ type: SKUS_IMPORT, campaignId: null, check: await skuCheck(tx, project) });

export const createProductImportRoutes = (): Route[] => [
  route({
    method: 'post',
    path: '/v1/products/bulk/async',
    tag: 'Products',
    summary: 'Create and change many products in the background',
    description: 'Each is known by its source_id. `/v1/async-actions/{id}/errors` names every one that is wrong.',
    scope: 'products:write',
    body: importBody,
    responses: accepted,
    handler: (context) => accept(context, false, () => listRows(context.body), products(context)),
  }),
  route({
    method: 'post',
    path: '/v1/products/metadata/async',
    tag: 'Products',
    summary: 'Change the metadata of many products in the background',
    description: 'Products that do not exist are not made: they are named in `/v1/async-actions/{id}/errors`.',
    scope: 'products:write',
    body: productsMetadataBody,
    responses: accepted,
    handler: (context) => acceptMetadata(context, products(context), knownProducts, 'is the source id of no product'),
  }),
  route({
    method: 'post',
    path: '/v1/products/importCSV',
    tag: 'Imports',
    summary: 'Import products from a CSV file, and change those that are known',
    description: CSV_DESCRIPTION,
    scope: 'products:write',
    query: importCsvQuery,
    takesFile: true,
    responses: accepted,
    handler: (context) => accept(context, context.query.all_or_nothing, () => fileRows(context, productOfRow), products(context)),
  }),
  route({
    method: 'post',
    path: '/v1/skus/importCSV',
    tag: 'Imports',
    summary: 'Import SKUs of products from a CSV file, and change those that are known',
    description: CSV_DESCRIPTION,
    scope: 'products:write',
    query: importCsvQuery,
    takesFile: true,
    responses: accepted,
    handler: (context) => accept(context, context.query.all_or_nothing, () => fileRows(context, skuOfRow), skus(context)),
  }),
];
