import { setTimeout } from 'node:timers/promises';
import { asyncActionView } from '../../activities/bulk/async-action-view.ts';
import { findAsyncAction, listAsyncActions, type AsyncAction } from '../../db/bulk/async-actions.ts';
import type { Sql } from '../../db/client.ts';
import { listRowErrors } from '../../db/bulk/imports.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import {
  asyncActionListSchema,
  asyncActionParams,
  asyncActionSchema,
  listAsyncActionsQuery,
  listRowErrorsQuery,
  rowErrorListSchema,
} from '../schemas/async-action.ts';
import { list } from '../schemas/list.ts';

const tag = 'Async actions';

/** Clients ask at once and then again: work that was asked for a moment ago is looked at until somebody has begun it. */
const FRESH_MS = 2_000;
const PAUSE_MS = 50;

const findBegun = async (sql: Sql, projectId: string, id: string): Promise<AsyncAction | null> => {
  let action = await findAsyncAction(sql, projectId, id);
  for (let waited = 0; action?.status === 'ENQUEUED' && waited < FRESH_MS; waited += PAUSE_MS) {
    if (Date.now() - action.createdAt.getTime() > FRESH_MS) return action;
    await setTimeout(PAUSE_MS);
    action = await findAsyncAction(sql, projectId, id);
  }
  return action;
};

export const createAsyncActionRoutes = ({ sql }: { sql: Sql }): Route[] => [
  route({
    method: 'get',
    path: '/v1/async-actions',
    tag,
    summary: 'List work that requests asked for and did not wait for, the newest first',
    scope: 'async-actions:read',
    query: listAsyncActionsQuery,
    responses: { 200: { description: 'Actions', schema: asyncActionListSchema } },
    handler: async ({ project, query }) => {
      const { limit, starting_after: startingAfter, end_date: before } = query;
      const found = await listAsyncActions(sql, project.id, { limit, startingAfter, before });
      return { status: 200, body: list('async_actions', found.rows.map(asyncActionView), found) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/async-actions/{id}',
    tag,
    summary: 'How far the work is',
    scope: 'async-actions:read',
    params: asyncActionParams,
    responses: { 200: { description: 'The action', schema: asyncActionSchema }, 404: { description: 'There is no such action' } },
    handler: async ({ project, params }) => {
      const action = await findBegun(sql, project.id, params.id);
      if (!action) throw notFound('async_action', params.id);
      return { status: 200, body: asyncActionView(action) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/async-actions/{id}/errors',
    tag,
    summary: 'Which rows were not imported, and why',
    scope: 'async-actions:read',
    params: asyncActionParams,
    query: listRowErrorsQuery,
    responses: { 200: { description: 'Rows, by line', schema: rowErrorListSchema }, 404: { description: 'There is no such action' } },
    handler: async ({ project, params, query }) => {
      const action = await findAsyncAction(sql, project.id, params.id);
      if (!action) throw notFound('async_action', params.id);
      const { limit, starting_after: after } = query;
      const rows = await listRowErrors(sql, action, { limit: limit + 1, after });
      const page = { total: action.failed, hasMore: rows.length > limit };
      return { status: 200, body: list('errors', rows.slice(0, limit), page) };
    },
  }),
];
