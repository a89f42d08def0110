import type { Db } from '../../db/client.ts';
import { findGroups, writeNextDue, type CohortRow } from '../../db/journey/cohorts.ts';
import type { JourneyVersions } from '../../db/journey/versions.ts';
import { findStep } from '../../domain/journey/compile.ts';
import type { Group } from './step.ts';

/**
 * Where the cohort's members stand, as the workflow keeps them, and notes when the first of them is due. Nobody is due while the journey
 * is paused.
 */
export const viewGroups = async (db: Db, cohort: CohortRow, versions: JourneyVersions): Promise<Group[]> => {
  const { projectId, journeyId } = cohort;
  const rows = await findGroups(db, cohort.id);
  const dues = rows.flatMap(({ dueAt }) => dueAt?.getTime() ?? []);
  await writeNextDue(db, cohort, dues.length === 0 ? null : new Date(Math.min(...dues)));
  const versionOf = await versions.get(
    db,
    rows.map(({ version }) => ({ projectId, journeyId, version })),
  );
  return rows.map(({ version, step, dueAt, members }) => {
    const journey = versionOf({ projectId, journeyId, version });
    const compiled = findStep(journey.compiled, step);
    if (compiled === undefined) throw new Error(`${journey.key} has no step ${step} in version ${version}`);
    return {
      step,
      activity: compiled.kind.activity,
      summary: compiled.summary,
      dueAt: cohort.journeyState === 'paused' ? null : (dueAt?.toISOString() ?? null),
      members,
    };
  });
};
