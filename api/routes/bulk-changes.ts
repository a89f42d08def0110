import { VOUCHERS_METADATA } from '../../activities/bulk/change-voucher-metadata.ts';
import { CUSTOMERS_IMPORT } from '../../activities/bulk/import-customers.ts';
import { ORDERS_IMPORT, type OrderRow } from '../../activities/bulk/import-orders.ts';
import type { Tx } from '../../db/client.ts';
import { knownSourceIds } from '../../db/customer/list.ts';
import { DomainError } from '../../domain/errors.ts';
import { fieldProblems } from '../http/field-problems.ts';
import { customerCheck, voucherMetadataCheck } from '../bulk/import-checks.ts';
import { accept, accepted, acceptMetadata, listRows, type ImportTarget } from '../bulk/import-requests.ts';
import type { ImportRequest } from '../bulk/imports.ts';
import { route, type RequestContext, type Route } from '../http/route.ts';
import { customersMetadataBody } from '../schemas/customer-bulk.ts';
import { importBody } from '../schemas/import.ts';
import { orderBody } from '../schemas/kept-order.ts';
import { vouchersMetadataBody } from '../schemas/voucher-bulk.ts';
import { toldOrder } from './orders.ts';

const customers =
  ({ project }: RequestContext) =>
  async (tx: Tx): Promise<ImportTarget> => ({ type: CUSTOMERS_IMPORT, campaignId: null, check: await customerCheck(tx, project) });

const voucherMetadata =
  ({ project }: Pick<RequestContext, 'project'>) =>
  async (tx: Tx): Promise<ImportTarget> => ({ type: VOUCHERS_METADATA, campaignId: null, check: await voucherMetadataCheck(tx, project) });

/** What is wrong with an order, or the row that is kept. */
const orderCheck =
  ({ project, apiKey }: RequestContext): ImportRequest['check'] =>
  (body, line) => {
    const result = orderBody.safeParse(body);
    if (!result.success) return { problems: fieldProblems(result.error.issues) };
    try {
      const row: OrderRow = { line, apiKeyId: apiKey.id, order: toldOrder(project, result.data) };
      return { row };
    } catch (error) {
      if (error instanceof DomainError) return { problems: error.fields };
      throw error;
    }
  };

export const createBulkChangeRoutes = (): Route[] => [
  route({
    method: 'post',
    path: '/v1/customers/bulk/async',
    tag: 'Customers',
    summary: 'Create and change many customers in the background',
    description: 'Each is known by its source_id. `/v1/async-actions/{id}/errors` names every one that is wrong.',
    scope: 'customers:write',
    body: importBody,
    responses: accepted,
    handler: (context) => accept(context, false, () => listRows(context.body), customers(context)),
  }),
  route({
    method: 'post',
    path: '/v1/customers/metadata/async',
    tag: 'Customers',
    summary: 'Change the metadata of many customers in the background',
    description: 'Customers whom nobody knows are not made: they are named in `/v1/async-actions/{id}/errors`.',
    scope: 'customers:write',
    body: customersMetadataBody,
    responses: accepted,
    handler: (context) => acceptMetadata(context, customers(context), knownSourceIds, 'is the source id of nobody'),
  }),
  route({
    method: 'post',
    path: '/v1/vouchers/bulk/async',
    tag: 'Vouchers',
    summary: 'Change the metadata of many vouchers in the background, of each its own',
    description:
      'A list of `{code, metadata}`. `/v1/async-actions/{id}/errors` names every one that is wrong, and codes that do not exist.',
    scope: 'vouchers:write',
    body: importBody,
    responses: accepted,
    handler: (context) => accept(context, false, () => listRows(context.body), voucherMetadata(context)),
  }),
  route({
    method: 'post',
    path: '/v1/vouchers/metadata/async',
    tag: 'Vouchers',
    summary: 'Change the metadata of many vouchers in the background, of all alike',
    description: 'Codes that do not exist are named in `/v1/async-actions/{id}/errors`.',
    scope: 'vouchers:write',
    body: vouchersMetadataBody,
    responses: accepted,
    handler: (context) => {
      const { codes, metadata } = context.body;
      return accept(context, false, () => listRows([...new Set(codes)].map((code) => ({ code, metadata }))), voucherMetadata(context));
    },
  }),
  route({
    method: 'post',
    path: '/v1/orders/import',
    tag: 'Orders',
    summary: 'Create and change many orders in the background',
    description: 'One whose source_id is known is changed. `/v1/async-actions/{id}/errors` names every one that is wrong.',
    scope: 'orders:write',
    body: importBody,
    responses: accepted,
    handler: (context) =>
      accept(
        context,
        false,
        () => listRows(context.body),
        () => Promise.resolve({ type: ORDERS_IMPORT, campaignId: null, check: orderCheck(context) }),
      ),
  }),
];
