import { writeProgress } from '../../db/bulk/async-actions.ts';
import { appendChunk, lastChunk } from '../../db/bulk/export-chunks.ts';
import { readExportRows, type ExportCursor } from '../../db/bulk/exports/rows.ts';
import { EXPORT_SOURCES, type ExportedObject } from '../../db/bulk/exports/sources.ts';
import { csvOf } from '../../domain/csv/file.ts';
import type { Filter } from '../../domain/filter/filter.ts';
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

/** Sorting by a field looks at all rows, so that many pieces are taken of what was sorted once. */
const SORTED_PIECES = 20;

/** Writes the rows as CSV, some pieces in each transaction, that begin where the last one ended. */
export const createExportRows = ({ now, batch }: BulkDeps): BulkKind => ({
  batch: async (tx, action) => {
    const { exported_object: object, fields, filter, sorted_by: sortedBy, descending } = action.request as unknown as ExportRequest;
    const { projectId, createdAt: until } = action;
    const last = await lastChunk(tx, action);
    const query = { projectId, fields, filter, sortedBy, descending, until };
    const most = sortedBy === null ? batch : batch * SORTED_PIECES;
    const pieces: { csv: string; end: ExportCursor }[] = [];
    let count = 0;
    for await (const rows of readExportRows(tx, EXPORT_SOURCES[object], query, last?.cursor ?? null, most).cursor(batch)) {
      const { id, value } = rows.at(-1)!;
      pieces.push({ csv: csvOf(rows.map((row) => row.cells)), end: { id, value } });
      count += rows.length;
    }
    if (last === null) {
      const header = csvOf([fields]);
      const [first] = pieces;
      if (first) first.csv = header + first.csv;
      else pieces.push({ csv: header, end: { id: '', value: null } });
    }
    for (const [index, { csv, end }] of pieces.entries()) await appendChunk(tx, action, (last?.number ?? -1) + 1 + index, csv, end);
    const done = action.done + count;
    const finished = count < most;
    await writeProgress(tx, action, { status: finished ? 'DONE' : 'IN_PROGRESS', done, total: done }, now());
    return { done, total: done, finished };
  },
});
