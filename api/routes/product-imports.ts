import { PRODUCTS_IMPORT, SKUS_IMPORT } from '../../activities/bulk/import-products.ts';
import type { Tx } from '../../db/client.ts';
import { knownProducts } from '../../db/products.ts';
import type { Cells } from '../../domain/csv/cells.ts';
import { productOfRow, skuOfRow } from '../../domain/csv/product-row.ts';
import { readCsv } from '../csv-file.ts';
import { stageImport, type ImportRequest, type RowInput } from '../imports.ts';
import { productCheck, skuCheck } from '../product-import-checks.ts';
import { route, type Answer, type RequestContext, type Route } from '../route.ts';
import { importBody, importCsvQuery, importedSchema } from '../schemas/import.ts';
import { productsMetadataBody } from '../schemas/product.ts';

const accepted = { 202: { description: 'It runs in the background: `/v1/async-actions/{id}` says how far', schema: importedSchema } };
const CSV_DESCRIPTION =
  'A form with a part `file`, or the file itself as text/csv. `/v1/async-actions/{id}/errors` names every row that is wrong.';

type FileContext = RequestContext<unknown, { all_or_nothing: boolean; encoding?: string }>;

async function* fileRows({ upload, query }: FileContext, bodyOf: (cells: Cells) => unknown): AsyncGenerator<RowInput> {
  for await (const { line, cells, problem } of readCsv(upload!.path, query)) yield { line, problem, body: bodyOf(cells) };
}

const rowsOf = (bodies: unknown[]): RowInput[] => bodies.map((body, index) => ({ line: index + 1, body, problem: null }));

const stage = (
  { project, write }: Pick<RequestContext, 'project' | 'write'>,
  type: string,
  allOrNothing: boolean,
  rows: () => Iterable<RowInput> | AsyncIterable<RowInput>,
  checkOf: (tx: Tx) => Promise<ImportRequest['check']>,
): Promise<Answer> =>
  write(async (tx) => {
    const request = { projectId: project.id, type, campaignId: null, allOrNothing, check: await checkOf(tx) };
    return { status: 202, body: { async_action_id: await stageImport(tx, request, rows()) } };
  });

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
    handler: (context) =>
      stage(
        context,
        PRODUCTS_IMPORT,
        false,
        () => rowsOf(context.body),
        (tx) => productCheck(tx, context.project),
      ),
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
    handler: (context) => {
      const { source_ids: sourceIds, metadata } = context.body;
      const bodies = [...new Set(sourceIds)].map((source_id) => ({ source_id, metadata }));
      return stage(
        context,
        PRODUCTS_IMPORT,
        false,
        () => rowsOf(bodies),
        async (tx) => {
          const known = await knownProducts(tx, context.project.id, sourceIds);
          const check = await productCheck(tx, context.project);
          return (body, line) =>
            known.has((body as { source_id: string }).source_id)
              ? check(body, line)
              : { problems: [{ path: 'source_id', message: 'is the source id of no product' }] };
        },
      );
    },
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
    handler: (context) =>
      stage(
        context,
        PRODUCTS_IMPORT,
        context.query.all_or_nothing,
        () => fileRows(context, productOfRow),
        (tx) => productCheck(tx, context.project),
      ),
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
    handler: (context) =>
      stage(
        context,
        SKUS_IMPORT,
        context.query.all_or_nothing,
        () => fileRows(context, skuOfRow),
        (tx) => skuCheck(tx, context.project),
      ),
  }),
];
