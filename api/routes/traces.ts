import type { Sql } from '../../db/client.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import { findTrace, listTraces, type Trace } from '../../db/checkout/traces.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { listTracesQuery, traceListSchema, traceParams, traceSchema } from '../schemas/trace.ts';

const tag = 'Traces';

const view = ({ id, attempt, outcome, customerId, customerSourceId, trackingId, trace, createdAt }: Trace) => ({
  id,
  attempt,
  outcome,
  codes: trace.steps.flatMap((step) => step.code ?? []),
  customer: customerId === null ? null : { id: customerId, source_id: customerSourceId, object: 'customer' },
  tracking_id: trackingId,
  decided_at: trace.at,
  created_at: createdAt.toISOString(),
  steps: trace.steps,
  object: 'trace',
});

export const createTraceRoutes = ({ sql }: { sql: Sql }): Route[] => [
  route({
    method: 'get',
    path: '/v1/traces',
    tag,
    summary: 'Why did this code fail for this customer? Every attempt with what decided it, the newest first',
    description: 'Validations are kept for a week and may be some tenths of a second late; redemptions are kept.',
    scope: 'traces:read',
    query: listTracesQuery,
    responses: { 200: { description: 'Attempts', schema: traceListSchema }, 404: { description: 'There is no such customer' } },
    handler: async ({ project, query }) => {
      const { limit, customer, starting_after: startingAfter, ...filter } = query;
      const known = customer === undefined ? undefined : await findCustomer(sql, project.id, customer);
      if (known === null) throw notFound('customer', customer!);
      const rows = await listTraces(sql, project, { ...filter, customerId: known?.id, startingAfter }, limit);
      const traces = rows.slice(0, limit).map(view);
      return { status: 200, body: { object: 'list', data_ref: 'traces', traces, has_more: rows.length > limit } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/traces/{id}',
    tag,
    summary: 'Read one attempt with what decided it',
    scope: 'traces:read',
    params: traceParams,
    responses: { 200: { description: 'The attempt', schema: traceSchema }, 404: { description: 'There is no such attempt' } },
    handler: async ({ project, params }) => {
      const trace = await findTrace(sql, project, params.id);
      if (!trace) throw notFound('trace', params.id);
      return { status: 200, body: view(trace) };
    },
  }),
];
