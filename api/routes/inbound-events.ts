import type { Sql } from '../../db/client.ts';
import {
  countInboundEvents,
  findInboundEvent,
  listInboundEvents,
  replayInboundEvent,
  type InboundEvent,
} from '../../db/source/inbound-events.ts';
import { findSource } from '../../db/source/sources.ts';
import { shownHeaders } from '../../domain/webhook/headers.ts';
import { bodyText } from './inbox.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  inboundEventListSchema,
  inboundEventParams,
  inboundEventSchema,
  inboundEventWithBodySchema,
  listInboundEventsQuery,
  sourceParams,
} from '../schemas/source.ts';

export interface InboundEventRoutesDeps {
  sql: Sql;
  /** Tells the relay, where it runs in this process, that there is something to map. */
  hint?: () => void;
}

const view = (event: InboundEvent) => ({
  id: event.id,
  source_id: event.sourceId,
  provider_event_id: event.providerEventId,
  status: event.status,
  error: event.error,
  headers: shownHeaders(event.headers),
  received_at: event.receivedAt.toISOString(),
  mapped_at: event.mappedAt?.toISOString() ?? null,
  object: 'inbound_event' as const,
});

const missing = { description: 'There is no such inbound event' };

/** The inbox of a source: what was posted, what became of it and why, and once more. */
export const createInboundEventRoutes = ({ sql, hint }: InboundEventRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/sources/{id}/inbound-events',
    tag: 'Sources',
    summary: 'List what a source posted, the latest first',
    scope: 'sources:read',
    params: sourceParams,
    query: listInboundEventsQuery,
    responses: { 200: { description: 'Inbound events', schema: inboundEventListSchema }, 404: { description: 'There is no such source' } },
    handler: async ({ project, params, query }) => {
      const source = await findSource(sql, project.id, params.id);
      if (!source) throw notFound('source', params.id);
      const { limit, starting_after: before, status, received_at: received, provider_event_id: providerEventId } = query;
      const filter = { status, providerEventId, after: received?.after, before: received?.before };
      const [rows, total] = await Promise.all([
        listInboundEvents(sql, project.id, source.id, filter, { limit: limit + 1, before }),
        countInboundEvents(sql, project.id, source.id, filter),
      ]);
      const body = list('inbound_events', rows.slice(0, limit).map(view), { total, hasMore: rows.length > limit });
      return { status: 200, body };
    },
  }),
  route({
    method: 'get',
    path: '/v1/inbound-events/{id}',
    tag: 'Sources',
    summary: 'Get one post with its body, byte for byte',
    scope: 'sources:read',
    params: inboundEventParams,
    responses: { 200: { description: 'The inbound event', schema: inboundEventWithBodySchema }, 404: missing },
    handler: async ({ project, params }) => {
      const event = await findInboundEvent(sql, project.id, params.id);
      if (!event) throw notFound('inbound_event', params.id);
      return { status: 200, body: { ...view(event), ...bodyText(event.body) } };
    },
  }),
  route({
    method: 'post',
    path: '/v1/inbound-events/{id}/replay',
    tag: 'Sources',
    summary: 'Map a post again, by the mapping as it is now',
    description: 'What it made already stays as it is: an event that is known is not made twice, and changes no customer.',
    scope: 'sources:write',
    params: inboundEventParams,
    responses: { 202: { description: 'It will be mapped in a moment', schema: inboundEventSchema }, 404: missing },
    handler: async ({ project, params, write }) => {
      const answer = await write(async (tx) => {
        const event = await replayInboundEvent(tx, project.id, params.id);
        if (!event) throw notFound('inbound_event', params.id);
        return { status: 202, body: view(event) };
      });
      hint?.();
      return answer;
    },
  }),
];
