import type { Db } from '../../db/client.ts';
import { findGroups, type CohortRow } from '../../db/cohorts.ts';
import type { JourneyVersion } from '../../db/journey-versions.ts';
import type { Group } from './step.ts';

/** Where the cohort's members stand, as the workflow keeps them. Nobody is due while the journey is paused. */
export const viewGroups = async (db: Db, cohort: CohortRow, journey: JourneyVersion): Promise<Group[]> => {
  const rows = await findGroups(db, cohort.id);
  return rows.map(({ step, dueAt, members }) => {
    const compiled = journey.compiled.steps.get(step);
    if (compiled === undefined) throw new Error(`${journey.key} has no step ${step}`);
    return {
      step,
      activity: compiled.kind.activity,
      summary: compiled.summary,
      dueAt: cohort.journeyState === 'paused' ? null : (dueAt?.toISOString() ?? null),
      members,
    };
  });
};
