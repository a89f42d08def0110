import type { z } from 'zod';
import { EXPORT, type ExportRequest } from '../../activities/bulk/export-rows.ts';
import { enqueueAsyncAction, findAsyncAction, type AsyncAction } from '../../db/bulk/async-actions.ts';
import type { Tx } from '../../db/client.ts';
import { EXPORT_SOURCES } from '../../db/bulk/exports/sources.ts';
import type { ExportSource } from '../../db/bulk/exports/source.ts';
import { signDownload } from '../../domain/download-token.ts';
import { type FieldProblem, invalidPayload } from '../../domain/errors.ts';
import { checkFilter, type Filter } from '../../domain/filter/filter.ts';
import type { Answer } from '../http/route.ts';
import type { createExportBody } from '../schemas/export.ts';

export interface ExportDeps {
  now: () => Date;
  /** Where files are downloaded, and what the links are signed with. */
  downloads: { publicUrl: string; key: Buffer };
}

type Asked = z.output<typeof createExportBody>;

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
  if (problems.length > 0) throw invalidPayload(problems);
  return { exported_object: object, fields, filter, sorted_by: BY_ID.has(sortedBy) ? null : sortedBy, descending: order.startsWith('-') };
};

/** What the API calls an export: the action that writes it, with a name of its own. */
const exportId = (actionId: string): string => actionId.replace(/^aa_/, 'exp_');
export const actionIdOf = (id: string): string => id.replace(/^exp_/, 'aa_');

/** Takes exports that are asked for, and shows them. */
export const createExportRequests = ({ now, downloads }: ExportDeps) => {
  const linkTo = ({ projectId, id }: AsyncAction): string => {
    const token = signDownload(downloads.key, { projectId, id, until: now().getTime() + LINK_MS });
    return `${downloads.publicUrl}/downloads/${id}?token=${token}`;
  };

  const view = (action: AsyncAction) => {
    const { asked, ...request } = action.request as unknown as ExportRequest & { asked: Asked['parameters'] };
    return {
      id: exportId(action.id),
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

  /** @throws DomainError invalid_payload, which names every field that is wrong */
  const enqueue = async (tx: Tx, projectId: string, asked: Asked): Promise<Answer> => {
    const request = { ...requestOf(asked), asked: asked.parameters ?? {} };
    const id = await enqueueAsyncAction(tx, { projectId, type: EXPORT, campaignId: null, total: 0, request });
    return { status: 200, body: view((await findAsyncAction(tx, projectId, id))!) };
  };

  return { view, enqueue };
};
