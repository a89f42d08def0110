import type { EnrolmentContext } from '../../domain/journey/scope.ts';
import type { Db, Tx } from '../client.ts';

export type EnrolmentState = 'active' | 'completed' | 'exited' | 'held';

export interface Enrolment {
  projectId: string;
  id: string;
  journeyId: string;
  version: number;
  cohortId: string;
  customerId: string;
  entryKey: string;
  entryNumber: number;
  eventId: string | null;
  state: EnrolmentState;
  /** How it ended, or why it is held. */
  outcome: string | null;
  step: string | null;
  visit: number;
  /** In the customer's time. */
  dueAt: Date | null;
  awaiting: string | null;
  awaitedSince: Date | null;
  awaitedEventId: string | null;
  context: EnrolmentContext;
  enteredAt: Date;
  endedAt: Date | null;
  /** Whether they get nothing, so that the others can be compared with them. */
  holdout: boolean;
  /** The launch that let them in; null where an event did. */
  launchId: string | null;
  /** Until when the goal counts, also where they have come to the end before; null where there is none. */
  goalUntil: Date | null;
  goalAt: Date | null;
  goalEventId: string | null;
}

export const enrolmentColumns = (db: Db) => db`
  e.project_id, e.id, e.journey_id, e.version, e.cohort_id, e.customer_id, e.entry_key, e.entry_number, e.event_id, e.state, e.outcome, e.step,
  e.visit, e.due_at, e.awaiting, e.awaited_since, e.awaited_event_id, e.context, e.entered_at, e.ended_at,
  e.holdout, e.launch_id, e.goal_until, e.goal_at, e.goal_event_id`;

/**
 * Locks the members of a cohort who stand at a step of the cohort's version and are due. The row is the truth: who left, was moved or
 * went over to another version is not among them.
 * @param only restricts it to these enrolments
 */
export const takeDueMembers = (
  tx: Tx,
  cohort: { id: string; version: number },
  step: string,
  now: string,
  only: string[] | null,
): Promise<Enrolment[]> =>
  tx<Enrolment[]>`
    select ${enrolmentColumns(tx)} from enrolment e
    where e.cohort_id = ${cohort.id} and e.version = ${cohort.version} and e.step = ${step} and e.state = 'active' and e.due_at <= ${now}
      ${only === null ? tx`` : tx`and e.id = any(${only}::text[])`}
    order by e.project_id, e.id for no key update`;

/** Locks the customers of those who are due at a step, before they are taken themselves. */
export const lockDueCustomers = async (tx: Tx, cohortId: string, step: string, now: string): Promise<void> => {
  await tx`
    select from customer where (project_id, id) in (
      select project_id, customer_id from enrolment
      where cohort_id = ${cohortId} and step = ${step} and state = 'active' and due_at <= ${now})
    order by project_id, id for no key update`;
};

/** Locks the live enrolments of customers, whether they wait for anything or not; who is held can reach the goal or leave as well. */
export const lockLiveEnrolments = (tx: Tx, customers: { projectId: string; customerId: string }[]): Promise<Enrolment[]> =>
  tx<Enrolment[]>`
    select ${enrolmentColumns(tx)} from enrolment e
    where e.state in ('active', 'held') and (e.project_id, e.customer_id) in (
      select "projectId", "customerId" from jsonb_to_recordset(${tx.json(customers)}) as c ("projectId" text, "customerId" text))
    order by e.project_id, e.id for no key update`;

export const insertEnrolments = async (tx: Tx, enrolments: Enrolment[]): Promise<void> => {
  if (enrolments.length === 0) return;
  await tx`
    insert into enrolment (project_id, id, journey_id, version, cohort_id, customer_id, entry_key, entry_number, event_id, state, outcome, step,
      visit, due_at, awaiting, awaited_since, awaited_event_id, context, entered_at, ended_at, holdout, launch_id, goal_until, goal_at, goal_event_id)
    select "projectId", id, "journeyId", version, "cohortId", "customerId", "entryKey", "entryNumber", "eventId", state, outcome, step,
      visit, "dueAt", awaiting, "awaitedSince", "awaitedEventId", context, "enteredAt", "endedAt", holdout, "launchId", "goalUntil", "goalAt", "goalEventId"
    from jsonb_to_recordset(${tx.json(enrolments as never)}) as i ("projectId" text, id text, "journeyId" text, version integer,
      "cohortId" text, "customerId" text, "entryKey" text, "entryNumber" integer, "eventId" text, state text, outcome text, step text,
      visit integer, "dueAt" timestamptz, awaiting text, "awaitedSince" timestamptz, "awaitedEventId" text, context jsonb,
      "enteredAt" timestamptz, "endedAt" timestamptz, holdout boolean, "launchId" text, "goalUntil" timestamptz, "goalAt" timestamptz,
      "goalEventId" text)
    order by "projectId", id`;
};

/** What an enrolment is to be. `step: null` leaves the step as it is. */
export type EnrolmentChange = Pick<
  Enrolment,
  'projectId' | 'id' | 'state' | 'outcome' | 'step' | 'dueAt' | 'awaiting' | 'awaitedSince' | 'awaitedEventId' | 'context' | 'endedAt'
> & {
  /** Whether they come to the step now, which counts as one more visit. */
  arrives: boolean;
};

