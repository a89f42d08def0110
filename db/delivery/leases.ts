import type { EmailPayload, WebhookPayload } from './deliveries.ts';
import type { Db, Sql } from '../client.ts';

/** A delivery that one drain has for itself until its lease ends. Its state is `planned` still. */
export interface LeasedDelivery {
  projectId: string;
  id: string;
  kind: 'email' | 'webhook';
  customerId: string | null;
  eventId: string | null;
  /** The launch whose cap on sends it has to keep; null where there is none. */
  launchId: string | null;
  priority: number;
  dueAt: Date;
  retries: number;
  payload: EmailPayload | WebhookPayload;
}

const PRIORITIES = 9;

/** Whether deliveries may go to a destination now: it is switched on, and does not want to be left alone for a while. */
const isOpen = (db: Db, destinationId: ReturnType<Db> | string, now: Date) => db`
  exists (select from destination t where t.id = ${destinationId} and t.state = 'active')
  and not exists (select from destination_health h where h.destination_id = ${destinationId} and h.held_until > ${now})`;

/** For a destination that takes a customer's deliveries in order: none before it is still to be sent. */
const isFirst = (db: Db, ordered: boolean) =>
  ordered
    ? db`and not exists (select from delivery earlier where earlier.destination_id = delivery.destination_id and earlier.kind = 'webhook'
        and earlier.customer_id = delivery.customer_id and earlier.id < delivery.id and earlier.state in ('planned', 'sending'))`
    : db``;

interface DueRequest {
  destinationId: string;
  /** Whether a customer's deliveries go one after the other. */
  ordered: boolean;
  lease: string;
  now: Date;
  until: Date;
  limit: number;
}

/**
 * Leases what is due, by priority and then by time, unless the destination is paused. Each priority is looked up by itself, so that
 * what is planned for later does not have to be read to find what is due now.
 */
export const leaseDue = async (sql: Sql, { destinationId, ordered, lease, now, until, limit }: DueRequest): Promise<LeasedDelivery[]> => {
  const rows = await sql<LeasedDelivery[]>`
    with due as materialized (
      select found.project_id, found.id
      from generate_series(0, ${PRIORITIES}::int) level
      cross join lateral (
        select project_id, id from delivery
        where destination_id = ${destinationId} and state = 'planned' and priority = level and due_at <= ${now}
          and (leased_until is null or leased_until <= ${now}) ${isFirst(sql, ordered)}
        order by due_at, id limit ${limit} for update skip locked
      ) found
      where ${isOpen(sql, destinationId, now)}
      limit ${limit}
    )
    update delivery d set lease = ${lease}, leased_until = ${until} from due where d.project_id = due.project_id and d.id = due.id
    returning d.project_id, d.id, d.kind, d.customer_id, d.event_id, d.priority, d.due_at, d.retries, d.payload,
      (select l.id from enrolment e join launch l on l.id = e.launch_id and l.sends_per_second is not null
        where e.project_id = d.project_id and e.id = d.enrolment_id) as launch_id`;
  return [...rows].sort((a, b) => a.priority - b.priority || a.dueAt.getTime() - b.dueAt.getTime() || (a.id < b.id ? -1 : 1));
};

/** Gives back what was leased and not sent. */
export const releaseLease = async (sql: Sql, destinationId: string, lease: string): Promise<void> => {
  await sql`
    update delivery set lease = null, leased_until = null
    where destination_id = ${destinationId} and state = 'planned' and lease = ${lease}`;
};

export interface MessageToSend {
  id: string;
  projectId: string;
  messageId: string | null;
}

/**
 * Says, just before messages go on the wire, that they do: what a process had here when it died is not sent again by guess.
 * @returns the ids that may be sent; what is missing was paused, moved or taken by another drain meanwhile
 */
export const markSending = async (
  sql: Db,
  messages: MessageToSend[],
  { lease, now, until }: { lease: string; now: Date; until: Date },
): Promise<Set<string>> => {
  const input = messages.map((message) => ({ id: message.id, project_id: message.projectId, message_id: message.messageId }));
  const rows = await sql<{ id: string }[]>`
    with marked as (
      update delivery d set state = 'sending', attempts = attempts + 1, leased_until = ${until}, message_id = i.message_id
      from jsonb_to_recordset(${sql.json(input)}) as i (id text, project_id text, message_id text)
      where d.project_id = i.project_id and d.id = i.id and d.state = 'planned' and d.lease = ${lease} and d.leased_until > ${now}
        and ${isOpen(sql, sql`d.destination_id`, now)}
      returning d.project_id, d.id, d.attempts
    ), attempt as (
      insert into delivery_attempt (project_id, delivery_id, number, outcome, started_at)
      select project_id, id, attempts, 'sending', ${now} from marked
    )
    select id from marked`;
  return new Set(rows.map((row) => row.id));
};

/**
 * When there is something to do again, after a drain that found nothing more that is due: the next row's time, or the end of a lease
 * that somebody who died has left.
 */
export const nextDue = async (sql: Sql, destinationId: string, ordered: boolean, now: Date): Promise<Date | null> => {
  const [row] = await sql<{ at: Date | null }[]>`
    select greatest(min(at), (select held_until from destination_health where destination_id = ${destinationId})) as at from (
      select next.due_at as at from generate_series(0, ${PRIORITIES}::int) level
      cross join lateral (
        select due_at from delivery
        where destination_id = ${destinationId} and state = 'planned' and priority = level and (leased_until is null or leased_until <= ${now})
          ${isFirst(sql, ordered)}
        order by due_at limit 1
      ) next
      union all
      select min(leased_until) from delivery
      where destination_id = ${destinationId} and state = 'planned' and due_at <= ${now} and leased_until > ${now}
      union all
      select min(leased_until) from delivery where destination_id = ${destinationId} and state = 'sending'
    ) times
    where exists (select from destination where id = ${destinationId} and state = 'active')
    having min(at) is not null`;
  return row?.at ?? null;
};

/** Takes `count` turns of a destination with a rate, over all drains and processes. @returns when the first of them is */
export const takeTurns = async (
  sql: Sql,
  { destinationId, ratePerSecond, count, now }: { destinationId: string; ratePerSecond: number; count: number; now: Date },
): Promise<Date> => {
  const span = (count / ratePerSecond) * 1000;
  const [row] = await sql<{ nextAt: Date }[]>`
    insert into destination_pace (destination_id, next_at) values (${destinationId}, ${new Date(now.getTime() + span)})
    on conflict (destination_id) do update
    set next_at = greatest(destination_pace.next_at, ${now}) + ${span}::float8 * interval '1 ms'
    returning next_at`;
  return new Date((row?.nextAt.getTime() ?? now.getTime()) - span);
};
