import type { JourneyEvent } from '../../domain/journey/scope.ts';
import type { Tx } from '../client.ts';
import type { EventRow } from '../event/events.ts';

/** Where somebody stands in a customer's events: those after (at, id) are new to them. */
export interface Cursor {
  enrolmentId: string;
  customerId: string;
  /** ISO 8601 */
  at: string;
  id: string;
}

export const journeyEvent = (event: EventRow): JourneyEvent => ({
  id: event.id,
  type: event.type,
  occurred_at: event.occurredAt.toISOString(),
  data: event.data,
});

/** How many events of one type are looked at for one customer. */
const MOST = 50;

/** The events of a type since each cursor, the oldest first, by enrolment. */
export const findEventsSince = async (tx: Tx, projectId: string, type: string, cursors: Cursor[]): Promise<Map<string, JourneyEvent[]>> => {
  const rows = await tx<(EventRow & { enrolmentId: string })[]>`
    select i."enrolmentId" as enrolment_id, e.* from jsonb_to_recordset(${tx.json(cursors as never)}) as i (
      "enrolmentId" text, "customerId" text, at timestamptz, id text)
    cross join lateral (
      select id, type, data, occurred_at from event
      where project_id = ${projectId} and customer_id = i."customerId" and type = ${type} and (occurred_at, id) > (i.at, i.id)
      order by occurred_at, id limit ${MOST}) e`;
  const found = new Map<string, JourneyEvent[]>();
  for (const row of rows) found.set(row.enrolmentId, [...(found.get(row.enrolmentId) ?? []), journeyEvent(row)]);
  return found;
};

/** Events by their ids. */
export const findEvents = async (tx: Tx, projectId: string, ids: string[]): Promise<Map<string, JourneyEvent>> => {
  if (ids.length === 0) return new Map();
  const rows = await tx<EventRow[]>`
    select id, type, data, occurred_at from event where project_id = ${projectId} and id = any(${ids}::text[])`;
  return new Map(rows.map((row) => [row.id, journeyEvent(row)]));
};
