import { isUtf8 } from 'node:buffer';
import type { Sql } from '../../db/client.ts';
import { findRecorded } from '../../db/event/events.ts';
import { findInboundEvent, replayInboundEvents } from '../../db/source/inbound-events.ts';
import { listRefusedPosts, type RefusedPost } from '../../db/source/refused-posts.ts';
import { findSource, type Source } from '../../db/source/sources.ts';
import { DomainError } from '../../domain/errors.ts';
import { compileMapping, dedupeKeyOf, MappingError, type MappedEvent, type Mapping } from '../../domain/mapping/mapping.ts';
import type { MappingDefinition } from '../../domain/mapping/definition.ts';
import { shownHeaders } from '../../domain/webhook/headers.ts';
import { payloadOf } from '../../domain/webhook/signature/registry.ts';
import { notFound } from '../http/errors.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import { refusedPostListSchema, replayBody, replayedSchema, sourceParams, triedMappingSchema, tryMappingBody } from '../schemas/source.ts';

export interface InboxRoutesDeps {
  sql: Sql;
  now: () => Date;
  /** Tells the relay, where it runs in this process, that there is something to map. */
  hint?: () => void;
}

const missing = { description: 'There is no such source' };
const common = { tag: 'Sources', params: sourceParams };

const compile = (definition: MappingDefinition): Mapping => {
  try {
    return compileMapping(definition);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    const fields = [{ path: 'mapping', message: error.message }];
    throw new DomainError('invalid_payload', 'The mapping does not compile.', { details: error.message, fields });
  }
};

/** A body as it can be shown: text, or base64 where it is none. */
export const bodyText = (body: Buffer) =>
  isUtf8(body)
    ? { body: body.toString('utf8'), body_encoding: 'utf8' as const }
    : { body: body.toString('base64'), body_encoding: 'base64' as const };

const refusedView = (post: RefusedPost) => ({
  id: post.id,
  source_id: post.sourceId,
  reason: post.reason,
  address: post.address,
  headers: shownHeaders(post.headers),
  ...bodyText(post.body),
  received_at: post.receivedAt.toISOString(),
  object: 'refused_post' as const,
});

/** What is told of a customer, without the fields of which nothing is. */
const customerView = ({ customer, email }: MappedEvent): Record<string, unknown> | null => {
  if (customer === null) return email === null ? null : { email };
  const { sourceId, ...fields } = customer;
  return { source_id: sourceId, ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) };
};

/** What helps to get posts mapped: those that were refused, mappings to try, and many posts once more. */
export const createInboxRoutes = ({ sql, now, hint }: InboxRoutesDeps): Route[] => {
  const load = async (projectId: string, id: string): Promise<Source> => {
    const source = await findSource(sql, projectId, id);
    if (!source) throw notFound('source', id);
    return source;
  };

  /** The payload to try and what came with it. */
  const subjectOf = async (source: Source, body: { inbound_event?: string; payload?: unknown; headers: Record<string, string> }) => {
    if (body.inbound_event === undefined) {
      const headers = Object.fromEntries(Object.entries(body.headers).map(([header, value]) => [header.toLowerCase(), value]));
      return { read: () => body.payload, facts: { providerEventId: 'trial', headers, receivedAt: now() } };
    }
    const event = await findInboundEvent(sql, source.projectId, body.inbound_event);
    if (!event || event.sourceId !== source.id) throw notFound('inbound_event', body.inbound_event);
    return { read: () => payloadOf(source.provider, event.body), facts: event };
  };

  return [
    route({
      ...common,
      method: 'get',
      path: '/v1/sources/{id}/refused',
      summary: 'List the last posts that a source refused, and why',
      description: 'At most a hundred, and the start of each body.',
      scope: 'sources:read',
      responses: { 200: { description: 'Refused posts, newest first', schema: refusedPostListSchema }, 404: missing },
      handler: async ({ project, params }) => {
        const source = await load(project.id, params.id);
        const posts = await listRefusedPosts(sql, project.id, source.id);
        return { status: 200, body: list('refused_posts', posts.map(refusedView), { total: posts.length, hasMore: false }) };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/v1/sources/{id}/mappings/try',
      summary: 'See what a mapping makes of a stored post or a payload; nothing is changed',
      scope: 'sources:read',
      body: tryMappingBody,
      responses: { 200: { description: 'The events that it would make', schema: triedMappingSchema }, 404: missing },
      handler: async ({ project, params, body }) => {
        const source = await load(project.id, params.id);
        const mapping = compile(body.mapping ?? (source.mapping as MappingDefinition));
        const { read, facts } = await subjectOf(source, body);
        let events: MappedEvent[] = [];
        let error: string | null = null;
        try {
          events = mapping.map(read(), facts);
        } catch (problem) {
          error = (problem as Error).message;
        }
        const known = await findRecorded(
          sql,
          project.id,
          events.map((event) => dedupeKeyOf(source.id, event)),
        );
        const views = events.map((event) => ({
          type: event.type,
          event_id: event.eventId,
          occurred_at: event.occurredAt.toISOString(),
          customer: customerView(event),
          data: event.data,
          suppress: event.suppression,
          already_applied: known.has(dedupeKeyOf(source.id, event)),
        }));
        const status = error !== null ? 'unmapped' : events.length === 0 ? 'ignored' : 'mapped';
        return { status: 200, body: { object: 'mapping_trial', status, error, events: views } };
      },
    }),
    route({
      ...common,
      method: 'post',
      path: '/v1/sources/{id}/replay',
      summary: 'Map the posts of a range again, by the mapping as it is now',
      description: 'What they made already stays as it is: an event that is known is not made twice, and changes no customer.',
      scope: 'sources:write',
      body: replayBody,
      responses: { 202: { description: 'They will be mapped in a moment', schema: replayedSchema }, 404: missing },
      handler: async ({ project, params, body, write }) => {
        const source = await load(project.id, params.id);
        const answer = await write(async (tx) => {
          const { replayed, more } = await replayInboundEvents(tx, project.id, source.id, { ...body, until: body.until ?? now() });
          return { status: 202, body: { object: 'inbound_replay', replayed, has_more: more } };
        });
        hint?.();
        return answer;
      },
    }),
  ];
};