/** Writes enrolments that are locked. Call it after `recordSteps`, which it counts visits by. */
export const writeEnrolments = async (tx: Tx, changes: EnrolmentChange[]): Promise<void> => {
  if (changes.length === 0) return;
  await tx`
    update enrolment e set state = i.state, outcome = i.outcome, step = coalesce(i.step, e.step), due_at = i."dueAt", awaiting = i.awaiting,
      awaited_since = i."awaitedSince", awaited_event_id = i."awaitedEventId", context = i.context, ended_at = i."endedAt",
      held_at = case when i.state = 'held' then coalesce(e.held_at, now()) end,
      visit = case when i.arrives then 1 + coalesce((select max(s.visit) from enrolment_step s
        where s.project_id = i."projectId" and s.enrolment_id = i.id and s.step = i.step), 0) else e.visit end
    from jsonb_to_recordset(${tx.json(changes as never)}) as i ("projectId" text, id text, state text, outcome text, step text,
      "dueAt" timestamptz, awaiting text, "awaitedSince" timestamptz, "awaitedEventId" text, context jsonb, "endedAt" timestamptz,
      arrives boolean)
    where e.project_id = i."projectId" and e.id = i.id`;
};

/** Says that enrolments which are locked get nothing from now on. */
export const markHeldOut = async (tx: Tx, projectId: string, ids: string[]): Promise<void> => {
  if (ids.length > 0) await tx`update enrolment set holdout = true where project_id = ${projectId} and id = any(${ids}::text[])`;
};

/** Locks the enrolments of customers that have ended, but for which the goal still counts. */
export const lockGoalsOpen = (tx: Tx, customers: { projectId: string; customerId: string }[]): Promise<Enrolment[]> =>
  tx<Enrolment[]>`
    select ${enrolmentColumns(tx)} from enrolment e
    where e.state in ('completed', 'exited') and e.goal_until is not null and e.goal_at is null and (e.project_id, e.customer_id) in (
      select "projectId", "customerId" from jsonb_to_recordset(${tx.json(customers)}) as c ("projectId" text, "customerId" text))
    order by e.project_id, e.id for no key update`;

/** Writes that enrolments which are locked reached the goal. */
export const writeGoals = async (tx: Tx, goals: Pick<Enrolment, 'projectId' | 'id' | 'goalAt' | 'goalEventId'>[]): Promise<void> => {
  if (goals.length === 0) return;
  const rows = goals.map(({ projectId, id, goalAt, goalEventId }) => ({ projectId, id, goalAt, goalEventId }));
  await tx`
    update enrolment e set goal_at = i."goalAt", goal_event_id = i."goalEventId"
    from jsonb_to_recordset(${tx.json(rows)}) as i ("projectId" text, id text, "goalAt" timestamptz, "goalEventId" text)
    where e.project_id = i."projectId" and e.id = i.id and e.goal_at is null`;
};

export interface StepRecord {
  projectId: string;
  enrolmentId: string;
  step: string;
  visit: number;
  kind: string;
  outcome: string;
  detail: Record<string, unknown>;
  /** In the customer's time, ISO 8601. */
  at: string;
}

/** Records what visits of steps did; each is recorded once. */
export const recordSteps = async (tx: Tx, steps: StepRecord[]): Promise<void> => {
  if (steps.length === 0) return;
  await tx`
    insert into enrolment_step (project_id, enrolment_id, step, visit, kind, outcome, detail, at)
    select "projectId", "enrolmentId", step, visit, kind, outcome, detail, at
    from jsonb_to_recordset(${tx.json(steps as never)}) as i ("projectId" text, "enrolmentId" text, step text, visit integer, kind text,
      outcome text, detail jsonb, at timestamptz)
    order by "projectId", "enrolmentId"
    on conflict do nothing`;
};

/** Holds the members who are due at a step, for people to see and to release. @returns how many */
export const holdDueMembers = async (db: Db, cohortId: string, step: string, now: string, cause: string): Promise<number> => {
  const held = await db`
    with due as (
      select project_id, id from enrolment where cohort_id = ${cohortId} and step = ${step} and state = 'active' and due_at <= ${now}
      order by project_id, id for no key update)
    update enrolment e set state = 'held', outcome = ${cause}, held_at = now() from due where e.project_id = due.project_id and e.id = due.id`;
  return held.count;
};

export interface PastEntry {
  projectId: string;
  journeyId: string;
  customerId: string;
  entryKey: string;
  entries: number;
  live: number;
  lastEnteredAt: Date;
  /** Of all of them. */
  eventIds: string[];
}

/** What is known of earlier entries of customers into journeys. Call it under the customers' locks. */
export const findPastEntries = (tx: Tx, pairs: { projectId: string; journeyId: string; customerId: string }[]): Promise<PastEntry[]> =>
  tx<PastEntry[]>`
    select e.project_id, e.journey_id, e.customer_id, e.entry_key, max(e.entry_number) as entries,
      count(*) filter (where e.state in ('active', 'held'))::int as live, max(e.entered_at) as last_entered_at,
      array_remove(array_agg(e.event_id), null) as event_ids
    from (select distinct "projectId", "journeyId", "customerId" from jsonb_to_recordset(${tx.json(pairs)})
      as p ("projectId" text, "journeyId" text, "customerId" text)) p
    join enrolment e on e.project_id = p."projectId" and e.journey_id = p."journeyId" and e.customer_id = p."customerId"
    group by 1, 2, 3, 4`;
