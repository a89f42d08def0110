import type { AsyncAction } from './async-actions.ts';
import type { Db, Tx } from '../client.ts';
import type { ExportCursor } from './exports/rows.ts';

type ActionKey = Pick<AsyncAction, 'projectId' | 'id'>;

/** Where the file so far ends; null where nothing is written yet. */
export const lastChunk = async (db: Db, { projectId, id }: ActionKey): Promise<{ number: number; cursor: ExportCursor } | null> => {
  const [row] = await db<{ number: number; lastId: string; lastValue: unknown }[]>`
    select number, last_id, last_value from export_chunk where project_id = ${projectId} and action_id = ${id} order by number desc limit 1`;
  return row ? { number: row.number, cursor: { id: row.lastId, value: row.lastValue } } : null;
};

export const appendChunk = async (
  tx: Tx,
  { projectId, id }: ActionKey,
  number: number,
  csv: string,
  cursor: ExportCursor,
): Promise<void> => {
  await tx`
    insert into export_chunk (project_id, action_id, number, csv, last_id, last_value)
    values (${projectId}, ${id}, ${number}, ${csv}, ${cursor.id}, ${cursor.value === null ? null : tx.json(cursor.value as never)})`;
};

/** One piece of the file; null after the last. */
export const readChunk = async (db: Db, { projectId, id }: ActionKey, number: number): Promise<string | null> => {
  const [row] = await db<{ csv: string }[]>`
    select csv from export_chunk where project_id = ${projectId} and action_id = ${id} and number = ${number}`;
  return row?.csv ?? null;
};

/** Deletes exports with their files. @returns whether there was one */
export const deleteExport = async (tx: Tx, { projectId, id }: ActionKey): Promise<boolean> => {
  const { count } = await tx`delete from async_action where project_id = ${projectId} and id = ${id} and type = 'EXPORT'`;
  return count === 1;
};

/** Deletes the files of exports that ended before this time. @returns how many pieces */
export const forgetExports = async (db: Db, before: Date): Promise<number> => {
  const { count } = await db`
    delete from export_chunk c using async_action a
    where a.project_id = c.project_id and a.id = c.action_id and a.type = 'EXPORT' and a.finished_at < ${before}`;
  return count;
};
