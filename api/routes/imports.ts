import { CUSTOMERS_IMPORT } from '../../activities/bulk/import-customers.ts';
import { LOYALTY_CARDS_IMPORT } from '../../activities/bulk/import-loyalty-cards.ts';
import { VOUCHERS_IMPORT } from '../../activities/bulk/import-vouchers.ts';
import { findCampaign, type Campaign } from '../../db/campaign/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { cardOfRow } from '../../domain/csv/card-row.ts';
import { customerOfRow } from '../../domain/csv/customer-row.ts';
import { voucherOfRow } from '../../domain/csv/voucher-row.ts';
import { notFound } from '../http/errors.ts';
import { campaignVoucherCheck, customerCheck, voucherCheck } from '../bulk/import-checks.ts';
import { accept, accepted, CSV_DESCRIPTION, fileRows, listRows, loyaltyCardTarget, type ImportTarget } from '../bulk/import-requests.ts';
import { route, type RequestContext, type Route } from '../http/route.ts';
import { campaignImportParams, importBody, importCsvQuery, importQuery } from '../schemas/import.ts';

type Context = Pick<RequestContext, 'project'>;

const missing = { 404: { description: 'There is no such campaign' } };

const known = async (tx: Tx, project: Project, idOrName: string): Promise<Campaign> => {
  const campaign = await findCampaign(tx, project.id, idOrName);
  if (!campaign) throw notFound('campaign', idOrName);
  return campaign;
};

const vouchers =
  ({ project }: Context) =>
  async (tx: Tx): Promise<ImportTarget> => ({ type: VOUCHERS_IMPORT, campaignId: null, check: await voucherCheck(tx, project) });

const vouchersOf =
  ({ project }: Context, idOrName: string) =>
  async (tx: Tx): Promise<ImportTarget> => {
    const campaign = await known(tx, project, idOrName);
    if (campaign.campaignType === 'LOYALTY_PROGRAM') return loyaltyCardTarget(project, () => Promise.resolve(campaign))(tx);
    return { type: VOUCHERS_IMPORT, campaignId: campaign.id, check: await campaignVoucherCheck(tx, project, campaign) };
  };

const customers =
  ({ project }: Context) =>
  async (tx: Tx): Promise<ImportTarget> => ({ type: CUSTOMERS_IMPORT, campaignId: null, check: await customerCheck(tx, project) });

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
    handler: (context) => accept(context, context.query.all_or_nothing, () => fileRows(context, voucherOfRow), vouchers(context)),
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
    handler: (context) => accept(context, context.query.all_or_nothing, () => listRows(context.body), vouchers(context)),
  }),
  route({
    method: 'post',
    path: '/v1/campaigns/{id}/importCSV',
    tag: 'Imports',
    summary: 'Import codes of a campaign from a CSV file',
    description: `${CSV_DESCRIPTION} Those of a loyalty program are cards, with points and members.`,
    scope: 'vouchers:write',
    params: campaignImportParams,
    query: importCsvQuery,
    takesFile: true,
    responses: { ...accepted, ...missing },
    handler: (context) =>
      accept(
        context,
        context.query.all_or_nothing,
        ({ type }) => fileRows(context, type === LOYALTY_CARDS_IMPORT ? cardOfRow : voucherOfRow),
        vouchersOf(context, context.params.id),
      ),
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
    handler: (context) =>
      accept(context, context.query.all_or_nothing, () => listRows(context.body), vouchersOf(context, context.params.id)),
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
    handler: (context) => accept(context, context.query.all_or_nothing, () => fileRows(context, customerOfRow), customers(context)),
  }),
];
