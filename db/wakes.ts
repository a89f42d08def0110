import type { Db, Sql } from './client.ts';

/** A workflow that is to look at Postgres again. */
export interface Wake {
  kind: 'cohort' | 'destination' | 'async action';
  id: string;
  /** 1 first, 5 last, as Temporal has it. */
  priority: number;
  /** How many wakes were asked for when this was read: so many are told when Temporal has said yes. */
  asked: number;
}

const LEASE = '15 seconds';

/**
 * Takes what is to be woken, so that no other relay wakes it as well; a relay that dies gives it back when the lease ends.
 * Committed at once: Temporal is called outside of any transaction.
 */
export const claimWakes = async (sql: Sql, limit: number): Promise<Wake[]> => {
  const [cohorts, destinations, actions] = await Promise.all([
    sql<Wake[]>`
      update cohort c set wake_after = now() + ${LEASE}::interval
      from (select id from cohort where wakes_asked > wakes_told and (wake_after is null or wake_after <= now())
        order by priority, id limit ${limit} for no key update skip locked) due
      where c.id = due.id returning 'cohort' as kind, c.id, c.priority, c.wakes_asked as asked`,
    sql<Wake[]>`
      update destination d set wake_after = now() + ${LEASE}::interval
      from (select id from destination where wakes_asked > wakes_told and (wake_after is null or wake_after <= now())
        order by id limit ${limit} for no key update skip locked) due
      where d.id = due.id returning 'destination' as kind, d.id, 3 as priority, d.wakes_asked as asked`,
    sql<Wake[]>`
      update async_action a set wake_after = now() + ${LEASE}::interval
      from (select id from async_action where wakes_asked > wakes_told and (wake_after is null or wake_after <= now())
        order by id limit ${limit} for no key update skip locked) due
      where a.id = due.id returning 'async action' as kind, a.id, 4 as priority, a.wakes_asked as asked`,
  ]);
  return [...destinations, ...cohorts, ...actions].toSorted((a, b) => a.priority - b.priority);
};

const tables = { cohort: 'cohort', destination: 'destination', 'async action': 'async_action' } as const;
/** Under load every step of every cohort asks for its mails' destination: what it asks within this time is one signal. */
const DESTINATION_REST_MS = 100;

/** Temporal took these. What was asked for meanwhile stays asked for. */
export const tellWakes = async (db: Db, wakes: Wake[]): Promise<void> => {
  await eachTable(wakes, async (kind, ids, asked) => {
    await db`
      update ${db(tables[kind])} t set wakes_told = greatest(t.wakes_told, i.asked),
        wake_after = ${kind === 'destination' ? db`now() + ${DESTINATION_REST_MS} * interval '1 millisecond'` : null}
      from (select * from unnest(${ids}::text[], ${asked}::bigint[]) as i (id, asked) order by id) i where t.id = i.id`;
  });
};

/** Temporal did not take these: they are to be woken again, after so long. */
export const postponeWakes = async (db: Db, wakes: Wake[], milliseconds: number): Promise<void> => {
  await eachTable(wakes, async (kind, ids) => {
    await db`
      update ${db(tables[kind])} set wake_after = now() + ${milliseconds} * interval '1 millisecond' where id = any(${ids}::text[])`;
  });
};

const eachTable = async (wakes: Wake[], work: (kind: Wake['kind'], ids: string[], asked: number[]) => Promise<void>): Promise<void> => {
  for (const kind of ['cohort', 'destination', 'async action'] as const) {
    const rows = wakes.filter((wake) => wake.kind === kind);
    if (rows.length > 0)
      await work(
        kind,
        rows.map((row) => row.id),
        rows.map((row) => row.asked),
      );
  }
};

/** Which parts of the relay have something to do. */
export interface Waiting {
  inbound: boolean;
  events: boolean;
  wakes: boolean;
}

/** One look at all of it, cheap enough to be taken many times a second. */
export const lookForWork = async (db: Db): Promise<Waiting> => {
  const [row] = await db<Waiting[]>`
    select exists (select from inbound_event where status = 'received') as inbound,
      exists (select from outbox where held_at is null) as events,
      exists (select from cohort where wakes_asked > wakes_told and (wake_after is null or wake_after <= now()))
        or exists (select from destination where wakes_asked > wakes_told and (wake_after is null or wake_after <= now()))
        or exists (select from async_action where wakes_asked > wakes_told and (wake_after is null or wake_after <= now())) as wakes`;
  return row ?? { inbound: false, events: false, wakes: false };
};

/** How long after its time something counts as overdue: before that, the workflow that sleeps for it is expected to act. */
const OVERDUE = '30 seconds';

/**
 * Asks to wake the cohorts with enrolments that are overdue, by the customer's clock, for signals and timers that were lost.
 * @returns how many
 */
export const wakeOverdueCohorts = async (db: Db, limit: number): Promise<number> => {
  const woken = await db`
    with overdue as (
      select cohort_id, journey_id, project_id from enrolment where state = 'active' and due_at < now() - ${OVERDUE}::interval
      union
      select e.cohort_id, e.journey_id, e.project_id from customer c join enrolment e on e.project_id = c.project_id and e.customer_id = c.id
      where c.clock_offset_ms > 0 and e.state = 'active'
        and e.due_at < now() + c.clock_offset_ms * interval '1 millisecond' - ${OVERDUE}::interval
    ), due as (
      select c.id from cohort c where c.wakes_asked = c.wakes_told and exists (
        select from overdue o join journey j on j.project_id = o.project_id and j.id = o.journey_id and j.state <> 'paused'
        where o.cohort_id = c.id)
      order by c.id limit ${limit} for no key update skip locked
    )
    update cohort c set wakes_asked = c.wakes_asked + 1 from due where c.id = due.id`;
  return woken.count;
};

/** Asks to wake the active destinations with deliveries that are overdue, or were on the wire when a process died. @returns how many */
export const wakeOverdueDestinations = async (db: Db, limit: number): Promise<number> => {
  const woken = await db`
    with due as (
      select id from destination d where state = 'active' and wakes_asked = wakes_told and (
        exists (select from delivery where destination_id = d.id and state = 'planned' and due_at < now() - ${OVERDUE}::interval)
        or exists (select from delivery where destination_id = d.id and state = 'sending' and leased_until < now() - ${OVERDUE}::interval))
      order by id limit ${limit} for no key update skip locked
    )
    update destination d set wakes_asked = d.wakes_asked + 1 from due where d.id = due.id`;
  return woken.count;
};
