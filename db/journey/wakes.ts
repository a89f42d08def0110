import type { Db, Sql } from '../client.ts';

/** A workflow that is to look at Postgres again, or a schedule that is to be brought to Temporal. */
export interface Wake {
  kind: 'cohort' | 'destination' | 'async action' | 'launch' | 'schedule';
  id: string;
  /** 1 first, 5 last, as Temporal has it. */
  priority: number;
  /** How many wakes were asked for when this was read: so many are told when Temporal has said yes. */
  asked: number;
  /** What it can be found by in Temporal. */
  about: { projectId: string; journey: string | null; version: number | null };
}

const LEASE = '15 seconds';

/**
 * Takes what is to be woken, so that no other relay wakes it as well; a relay that dies gives it back when the lease ends.
 * Committed at once: Temporal is called outside of any transaction.
 */
export const claimWakes = async (sql: Sql, limit: number): Promise<Wake[]> => {
  const due = sql`wakes_asked > wakes_told and (wake_after is null or wake_after <= now())`;
  const taken = sql`wake_after = now() + ${LEASE}::interval`;
  const lock = sql`limit ${limit} for no key update skip locked`;
  const [cohorts, destinations, actions, launches, schedules] = await Promise.all([
    sql<ClaimedRow[]>`
      update cohort c set ${taken} from (select id from cohort where ${due} order by priority, id ${lock}) due, journey j
      where c.id = due.id and j.project_id = c.project_id and j.id = c.journey_id
      returning 'cohort' as kind, c.id, c.priority, c.wakes_asked as asked, c.project_id, j.key as journey, c.version`,
    sql<ClaimedRow[]>`
      update destination d set ${taken} from (select id from destination where ${due} order by id ${lock}) due where d.id = due.id
      returning 'destination' as kind, d.id, 3 as priority, d.wakes_asked as asked, d.project_id, null as journey, null::integer as version`,
    sql<ClaimedRow[]>`
      update async_action a set ${taken} from (select id from async_action where ${due} order by id ${lock}) due where a.id = due.id
      returning 'async action' as kind, a.id, 4 as priority, a.wakes_asked as asked, a.project_id, null as journey, null::integer as version`,
    sql<ClaimedRow[]>`
      update launch l set ${taken} from (select id from launch where ${due} order by id ${lock}) due, journey j
      where l.id = due.id and j.project_id = l.project_id and j.id = l.journey_id
      returning 'launch' as kind, l.id, 4 as priority, l.wakes_asked as asked, l.project_id, j.key as journey, l.version`,
    sql<ClaimedRow[]>`
      update journey_schedule s set ${taken} from (select journey_id from journey_schedule where ${due} order by journey_id ${lock}) due
      where s.journey_id = due.journey_id
      returning 'schedule' as kind, s.journey_id as id, 4 as priority, s.wakes_asked as asked, s.project_id, null as journey, null::integer as version`,
  ]);
  return [...destinations, ...cohorts, ...actions, ...launches, ...schedules]
    .map(({ projectId, journey, version, ...wake }): Wake => ({ ...wake, about: { projectId, journey, version } }))
    .toSorted((one, other) => one.priority - other.priority);
};

type ClaimedRow = Omit<Wake, 'about'> & Wake['about'];

/** Where each kind stands, and by which column. */
const tables = {
  cohort: { table: 'cohort', key: 'id' },
  destination: { table: 'destination', key: 'id' },
  'async action': { table: 'async_action', key: 'id' },
  launch: { table: 'launch', key: 'id' },
  schedule: { table: 'journey_schedule', key: 'journey_id' },
} as const;
/** Under load every step of every cohort asks for its mails' destination: what it asks within this time is one signal. */
const DESTINATION_REST_MS = 100;

/** Temporal took these. What was asked for meanwhile stays asked for. */
export const tellWakes = async (db: Db, wakes: Wake[]): Promise<void> => {
  await eachTable(wakes, async (kind, ids, asked) => {
    await db`
      update ${db(tables[kind].table)} t set wakes_told = greatest(t.wakes_told, i.asked),
        wake_after = ${kind === 'destination' ? db`now() + ${DESTINATION_REST_MS} * interval '1 millisecond'` : null}
      from (select * from unnest(${ids}::text[], ${asked}::bigint[]) as i (id, asked) order by id) i where t.${db(tables[kind].key)} = i.id`;
  });
};

/** Temporal did not take these: they are to be woken again, after so long. */
export const postponeWakes = async (db: Db, wakes: Wake[], milliseconds: number): Promise<void> => {
  await eachTable(wakes, async (kind, ids) => {
    await db`
      update ${db(tables[kind].table)} set wake_after = now() + ${milliseconds} * interval '1 millisecond'
      where ${db(tables[kind].key)} = any(${ids}::text[])`;
  });
};

const eachTable = async (wakes: Wake[], work: (kind: Wake['kind'], ids: string[], asked: number[]) => Promise<void>): Promise<void> => {
  for (const kind of Object.keys(tables) as Wake['kind'][]) {
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
        or exists (select from async_action where wakes_asked > wakes_told and (wake_after is null or wake_after <= now()))
        or exists (select from launch where wakes_asked > wakes_told and (wake_after is null or wake_after <= now()))
        or exists (select from journey_schedule where wakes_asked > wakes_told and (wake_after is null or wake_after <= now())) as wakes`;
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
      select c.id as cohort_id, c.journey_id, c.project_id from cohort c where c.due_at < now() - ${OVERDUE}::interval
        and exists (select from enrolment where cohort_id = c.id and state = 'active' and due_at < now() - ${OVERDUE}::interval)
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

/** Puts the times of cohorts right that look overdue, though none of their members is: a step could not write them. */
export const correctDueCohorts = async (db: Db, limit: number): Promise<number> => {
  const corrected = await db`
    with early as (
      select id from cohort c where due_at < now() - ${OVERDUE}::interval and wakes_asked = wakes_told
        and not exists (select from enrolment where cohort_id = c.id and state = 'active' and due_at < now() - ${OVERDUE}::interval)
      order by id limit ${limit} for no key update skip locked
    )
    update cohort c set due_at = (select min(e.due_at) from enrolment e where e.cohort_id = c.id and e.state = 'active')
    from early where c.id = early.id`;
  return corrected.count;
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
