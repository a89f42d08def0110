import type { Db, Tx } from '../client.ts';
import { newId } from '../ids.ts';
import type { JourneyState } from './journeys.ts';
import { wakeLaunches } from './launches.ts';

/** 1 to 500 enrolments of one version that entered together. */
export const COHORT_SIZE = 500;

export interface NewCohort {
  projectId: string;
  id: string;
  journeyId: string;
  version: number;
  priority: number;
  clockOffsetMs: number;
}

export const newCohort = (cohort: Omit<NewCohort, 'id'>): NewCohort => ({ ...cohort, id: newId('cohort') });

/** Writes cohorts; each is to be woken once. */
export const insertCohorts = async (tx: Tx, cohorts: NewCohort[]): Promise<void> => {
  if (cohorts.length === 0) return;
  await tx`
    insert into cohort (project_id, id, journey_id, version, priority, clock_offset_ms)
    select "projectId", id, "journeyId", version, priority, "clockOffsetMs"
    from jsonb_to_recordset(${tx.json(cohorts as never)}) as i ("projectId" text, id text, "journeyId" text, version integer,
      priority smallint, "clockOffsetMs" bigint)
    order by id`;
};

/** Asks the relay to wake cohorts: their rows changed, and they have to look again. So somebody may be due by now. */
export const wakeCohorts = async (db: Db, ids: string[]): Promise<void> => {
  if (ids.length === 0) return;
  await db`
    with locked as (select id from cohort where id = any(${ids}::text[]) order by id for no key update)
    update cohort c set ${wakeAsked(db)} from locked where c.id = locked.id`;
};

/** How a cohort is asked to look again. */
export const wakeAsked = (db: Db) => db`wakes_asked = c.wakes_asked + 1, due_at = now()`;

/** Those of these cohorts in which nobody is left, so that their workflow can end. */
export const findEmptyCohorts = async (db: Db, ids: string[]): Promise<string[]> => {
  const rows = await db<{ id: string }[]>`
    select id from unnest(${ids}::text[]) as c (id) where not exists (select from enrolment where cohort_id = c.id and state = 'active')`;
  return rows.map((row) => row.id);
};

/** Wakes every cohort of a journey in which somebody is left, and its launches. */
export const wakeJourney = async (tx: Tx, projectId: string, journeyId: string): Promise<void> => {
  await tx`
    with live as (
      select id from cohort c where project_id = ${projectId} and journey_id = ${journeyId}
        and exists (select from enrolment where cohort_id = c.id and state = 'active')
      order by id for no key update)
    update cohort c set ${wakeAsked(tx)} from live where c.id = live.id`;
  await wakeLaunches(tx, projectId, journeyId);
};

export interface CohortRow extends NewCohort {
  journeyState: JourneyState;
  /** How many wake-ups were asked for when it was read. */
  wakesAsked: number;
}

export const findCohort = async (db: Db, id: string): Promise<CohortRow | null> => {
  const [row] = await db<CohortRow[]>`
    select c.project_id, c.id, c.journey_id, c.version, c.priority, c.clock_offset_ms, c.wakes_asked, j.state as journey_state
    from cohort c join journey j on j.project_id = c.project_id and j.id = c.journey_id where c.id = ${id}`;
  return row ?? null;
};

export interface StepGroup {
  /** All of a cohort are on one version; a step that runs while they go over to another may see the next. */
  version: number;
  step: string;
  dueAt: Date | null;
  members: number;
}

/** Where the cohort's members stand. */
export const findGroups = (db: Db, cohortId: string): Promise<StepGroup[]> =>
  db<StepGroup[]>`
    select max(version) as version, step, min(due_at) as due_at, count(*)::int as members from enrolment
    where cohort_id = ${cohortId} and state = 'active' and step is not null group by step order by step`;

/**
 * Writes when the first of a cohort's members is due, as it was seen after the cohort was read. Whoever makes somebody due earlier asks
 * for a wake-up, and then theirs stands; where the row is locked it stays as it is, since too early does no harm.
 */
export const writeNextDue = async (db: Db, cohort: CohortRow, dueAt: Date | null): Promise<void> => {
  await db`
    with open as (
      select id from cohort where id = ${cohort.id} and wakes_asked = ${cohort.wakesAsked} and due_at is distinct from ${dueAt}
      for no key update skip locked)
    update cohort c set due_at = ${dueAt} from open where c.id = open.id`;
};

/**
 * A workflow that starts anew has a clock that was never turned, so its offset is all that its customer was forwarded by. (Only
 * customers of sandboxes are, and each of them is a cohort alone.) While a forward runs, it keeps both clocks together itself.
 */
export const resetClock = async (db: Db, cohortId: string): Promise<void> => {
  await db`
    update cohort c set clock_offset_ms = k.clock_offset_ms
    from enrolment e join customer k on k.project_id = e.project_id and k.id = e.customer_id
    where c.id = ${cohortId} and e.cohort_id = c.id and c.clock_offset_ms <> k.clock_offset_ms
      and not exists (select from fast_forward f where f.project_id = k.project_id and f.customer_id = k.id and f.finished_at is null)`;
};
