import type { Filter } from '../../../domain/filter/filter.ts';
import type { Db } from '../../client.ts';
import { filterCondition, type Fragment } from '../../filter/condition.ts';
import type { ExportSource } from './source.ts';

/** Where a piece ended. */
export interface ExportCursor {
  id: string;
  /** What the rows are sorted by, where that is not the id. */
  value: unknown;
}

export interface ExportRow extends ExportCursor {
  /** The columns' values as plain JSON, in the order in which they were asked for. */
  cells: unknown[];
}

export interface ExportQuery {
  projectId: string;
  fields: readonly string[];
  filter: Filter | null;
  /** A field to sort by; null: by id, which is by the time they were made. */
  sortedBy: string | null;
  descending: boolean;
  /** Nothing that was made later. */
  until: Date;
}

const METADATA = 'metadata.';

/** The value of a field, as jsonb, of the rows of a source. */
export const fieldOf =
  (db: Db, { fields }: ExportSource) =>
  (name: string): Fragment =>
    name.startsWith(METADATA) ? db`(x.metadata::jsonb -> ${name.slice(METADATA.length)})` : fields[name]!.value(db);

/** The next rows after a cursor. Not sent until awaited or iterated. */
export const readExportRows = (
  db: Db,
  source: ExportSource,
  { projectId, fields, filter, sortedBy, descending, until }: ExportQuery,
  after: ExportCursor | null,
  limit: number,
) => {
  const value = fieldOf(db, source);
  const cells = fields.map(value).reduce((all, each) => db`${all}, ${each}`);
  // SQL's null compares with nothing; JSON's does.
  const sorted = sortedBy === null ? null : db`coalesce(${value(sortedBy)}, 'null'::jsonb)`;
  const beyond = descending ? db`<` : db`>`;
  const way = descending ? db`desc` : db`asc`;
  const from =
    after === null
      ? db``
      : sorted
        ? db`and (${sorted}, x.id) ${beyond} (${db.json(after.value as never)}::jsonb, ${after.id})`
        : db`and x.id ${beyond} ${after.id}`;
  return db<ExportRow[]>`
    select x.id, ${sorted ?? db`null`} as value, jsonb_build_array(${cells}) as cells from ${source.from(db)}
    where x.project_id = ${projectId} and x.created_at <= ${until} ${filter ? db`and ${filterCondition(db, filter, value, until)}` : db``} ${from}
    order by ${sorted ? db`${sorted} ${way}, x.id ${way}` : db`x.id ${way}`} limit ${limit}`;
};
