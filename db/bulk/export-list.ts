import type { AsyncAction } from './async-actions.ts';
import { asyncActionColumns } from './async-actions.ts';
import type { Db } from '../client.ts';
import { toPage, type Page } from '../paging.ts';

export interface ExportListRequest {
  limit: number;
  page: number;
  order: 'created_at' | 'status';
  descending: boolean;
  startingAfter?: string;
}

/** The exports of a project. */
export const listExports = async (db: Db, projectId: string, request: ExportListRequest): Promise<Page<AsyncAction>> => {
  const { limit, page, order, descending, startingAfter } = request;
  const way = descending ? db`desc` : db`asc`;
  const rows = await db<AsyncAction[]>`
    select ${asyncActionColumns(db)} from async_action
    where project_id = ${projectId} and type = 'EXPORT' ${startingAfter === undefined ? db`` : db`and id < ${startingAfter}`}
    order by ${order === 'status' ? db`status ${way}, id ${way}` : db`id ${way}`}
    limit ${limit + 1} offset ${startingAfter === undefined ? (page - 1) * limit : 0}`;
  const [totals] = await db<{ total: number }[]>`
    select count(*) as total from async_action where project_id = ${projectId} and type = 'EXPORT'`;
  return toPage(rows, limit, totals?.total ?? 0);
};
