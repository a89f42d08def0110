import type { Db, Tx } from '../client.ts';
import { idTime, newId } from '../ids.ts';
import { toPage, type Page } from '../paging.ts';

export interface AsyncAction {
  projectId: string;
  id: string;
  type: string;
  status: 'ENQUEUED' | 'IN_PROGRESS' | 'DONE' | 'FAILED';
  campaignId: string | null;
  /** What is to be made, as its kind needs it. */
  request: Record<string, unknown>;
  total: number;
  done: number;
  /** How many of those that are done failed. */
  failed: number;
  error: string | null;
  createdAt: Date;
  updatedAt: Date;
  finishedAt: Date | null;
}

export type NewAsyncAction = Pick<AsyncAction, 'projectId' | 'type' | 'campaignId' | 'request' | 'total'>;

/** What a batch changes of its action. */
export interface ActionProgress {
  status: AsyncAction['status'];
  done: number;
  failed?: number;
  total?: number;
  error?: string | null;
}

export const asyncActionColumns = (db: Db) => db`
  project_id, id, type, status, campaign_id, request, total, done, failed, error, created_at, updated_at, finished_at`;

/** Asks for work: the relay tells Temporal once this is committed. @returns its id */
export const enqueueAsyncAction = async (tx: Tx, action: NewAsyncAction): Promise<string> => {
  const id = newId('asyncAction');
  const at = idTime(id);
  await tx`
    insert into async_action (project_id, id, type, campaign_id, request, total, created_at, updated_at)
    values (${action.projectId}, ${id}, ${action.type}, ${action.campaignId}, ${tx.json(action.request as never)}, ${action.total}, ${at}, ${at})`;
  return id;
};

export const findAsyncAction = async (db: Db, projectId: string, id: string): Promise<AsyncAction | null> => {
  const [row] = await db<AsyncAction[]>`select ${asyncActionColumns(db)} from async_action where project_id = ${projectId} and id = ${id}`;
  return row ?? null;
};

/** Locks it, so that one batch runs at a time. */
export const lockAsyncAction = async (tx: Tx, id: string): Promise<AsyncAction | null> => {
  const [row] = await tx<AsyncAction[]>`select ${asyncActionColumns(tx)} from async_action where id = ${id} for no key update`;
  return row ?? null;
};

/** Writes how far work that is locked has come. */
export const writeProgress = async (
  tx: Tx,
  { id, ...action }: AsyncAction,
  { status, done, failed = action.failed, total = action.total, error = null }: ActionProgress,
  now: Date,
): Promise<void> => {
  const finishedAt = status === 'DONE' || status === 'FAILED' ? now : null;
  await tx`
    update async_action set status = ${status}, done = ${done}, failed = ${failed}, total = ${total}, error = ${error}, updated_at = ${now}, finished_at = ${finishedAt} where id = ${id}`;
};

/**
 * Lets a batch that does not end its action commit without waiting for the disk (docs/decisions/0031): a crash of Postgres takes it back with
 * its progress, and its like is made again. What commits and waits is on the disk with all that came before it, the action's end too.
 */
export const commitUnawaited = async (tx: Tx): Promise<void> => {
  await tx`set local synchronous_commit = off`;
};

/** The newest first. @param page `before`: made before this time */
export const listAsyncActions = async (
  db: Db,
  projectId: string,
  page: { limit: number; before?: Date; startingAfter?: string },
): Promise<Page<AsyncAction>> => {
  const rows = await db<AsyncAction[]>`
    select ${asyncActionColumns(db)} from async_action where project_id = ${projectId}
      ${page.before === undefined ? db`` : db`and created_at < ${page.before}`}
      ${page.startingAfter === undefined ? db`` : db`and id < ${page.startingAfter}`}
    order by id desc limit ${page.limit + 1}`;
  const [totals] = await db<{ total: number }[]>`select count(*) as total from async_action where project_id = ${projectId}`;
  return toPage(rows, page.limit, totals?.total ?? 0);
};

/** Asks to wake work that stands still for longer than it should: its worker, or Temporal's word of it, was lost. @returns how many */
export const wakeStalledActions = async (db: Db, limit: number): Promise<number> => {
  const woken = await db`
    with stalled as (
      select id from async_action where status in ('ENQUEUED', 'IN_PROGRESS') and wakes_asked = wakes_told and updated_at < now() - interval '2 minutes'
      order by id limit ${limit} for no key update skip locked
    )
    update async_action a set wakes_asked = a.wakes_asked + 1 from stalled where a.id = stalled.id`;
  return woken.count;
};
