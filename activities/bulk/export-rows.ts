import { writeProgress } from '../../db/async-actions.ts';
import { appendChunk, lastChunk } from '../../db/export-chunks.ts';
import { readExportRows } from '../../db/exports/rows.ts';
import { EXPORT_SOURCES, type ExportedObject } from '../../db/exports/sources.ts';
import { csvOf } from '../../domain/csv/file.ts';
import type { Filter } from '../../domain/filter.ts';
import type { BulkDeps, BulkKind } from './bulk-kind.ts';

export const EXPORT = 'EXPORT';

/** What is to be exported, as it is kept. */
export interface ExportRequest {
  exported_object: ExportedObject;
  fields: string[];
  filter: Filter | null;
  /** A field to sort by; null: by id. */
  sorted_by: string | null;
  descending: boolean;
}

/** Writes the rows as CSV, a piece in each transaction that begins where the last one ended. */
export const createExportRows = ({ now, batch }: BulkDeps): BulkKind => ({
  batch: async (tx, action) => {
    const { exported_object: object, fields, filter, sorted_by: sortedBy, descending } = action.request as unknown as ExportRequest;
    const { projectId, createdAt: until } = action;
    const last = await lastChunk(tx, action);
    const query = { projectId, fields, filter, sortedBy, descending, until };
    const rows = await readExportRows(tx, EXPORT_SOURCES[object], query, last?.cursor ?? null, batch);
    const number = last === null ? 0 : last.number + 1;
    const header = number === 0 ? csvOf([fields]) : '';
    const end = rows.at(-1);
    await appendChunk(tx, action, number, header + csvOf(rows.map((row) => row.cells)), end ?? last?.cursor ?? { id: '', value: null });
    const done = action.done + rows.length;
    const finished = rows.length < batch;
    await writeProgress(tx, action, { status: finished ? 'DONE' : 'IN_PROGRESS', done, total: done }, now());
    return { done, total: done, finished };
  },
});
