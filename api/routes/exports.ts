import type { z } from 'zod';
import { EXPORT, type ExportRequest } from '../../activities/bulk/export-rows.ts';
import { enqueueAsyncAction, findAsyncAction, type AsyncAction } from '../../db/async-actions.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { deleteExport } from '../../db/export-chunks.ts';
import { listExports } from '../../db/export-list.ts';
import { EXPORT_SOURCES } from '../../db/exports/sources.ts';
import { findVoucher } from '../../db/vouchers.ts';
import type { ExportSource } from '../../db/exports/source.ts';
import { signDownload } from '../../domain/download-token.ts';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';
import { checkFilter, type Filter } from '../../domain/filter.ts';
import { notFound } from '../errors.ts';
import { route, type Answer, type Route } from '../route.ts';
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

export interface ExportRoutesDeps {
  sql: Sql;
  now: () => Date;
  /** Where files are downloaded, and what the links are signed with. */
  downloads: { publicUrl: string; key: Buffer };
}

type Asked = z.output<typeof createExportBody>;

const tag = 'Exports';
const missing = { description: 'There is no such export' };
const LINK_MS = 3_600_000;
/** The order in which things were made is that of their ids. */
const BY_ID = new Set(['created_at', 'id', 'date']);
const STATUS = { ENQUEUED: 'SCHEDULED', IN_PROGRESS: 'IN_PROGRESS', DONE: 'DONE', FAILED: 'ERROR' } as const;

const isField = ({ fields }: ExportSource, name: string): boolean => Object.hasOwn(fields, name) || /^metadata\../.test(name);

/** @throws DomainError invalid_payload, which names every field that is wrong */
const requestOf = ({ exported_object: object, parameters = {} }: Asked): ExportRequest => {
  const source: ExportSource = EXPORT_SOURCES[object];
  const { order = 'created_at', fields = [...source.defaults], filters } = parameters;
  const problems: FieldProblem[] = [];
  const known = `is not a field of a ${object}: ${Object.keys(source.fields).join(', ')}, metadata.<name>`;
  for (const [index, field] of fields.entries())
    if (!isField(source, field)) problems.push({ path: `parameters.fields[${index}]`, message: known });
  const sortedBy = order.replace(/^-/, '');
  if (!BY_ID.has(sortedBy) && !isField(source, sortedBy)) problems.push({ path: 'parameters.order', message: known });
  let filter: Filter | null = null;
  if (filters && Object.keys(filters).some((name) => name !== 'junction')) {
    const types = Object.fromEntries(Object.entries(source.fields).map(([name, { type }]) => [name, type]));
    const checked = checkFilter(filters, types, 'parameters.filters');
    problems.push(...checked.problems);
    filter = checked.filter;
  }
  if (problems.length > 0) throw new DomainError('invalid_payload', 'The request has fields that are wrong.', { fields: problems });
  return { exported_object: object, fields, filter, sorted_by: BY_ID.has(sortedBy) ? null : sortedBy, descending: order.startsWith('-') };
};

export const createExportRoutes = ({ sql, now, downloads }: ExportRoutesDeps): Route[] => {
  const linkTo = ({ projectId, id }: AsyncAction): string => {
    const token = signDownload(downloads.key, { projectId, id, until: now().getTime() + LINK_MS });
    return `${downloads.publicUrl}/downloads/${id}?token=${token}`;
  };

  const view = (action: AsyncAction) => {
    const { asked, ...request } = action.request as unknown as ExportRequest & { asked: Asked['parameters'] };
    return {
      id: action.id,
      object: 'export' as const,
      created_at: action.createdAt.toISOString(),
      status: STATUS[action.status],
      channel: 'API' as const,
      exported_object: request.exported_object,
      parameters: { ...asked, fields: request.fields },
      rows: action.done,
      result: action.status === 'DONE' ? { url: linkTo(action) } : null,
      user_id: null,
    };
  };

  const found = async (projectId: string, id: string): Promise<AsyncAction> => {
    const action = await findAsyncAction(sql, projectId, id);
    if (action?.type !== EXPORT) throw notFound('export', id);
    return action;
  };

  const enqueue = async (tx: Tx, projectId: string, asked: Asked): Promise<Answer> => {
    const request = { ...requestOf(asked), asked: asked.parameters ?? {} };
    const id = await enqueueAsyncAction(tx, { projectId, type: EXPORT, campaignId: null, total: 0, request });
    return { status: 200, body: view((await findAsyncAction(tx, projectId, id))!) };
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
      summary: 'Export what happened to the balance of a gift card as CSV',
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
          throw new DomainError('invalid_query_params', 'The request has parameters that are wrong.', {
            fields: [{ path: 'starting_after', message: 'goes with the order -created_at only' }],
          });
        const descending = order.startsWith('-');
        const by = order.replace('-', '') as 'created_at' | 'status';
        const exports = await listExports(sql, project.id, { limit, page, order: by, descending, startingAfter });
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
          if (!(await deleteExport(tx, { projectId: project.id, id: params.id }))) throw notFound('export', params.id);
          return { status: 204 };
        }),
    }),
  ];
};
