import type { Db, Tx } from '../client.ts';
import { wakeAsked } from './cohorts.ts';

/** One forward of a customer's test clock. */
export interface FastForward {
  projectId: string;
  /** What its caller repeats it by. */
  id: string;
  customerId: string;
  fromOffsetMs: number;
  toOffsetMs: number;
  duration: string;
  /** The customer's time when it began. */
  fromAt: Date;
  createdAt: Date;
  finishedAt: Date | null;
  answer: unknown;
}

const columns = (db: Db) => db`
  project_id, id, customer_id, from_offset_ms, to_offset_ms, duration, from_at, created_at, finished_at, answer`;

/** How long somebody who works on a forward may be silent before another takes it over. */
const LEASE = '20 seconds';

export type NewFastForward = Omit<FastForward, 'createdAt' | 'finishedAt' | 'answer'>;

export const findFastForward = async (db: Db, projectId: string, id: string): Promise<(FastForward & { leased: boolean }) | null> => {
  const [row] = await db<(FastForward & { leased: boolean })[]>`
    select ${columns(db)}, finished_at is null and leased_until > now() as leased from fast_forward
    where project_id = ${projectId} and id = ${id}`;
  return row ?? null;
};

/**
 * Begins a forward; call it under the customer's lock. One that nobody works on any more is ended where it stands.
 * @returns null while another one runs
 */
export const beginFastForward = async (tx: Tx, forward: NewFastForward): Promise<FastForward | null> => {
  await tx`
    update fast_forward set finished_at = now(), to_offset_ms = (
      select clock_offset_ms from customer where project_id = ${forward.projectId} and id = ${forward.customerId})
    where project_id = ${forward.projectId} and customer_id = ${forward.customerId} and finished_at is null and leased_until <= now()`;
  const [row] = await tx<FastForward[]>`
    insert into fast_forward (project_id, id, customer_id, from_offset_ms, to_offset_ms, duration, from_at, leased_until)
    values (${forward.projectId}, ${forward.id}, ${forward.customerId}, ${forward.fromOffsetMs}, ${forward.toOffsetMs}, ${forward.duration},
      ${forward.fromAt}, now() + ${LEASE}::interval)
    on conflict do nothing returning ${columns(tx)}`;
  return row ?? null;
};

/** Says that somebody works on it still. */
export const extendLease = async (db: Db, forward: FastForward): Promise<void> => {
  await db`
    update fast_forward set leased_until = now() + ${LEASE}::interval
    where project_id = ${forward.projectId} and id = ${forward.id} and finished_at is null`;
};

/** Gives it up, so that it can be taken up again at once. */
export const releaseLease = async (db: Db, forward: FastForward): Promise<void> => {
  await db`
    update fast_forward set leased_until = now() where project_id = ${forward.projectId} and id = ${forward.id} and finished_at is null`;
};

export const finishFastForward = async (db: Db, forward: FastForward, answer: unknown): Promise<void> => {
  await db`
    update fast_forward set finished_at = now(), answer = ${db.json(answer as never)}
    where project_id = ${forward.projectId} and id = ${forward.id}`;
};

/** What of a customer's is still on its way, in words; empty where everything has come to rest. */
export const findUnsettled = async (db: Db, projectId: string, customerId: string, now: Date, since: Date): Promise<string[]> => {
  const [row] = await db<{ inbound: boolean; events: boolean; wakes: boolean; steps: string | null }[]>`
    select
      exists (select from inbound_event where project_id = ${projectId} and status = 'received' and received_at <= ${since}) as inbound,
      exists (select from outbox where project_id = ${projectId} and customer_id = ${customerId} and held_at is null) as events,
      exists (select from enrolment e join cohort c on c.id = e.cohort_id
        where e.project_id = ${projectId} and e.customer_id = ${customerId} and c.wakes_asked > c.wakes_told) as wakes,
      (select string_agg(j.key || '/' || e.step, ', ') from enrolment e join journey j on j.project_id = e.project_id and j.id = e.journey_id
        where e.project_id = ${projectId} and e.customer_id = ${customerId} and e.state = 'active' and e.due_at <= ${now}
          and j.state <> 'paused') as steps`;
  if (row === undefined) return [];
  return [
    ...(row.inbound ? ['webhooks that are not mapped yet'] : []),
    ...(row.events ? ['events that are not routed yet'] : []),
    ...(row.wakes ? ['workflows that are not woken yet'] : []),
    ...(row.steps === null ? [] : [`steps that are due: ${row.steps}`]),
  ];
};

/** Whether messages to the customer are due or on the wire. */
export const hasDueDeliveries = async (db: Db, projectId: string, customerId: string): Promise<boolean> => {
  const [row] = await db<{ due: boolean }[]>`
    select exists (select from delivery where project_id = ${projectId} and customer_id = ${customerId}
      and (state = 'sending' or (state = 'planned' and due_at <= now()))) as due`;
  return row?.due ?? false;
};

/** The earliest moment, in the customer's time, at which something of theirs is due; null where nothing is. */
export const findNextDue = async (db: Db, projectId: string, customerId: string, offsetMs: number, now: Date): Promise<Date | null> => {
  const [row] = await db<{ at: Date | null }[]>`
    select least(
      (select min(e.due_at) from enrolment e join journey j on j.project_id = e.project_id and j.id = e.journey_id
        where e.project_id = ${projectId} and e.customer_id = ${customerId} and e.state = 'active' and e.due_at > ${now} and j.state <> 'paused'),
      (select min(due_at) + ${offsetMs} * interval '1 millisecond' from delivery
        where project_id = ${projectId} and customer_id = ${customerId} and state = 'planned' and due_at > now())) as at`;
  return row?.at ?? null;
};

/** Turns the customer's clock on; call it under the customer's lock. Their messages that wait for a time wait that much less. */
export const turnClock = async (tx: Tx, projectId: string, customerId: string, byMs: number): Promise<void> => {
  await tx`
    update customer set clock_offset_ms = clock_offset_ms + ${byMs} where project_id = ${projectId} and id = ${customerId}`;
  await tx`
    with moved as (
      update delivery set due_at = greatest(due_at - ${byMs} * interval '1 millisecond', now())
      where project_id = ${projectId} and customer_id = ${customerId} and state = 'planned' and due_at > now() returning destination_id
    ), locked as (
      select id from destination where id in (select destination_id from moved) order by id for no key update)
    update destination d set wakes_asked = wakes_asked + 1 from locked where d.id = locked.id`;
};

/** The cohorts in which the customer still is, with what their workflow adds to its clock. In a sandbox nobody else is in them. */
export const findTravellers = (db: Db, projectId: string, customerId: string): Promise<{ cohortId: string; clockOffsetMs: number }[]> =>
  db`
    select distinct c.id as cohort_id, c.clock_offset_ms from enrolment e join cohort c on c.id = e.cohort_id
    where e.project_id = ${projectId} and e.customer_id = ${customerId} and e.state = 'active' order by c.id`;

/** Has a cohort whose workflow is gone started anew, with a clock that was never turned. */
export const restartCohort = async (db: Db, cohortId: string, clockOffsetMs: number): Promise<void> => {
  await db`update cohort c set clock_offset_ms = ${clockOffsetMs}, ${wakeAsked(db)} where id = ${cohortId}`;
};
