import { CUSTOMERS_IMPORT } from '../../activities/bulk/import-customers.ts';
import { ORDERS_IMPORT, type OrderRow } from '../../activities/bulk/import-orders.ts';
import { knownSourceIds } from '../../db/customer-list.ts';
import { DomainError } from '../../domain/errors.ts';
import { fieldProblems } from '../field-problems.ts';
import { customerCheck } from '../import-checks.ts';
import { stageImport, type ImportRequest, type RowInput } from '../imports.ts';
import { route, type Answer, type RequestContext, type Route } from '../route.ts';
import { customersMetadataBody } from '../schemas/customer-bulk.ts';
import { importBody, importedSchema } from '../schemas/import.ts';
import { orderBody } from '../schemas/kept-order.ts';
import { toldOrder } from './orders.ts';

const accepted = { 202: { description: 'It runs in the background: `/v1/async-actions/{id}` says how far', schema: importedSchema } };

const rowsOf = (bodies: unknown[]): RowInput[] => bodies.map((body, index) => ({ line: index + 1, body, problem: null }));

const stage = (
  { project, write }: RequestContext,
  bodies: unknown[],
  type: string,
  check: (tx: Parameters<typeof stageImport>[0]) => Promise<ImportRequest['check']>,
): Promise<Answer> =>
  write(async (tx) => {
    const request = { projectId: project.id, type, campaignId: null, allOrNothing: false, check: await check(tx) };
    return { status: 202, body: { async_action_id: await stageImport(tx, request, rowsOf(bodies)) } };
  });

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
    handler: (context) => stage(context, context.body, CUSTOMERS_IMPORT, (tx) => customerCheck(tx, context.project)),
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
    handler: (context) => {
      const { source_ids: sourceIds, metadata } = context.body;
      const bodies = [...new Set(sourceIds)].map((source_id) => ({ source_id, metadata }));
      return stage(context, bodies, CUSTOMERS_IMPORT, async (tx) => {
        const known = await knownSourceIds(tx, context.project.id, sourceIds);
        const check = await customerCheck(tx, context.project);
        return (body, line) =>
          known.has((body as { source_id: string }).source_id)
            ? check(body, line)
            : { problems: [{ path: 'source_id', message: 'is the source id of nobody' }] };
      });
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
    handler: (context) => stage(context, context.body, ORDERS_IMPORT, () => Promise.resolve(orderCheck(context))),
  }),
];
