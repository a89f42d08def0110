import type { Sql } from '../../db/client.ts';
import { findJourney, findVersion } from '../../db/journey/journeys.ts';
import { launchJourney } from './launch.ts';

/** The run of a schedule: what makes it one, so that it launches once however often it is tried. */
export interface ScheduledRun {
  projectId: string;
  journeyId: string;
  run: string;
}

/** Launches a journey that its schedule starts, for its audience as it is now. @returns whether it did: a paused one does not */
export const launchScheduled =
  ({ sql, now }: { sql: Sql; now: () => Date }) =>
  async ({ projectId, journeyId, run }: ScheduledRun): Promise<boolean> =>
    sql.begin(async (tx) => {
      const journey = await findJourney(tx, projectId, journeyId);
      if (journey === null || journey.state !== 'live') return false;
      const version = await findVersion(tx, projectId, journeyId, journey.version);
      const schedule = version?.definition.trigger.schedule;
      if (version === null || schedule === undefined) return false;
      const of = { projectId, journeyId, version: version.version, audience: schedule.audience, data: { schedule_run: run } };
      const launch = await launchJourney(
        tx,
        { ...of, startsPerSecond: null, sendsPerSecond: null, localTime: null, scheduleRun: `${journeyId} ${run}` },
        now(),
      );
      return launch !== null;
    });
