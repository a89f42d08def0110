import type { FieldProblem } from '../../domain/errors.ts';
import type { AsyncAction } from './async-actions.ts';
import type { Db, Tx } from '../client.ts';

/** A row that was not imported. */
export interface RowError {
  /** Where it begins in the file, from 1; of a JSON list, its place in it. */
  line: number;
  errors: FieldProblem[];
}

type ActionKey = Pick<AsyncAction, 'projectId' | 'id'>;

/** A row that waits to be imported: plain JSON, and what it has in common with others, the same object in each. */
export interface KeptRow {
  line: number;
  shared?: object;
}

/** Keeps checked rows until they are imported: what some share, once. */
export const keepBatch = async (tx: Tx, { projectId, id }: ActionKey, number: number, rows: KeptRow[]): Promise<void> => {
  const places = new Map<object, number>();
  const placeOf = (shared: object): number => {
    const place = places.get(shared) ?? places.size;
    places.set(shared, place);
    return place;
  };
  const told = rows.map((row) => (row.shared === undefined ? row : { ...row, shared: placeOf(row.shared) }));
  await tx`
    insert into import_batch (project_id, action_id, number, rows, shared)
    values (${projectId}, ${id}, ${number}, ${JSON.stringify(told)}::text::json, ${JSON.stringify([...places.keys()])}::text::json)`;
};

/** Takes the next batches, in order: they are gone when the transaction commits. @returns their rows */
export const takeBatches = async <T extends KeptRow>(tx: Tx, { projectId, id }: ActionKey, limit: number): Promise<T[]> => {
  const batches = await tx<{ number: number; rows: (T & { shared?: number })[]; shared: T['shared'][] }[]>`
    delete from import_batch where project_id = ${projectId} and action_id = ${id} and number in (
      select number from import_batch where project_id = ${projectId} and action_id = ${id} order by number limit ${limit})
    returning number, rows, shared`;
  return batches
    .toSorted((a, b) => a.number - b.number)
    .flatMap(({ rows, shared }) => rows.map((row): T => (row.shared === undefined ? row : { ...row, shared: shared[row.shared] })));
};

export const dropBatches = async (tx: Tx, { projectId, id }: ActionKey): Promise<void> => {
  await tx`delete from import_batch where project_id = ${projectId} and action_id = ${id}`;
};

export const insertRowErrors = async (tx: Tx, { projectId, id }: ActionKey, rows: RowError[]): Promise<void> => {
  if (rows.length === 0) return;
  await tx`
    insert into import_error (project_id, action_id, line, errors)
    select ${projectId}, ${id}, line, errors from jsonb_to_recordset(${tx.json(rows as never)}) as r (line integer, errors jsonb)
    on conflict (project_id, action_id, line) do nothing`;
};

/** Says how many rows there are, once all were read. */
export const setTotals = async (tx: Tx, { projectId, id }: ActionKey, total: number, failed: number): Promise<void> => {
  await tx`update async_action set total = ${total}, done = ${failed}, failed = ${failed} where project_id = ${projectId} and id = ${id}`;
};

/** Rows that were not imported, by line. */
export const listRowErrors = (db: Db, { projectId, id }: ActionKey, page: { limit: number; after: number }): Promise<RowError[]> =>
  db<RowError[]>`
    select line, errors from import_error where project_id = ${projectId} and action_id = ${id} and line > ${page.after}
    order by line limit ${page.limit}`;
