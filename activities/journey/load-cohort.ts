import { asUnavailable, isUnavailable } from '../../db/campaign/availability.ts';
import { findCohort, resetClock } from '../../db/journey/cohorts.ts';
import { viewGroups } from './groups.ts';
import type { StepDeps } from './run-step.ts';
import type { Group } from './step.ts';

export interface CohortInput {
  cohortId: string;
  /** True when the workflow has just been started, not continued, so that its clock was never turned. */
  fresh: boolean;
}

export interface CohortView {
  /** What stands in Temporal's UI. */
  title: string;
  /** What is added to the workflow's clock to have the customers' time. */
  clockOffsetMs: number;
  groups: Group[];
}

/** Tells the workflow where everyone in the cohort stands. Postgres is the truth, so this is how it starts, wakes up and recovers. */
export const loadCohort =
  ({ sql, versions }: Pick<StepDeps, 'sql' | 'versions'>) =>
  async ({ cohortId, fresh }: CohortInput): Promise<CohortView> => {
    try {
      if (fresh) await resetClock(sql, cohortId);
      const cohort = await findCohort(sql, cohortId);
      if (cohort === null) return { title: 'a cohort that is gone', clockOffsetMs: 0, groups: [] };
      const journey = (await versions.get(sql, [cohort]))(cohort);
      const groups = await viewGroups(sql, cohort, versions);
      const paused = cohort.journeyState === 'paused' ? ', paused' : '';
      return {
        title: `${journey.name} (${journey.key}, version ${journey.version}${paused})`,
        clockOffsetMs: cohort.clockOffsetMs,
        groups,
      };
    } catch (error) {
      throw isUnavailable(error) ? asUnavailable(error) : error;
    }
  };
