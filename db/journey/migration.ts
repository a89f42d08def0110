import type { JourneyDefinition } from '../../domain/journey/definition.ts';
import type { Db, Tx } from '../client.ts';
import { wakeAsked } from './cohorts.ts';
import type { JourneyVersionRow } from './journeys.ts';

export const loadJourneyVersions = (
  db: Db,
  projectId: string,
  journeyId: string,
): Promise<{ version: number; definition: JourneyDefinition }[]> =>
  db`select version, definition from journey_version where project_id = ${projectId} and journey_id = ${journeyId}`;

/** Locks everybody who is inside on another version than this, and tells where they stand. */
export const lockInside = (
  tx: Tx,
  projectId: string,
  journeyId: string,
  version: number,
): Promise<{ version: number; step: string; customers: number }[]> =>
  tx`
    with locked as (
      select version, step from enrolment
      where project_id = ${projectId} and journey_id = ${journeyId} and version <> ${version} and state in ('active', 'held') and step is not null
      order by id for no key update)
    select version, step, count(*)::int as customers from locked group by 1, 2 order by 1, 2`;

/** Where those go who stand at a step of a version. `same`: the step says the same there, so nothing changes for them. */
export interface StepMove {
  version: number;
  from: string;
  to: string;
  same: boolean;
}

/**
 * Takes locked members over to a version, and has their cohorts look again. Who comes to a step is due at once, by the customer's
 * clock: a wait then finds its deadline and what came since.
 * @returns how many
 */
export const moveToVersion = async (
  tx: Tx,
  { projectId, journeyId, version }: Pick<JourneyVersionRow, 'projectId' | 'journeyId' | 'version'>,
  moves: StepMove[],
  now: Date,
): Promise<number> => {
  if (moves.length === 0) return 0;
  const moved = await tx<{ cohortId: string }[]>`
    update enrolment e set version = ${version}, step = m.to,
      due_at = case when m.same then e.due_at else ${now}::timestamptz + c.clock_offset_ms * interval '1 millisecond' end,
      awaiting = case when m.same then e.awaiting end,
      awaited_since = case when m.same then e.awaited_since end,
      awaited_event_id = case when m.same then e.awaited_event_id end,
      visit = case when m.from = m.to then e.visit else 1 + coalesce((select max(s.visit) from enrolment_step s
        where s.project_id = e.project_id and s.enrolment_id = e.id and s.step = m.to), 0) end
    from jsonb_to_recordset(${tx.json(moves as never)}) as m (version integer, "from" text, "to" text, same boolean), customer c
    where e.project_id = ${projectId} and e.journey_id = ${journeyId} and e.version = m.version and e.step = m.from
      and e.state in ('active', 'held') and c.project_id = e.project_id and c.id = e.customer_id
    returning e.cohort_id`;
  await tx`
    with locked as (
      select id from cohort where id = any(${[...new Set(moved.map((row) => row.cohortId))]}::text[]) order by id for no key update)
    update cohort c set version = ${version}, ${wakeAsked(tx)} from locked where c.id = locked.id`;
  return moved.length;
};
