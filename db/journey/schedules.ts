import type { Db, Tx } from '../client.ts';

/** When a journey starts by the clock; `cron` null: no more. */
export interface JourneySchedule {
  projectId: string;
  journeyId: string;
  cron: string | null;
  timezone: string;
}

/** Says when a journey starts by the clock from now on. The relay brings it to Temporal; nothing is written where nothing changes. */
export const keepSchedule = async (
  tx: Tx,
  { projectId, id }: { projectId: string; id: string },
  schedule: { cron: string; timezone?: string | undefined } | undefined,
): Promise<void> => {
  const timezone = schedule?.timezone ?? 'UTC';
  if (schedule === undefined) {
    await tx`
      update journey_schedule set cron = null, wakes_asked = wakes_asked + 1
      where project_id = ${projectId} and journey_id = ${id} and cron is not null`;
    return;
  }
  await tx`
    insert into journey_schedule (project_id, journey_id, cron, timezone) values (${projectId}, ${id}, ${schedule.cron}, ${timezone})
    on conflict (journey_id) do update
    set cron = excluded.cron, timezone = excluded.timezone, wakes_asked = journey_schedule.wakes_asked + 1
    where (journey_schedule.cron, journey_schedule.timezone) is distinct from (excluded.cron, excluded.timezone)`;
};

export const findSchedule = async (db: Db, journeyId: string): Promise<JourneySchedule | null> => {
  const [row] = await db<JourneySchedule[]>`
    select project_id, journey_id, cron, timezone from journey_schedule where journey_id = ${journeyId}`;
  return row ?? null;
};
