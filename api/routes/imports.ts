import { CUSTOMERS_IMPORT } from '../../activities/bulk/import-customers.ts';
import { VOUCHERS_IMPORT } from '../../activities/bulk/import-vouchers.ts';
import { findCampaign, type Campaign } from '../../db/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import type { Project } from '../../db/projects.ts';
import { customerOfRow } from '../../domain/csv/customer-row.ts';
import { voucherOfRow } from '../../domain/csv/voucher-row.ts';
import type { Cells } from '../../domain/csv/cells.ts';
import { readCsv } from '../csv-file.ts';
import { notFound } from '../errors.ts';
import { campaignVoucherCheck, customerCheck, voucherCheck } from '../import-checks.ts';
import { stageImport, type ImportRequest, type RowInput } from '../imports.ts';
import { route, type Answer, type RequestContext, type Route } from '../route.ts';
import { campaignImportParams, importBody, importCsvQuery, importedSchema, importQuery } from '../schemas/import.ts';

type Context = Pick<RequestContext<unknown, { all_or_nothing: boolean; encoding?: string }>, 'project' | 'query' | 'upload' | 'write'>;
type Rows = AsyncIterable<RowInput> | Iterable<RowInput>;
type Target = Pick<ImportRequest, 'type' | 'campaignId' | 'check'>;

const accepted = { 202: { description: 'It runs in the background: `/v1/async-actions/{id}` says how far', schema: importedSchema } };
const missing = { 404: { description: 'There is no such campaign' } };
const CSV_DESCRIPTION =
  'A form with a part `file`, or the file itself as text/csv. `/v1/async-actions/{id}/errors` names every row that is wrong.';

const known = async (tx: Tx, project: Project, idOrName: string): Promise<Campaign> => {
  const campaign = await findCampaign(tx, project.id, idOrName);
  if (!campaign) throw notFound('campaign', idOrName);
  return campaign;
};

/** Rows of the file, each as the body that it stands for. */
async function* fileRows({ upload, query }: Context, bodyOf: (cells: Cells) => unknown): AsyncGenerator<RowInput> {
  for await (const { line, cells, problem } of readCsv(upload!.path, query)) yield { line, problem, body: bodyOf(cells) };
}

const listRows = (body: unknown[]): RowInput[] => body.map((each, index) => ({ line: index + 1, body: each, problem: null }));

const accept = ({ project, query, write }: Context, rows: () => Rows, target: (tx: Tx) => Promise<Target>): Promise<Answer> =>
  write(async (tx) => {
    const request = { projectId: project.id, allOrNothing: query.all_or_nothing, ...(await target(tx)) };
    return { status: 202, body: { async_action_id: await stageImport(tx, request, rows()) } };
  });

const vouchers =
  ({ project }: Context) =>
  async (tx: Tx): Promise<Target> => ({ type: VOUCHERS_IMPORT, campaignId: null, check: await voucherCheck(tx, project) });

const vouchersOf =
  ({ project }: Context, idOrName: string) =>
  async (tx: Tx): Promise<Target> => {
    const campaign = await known(tx, project, idOrName);
    return { type: VOUCHERS_IMPORT, campaignId: campaign.id, check: await campaignVoucherCheck(tx, project, campaign) };
  };

const customers =
  ({ project }: Context) =>
  async (tx: Tx): Promise<Target> => ({ type: CUSTOMERS_IMPORT, campaignId: null, check: await customerCheck(tx, project) });

export const createImportRoutes = (): Route[] => [
  route({
    method: 'post',
    path: '/v1/vouchers/importCSV',
    tag: 'Imports',
    summary: 'Import vouchers from a CSV file',
    description: CSV_DESCRIPTION,
    scope: 'vouchers:write',
    query: importCsvQuery,
    takesFile: true,
    responses: accepted,
    handler: (context) => accept(context, () => fileRows(context, voucherOfRow), vouchers(context)),
  }),
  route({
    method: 'post',
    path: '/v1/vouchers/import',
    tag: 'Imports',
    summary: 'Import vouchers from a list',
    scope: 'vouchers:write',
    query: importQuery,
    body: importBody,
    responses: accepted,
    handler: (context) => accept(context, () => listRows(context.body), vouchers(context)),
  }),
  route({
    method: 'post',
    path: '/v1/campaigns/{id}/importCSV',
    tag: 'Imports',
    summary: 'Import codes of a campaign from a CSV file',
    description: CSV_DESCRIPTION,
    scope: 'vouchers:write',
    params: campaignImportParams,
    query: importCsvQuery,
    takesFile: true,
    responses: { ...accepted, ...missing },
    handler: (context) => accept(context, () => fileRows(context, voucherOfRow), vouchersOf(context, context.params.id)),
  }),
  route({
    method: 'post',
    path: '/v1/campaigns/{id}/import',
    tag: 'Imports',
    summary: 'Import codes of a campaign from a list',
    scope: 'vouchers:write',
    params: campaignImportParams,
    query: importQuery,
    body: importBody,
    responses: { ...accepted, ...missing },
    handler: (context) => accept(context, () => listRows(context.body), vouchersOf(context, context.params.id)),
  }),
  route({
    method: 'post',
    path: '/v1/customers/importCSV',
    tag: 'Imports',
    summary: 'Import customers from a CSV file, and change those that are known',
    description: CSV_DESCRIPTION,
    scope: 'customers:write',
    query: importCsvQuery,
    takesFile: true,
    responses: accepted,
    handler: (context) => accept(context, () => fileRows(context, customerOfRow), customers(context)),
  }),
];
