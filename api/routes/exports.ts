import { EXPORT } from '../../activities/bulk/export-rows.ts';
import { findAsyncAction, type AsyncAction } from '../../db/bulk/async-actions.ts';
import type { Sql } from '../../db/client.ts';
import { deleteExport } from '../../db/bulk/export-chunks.ts';
import { listExports } from '../../db/bulk/export-list.ts';
import { findVoucher } from '../../db/voucher/vouchers.ts';
import { invalidQuery } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import { actionIdOf, createExportRequests, type ExportDeps } from '../bulk/export-requests.ts';
import { route, type Route } from '../http/route.ts';
import {
  createExportBody,
  exportListSchema,
  exportTransactionsBody,
  exportParams,
  exportSchema,
  listExportsQuery,
} from '../schemas/export.ts';
import { list } from '../schemas/list.ts';
import { voucherParams } from '../schemas/voucher.ts';

export interface ExportRoutesDeps extends ExportDeps {
  sql: Sql;
}

const tag = 'Exports';
const missing = { description: 'There is no such export' };
export const createExportRoutes = ({ sql, now, downloads }: ExportRoutesDeps): Route[] => {
  const { view, enqueue } = createExportRequests({ now, downloads });

  const found = async (projectId: string, id: string): Promise<AsyncAction> => {
    const action = await findAsyncAction(sql, projectId, actionIdOf(id));
    if (action?.type !== EXPORT) throw notFound('export', id);
    return action;
  };

  return [
    route({
      method: 'post',
      path: '/v1/exports',
      tag,
      summary: 'Export as CSV',
      description: 'It is written in the background. When its status is DONE, `result.url` downloads it.',
      scope: 'exports:write',
      body: createExportBody,
      responses: { 200: { description: 'The export', schema: exportSchema } },
      handler: ({ project, body, write }) => write((tx) => enqueue(tx, project.id, body)),
    }),
    route({
      method: 'post',
      path: '/v1/vouchers/{code}/transactions/export',
      tag,
      summary: 'Export what happened to the balance of a gift card or loyalty card as CSV',
      scope: 'exports:write',
      params: voucherParams,
      body: exportTransactionsBody,
      responses: { 200: { description: 'The export', schema: exportSchema }, 404: { description: 'There is no such voucher' } },
      handler: ({ project, params, body, write }) =>
        write(async (tx) => {
          const voucher = await findVoucher(tx, project, params.code);
          if (!voucher) throw notFound('voucher', params.code);
          const filters = { voucher_id: { conditions: { $in: [voucher.id] } } };
          return enqueue(tx, project.id, { exported_object: 'voucher_transactions', parameters: { ...body.parameters, filters } });
        }),
    }),
    route({
      method: 'get',
      path: '/v1/exports',
      tag,
      summary: 'List exports',
      scope: 'exports:read',
      query: listExportsQuery,
      responses: { 200: { description: 'Exports', schema: exportListSchema } },
      handler: async ({ project, query }) => {
        const { limit, page, order, starting_after: startingAfter } = query;
        if (startingAfter !== undefined && order !== '-created_at')
          throw invalidQuery([{ path: 'starting_after', message: 'goes with the order -created_at only' }]);
        const descending = order.startsWith('-');
        const by = order.replace('-', '') as 'created_at' | 'status';
        const exports = await listExports(sql, project.id, {
          limit,
          page,
          order: by,
          descending,
          startingAfter: startingAfter && actionIdOf(startingAfter),
        });
        return { status: 200, body: list('exports', exports.rows.map(view), exports) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/exports/{id}',
      tag,
      summary: 'How far an export is, and where its file is',
      scope: 'exports:read',
      params: exportParams,
      responses: { 200: { description: 'The export', schema: exportSchema }, 404: missing },
      handler: async ({ project, params }) => ({ status: 200, body: view(await found(project.id, params.id)) }),
    }),
    route({
      method: 'delete',
      path: '/v1/exports/{id}',
      tag,
      summary: 'Delete an export with its file',
      scope: 'exports:write',
      params: exportParams,
      responses: { 204: { description: 'Deleted' }, 404: missing },
      handler: ({ project, params, write }) =>
        write(async (tx) => {
          if (!(await deleteExport(tx, { projectId: project.id, id: actionIdOf(params.id) }))) throw notFound('export', params.id);
          return { status: 204 };
        }),
    }),
  ];
};
