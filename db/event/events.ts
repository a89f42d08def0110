import { crc32 } from 'node:zlib';
import type { Db } from '../client.ts';
import { newId } from '../ids.ts';
import { jsonLines } from '../json-lines.ts';

export const PARTITIONS = 16;

/** The outbox partition of a customer's events, so that one relay at a time routes them, in order. */
export const partitionOf = (key: string): number => crc32(key) % PARTITIONS;

export interface NewEvent {
  projectId: string;
  /** What happened, such as `customer.signed_up` or `redemption.succeeded`. */
  type: string;
  customerId: string | null;
  data: Record<string, unknown>;
  /** What makes it the same event when it is told again; null where it cannot be told twice. */
  dedupeKey: string | null;
  occurredAt: Date;
}

/** An event as it was recorded. */
export interface EventRow {
  projectId: string;
  id: string;
  type: string;
  customerId: string | null;
  data: Record<string, unknown>;
  /** In the customer's time. */
  occurredAt: Date;
  recordedAt: Date;
}

/**
 * Writes events and their outbox rows; call it in the transaction that makes them true. An event whose dedupe key is known already
 * is not written again.
 * @returns the ids of the events that were new, with null where one was known
 */
export const recordEvents = async (db: Db, events: NewEvent[]): Promise<(string | null)[]> => {
  if (events.length === 0) return [];
  const rows = events.map((event) => ({
    id: newId('event'),
    partition: partitionOf(event.customerId ?? event.dedupeKey ?? event.type),
    project_id: event.projectId,
    type: event.type,
    customer_id: event.customerId,
    data: event.data,
    dedupe_key: event.dedupeKey,
    occurred_at: event.occurredAt.toISOString(),
  }));
  const written = await db<{ id: string }[]>`
    with input as (
      select * from jsonb_to_recordset(${db.json(rows as never)}) as t (
        id text, partition smallint, project_id text, type text, customer_id text, data jsonb, dedupe_key text, occurred_at timestamptz)
    ), written as (
      insert into event (project_id, id, type, customer_id, data, dedupe_key, occurred_at)
      select project_id, id, type, customer_id, data, dedupe_key, occurred_at from input order by id
      on conflict (project_id, dedupe_key) where dedupe_key is not null do nothing
      returning id
    )
    insert into outbox (partition, project_id, event_id, customer_id)
    select i.partition, i.project_id, i.id, i.customer_id from input i join written w using (id)
    returning event_id as id`;
  const known = new Set(written.map((row) => row.id));
  return rows.map((row) => (known.has(row.id) ? row.id : null));
};

/** Which of these dedupe keys are those of events that were recorded before. */
export const findRecorded = async (db: Db, projectId: string, dedupeKeys: string[]): Promise<Set<string>> => {
  const rows = await db<{ dedupeKey: string }[]>`
    select dedupe_key from event where project_id = ${projectId} and dedupe_key = any(${dedupeKeys}::text[])`;
  return new Set(rows.map((row) => row.dedupeKey));
};

/** What happened to a customer, the latest first. @param before the id of the event after which the page starts */
export const listCustomerEvents = (
  db: Db,
  projectId: string,
  customerId: string,
  page: { limit: number; before?: string; type?: string },
): Promise<EventRow[]> =>
  db<EventRow[]>`
    select project_id, id, type, customer_id, data, occurred_at, recorded_at from event e
    where project_id = ${projectId} and customer_id = ${customerId} ${page.type === undefined ? db`` : db`and type = ${page.type}`}
      ${
        page.before === undefined
          ? db``
          : db`and (occurred_at, id) < (select occurred_at, id from event b where b.project_id = ${projectId} and b.id = ${page.before})`
      }
    order by occurred_at desc, id desc limit ${page.limit}`;

export const countCustomerEvents = async (db: Db, projectId: string, customerId: string, type?: string): Promise<number> => {
  const [row] = await db<{ total: number }[]>`
    select count(*) as total from event where project_id = ${projectId} and customer_id = ${customerId}
      ${type === undefined ? db`` : db`and type = ${type}`}`;
  return row?.total ?? 0;
};

/** An event of a set that is new for sure, as one row of a hot path. */
export interface SetEvent {
  id: string;
  type: string;
  customerId: string | null;
  /** What keeps its place among others where it has no customer. */
  about: string;
  data: Record<string, unknown>;
  /** ISO 8601, in the customer's time. */
  occurredAt: string;
}

/** Writes events of one project that cannot have been told before, and puts them before the relay. Not sent until awaited or executed. */
export const insertEvents = (db: Db, projectId: string, events: SetEvent[]) => db`
  with input as (
    select * from rows from (unnest(${events.map((event) => event.id)}::text[], ${events.map((event) => event.type)}::text[],
        ${events.map((event) => event.customerId)}::text[], ${events.map((event) => event.occurredAt)}::timestamptz[],
        ${events.map((event) => partitionOf(event.customerId ?? event.about))}::smallint[]),
      string_to_table(${jsonLines(events.map((event) => event.data))}, E'\\n', '')) as e (id, type, customer_id, occurred_at, partition, data)
  ), written as (
    insert into event (project_id, id, type, customer_id, data, occurred_at)
    select ${projectId}, id, type, customer_id, data::jsonb, occurred_at from input
  )
  insert into outbox (partition, project_id, event_id, customer_id)
  select partition, ${projectId}, id, customer_id from input`;
