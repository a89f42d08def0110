import { LRUCache } from 'lru-cache';
import { compileWebhookFilter, type WebhookFilter } from '../../domain/webhook/filter.ts';
import type { Db } from '../client.ts';
import type { PlannedDelivery } from '../delivery/deliveries.ts';
import type { EventRow } from '../event/events.ts';

const PRIORITY = 3;

/** Which customers events tell of: their source ids by id. */
export const findEventCustomers = async (db: Db, events: Pick<EventRow, 'projectId' | 'customerId'>[]): Promise<Map<string, string>> => {
  const ids = [...new Set(events.flatMap(({ customerId }) => customerId ?? []))];
  if (ids.length === 0) return new Map();
  const projectIds = [...new Set(events.map(({ projectId }) => projectId))];
  const rows = await db<{ id: string; sourceId: string }[]>`
    select id, source_id from customer where project_id = any(${projectIds}::text[]) and id = any(${ids}::text[])`;
  return new Map(rows.map(({ id, sourceId }) => [id, sourceId]));
};

const customerOf = ({ customerId }: EventRow, sourceIds: Map<string, string>) =>
  customerId === null ? null : { id: customerId, source_id: sourceIds.get(customerId) ?? null };

const filters = new LRUCache<string, WebhookFilter>({ max: 1000 });

/** Whether an endpoint's filter, in CEL, lets an event pass. */
export const isWanted = (event: EventRow, { filter }: { filter?: string }, sourceIds: Map<string, string>): boolean => {
  if (filter === undefined) return true;
  const compiled = filters.get(filter) ?? compileWebhookFilter(filter);
  filters.set(filter, compiled);
  return compiled({ type: event.type, data: event.data, customer: customerOf(event, sourceIds) });
};

/** The webhook that tells an endpoint of an event: once, however often it is planned. */
export const webhookOf = (event: EventRow, endpointId: string, sourceIds: Map<string, string>, dueAt: Date): PlannedDelivery => ({
  projectId: event.projectId,
  destinationId: endpointId,
  kind: 'webhook',
  dedupeKey: `webhook ${event.id} ${endpointId}`,
  customerId: event.customerId,
  enrolmentId: null,
  eventId: event.id,
  priority: PRIORITY,
  dueAt,
  payload: {
    type: event.type,
    body: {
      type: event.type,
      timestamp: event.occurredAt.toISOString(),
      event_id: event.id,
      customer: customerOf(event, sourceIds),
      data: event.data,
    },
  },
});

/** The events of a project that were recorded after this one, in the order of their ids. */
export const listEventsAfter = (db: Db, projectId: string, after: string, limit: number): Promise<EventRow[]> =>
  db<EventRow[]>`
    select project_id, id, type, customer_id, data, occurred_at, recorded_at from event
    where project_id = ${projectId} and id > ${after} order by id limit ${limit}`;
