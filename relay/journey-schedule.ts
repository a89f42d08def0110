import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { Sql } from '../db/client.ts';
import { findSchedule } from '../db/journey/schedules.ts';
import { scheduleId, WORKFLOWS, type ScheduledLaunchInput, type TaskQueues } from '../workflows/contracts.ts';

/** How long after its time a start that Temporal could not make is made up for. */
const CATCH_UP = '1 day' as const;

/** Makes Temporal's schedule of a journey what Postgres says, or takes it away. Repeatable. */
export const bringSchedule = async (sql: Sql, client: Client, taskQueues: TaskQueues, journeyId: string): Promise<void> => {
  const wanted = await findSchedule(sql, journeyId);
  const id = scheduleId(journeyId);
  const handle = client.schedule.getHandle(id);
  if (wanted === null || wanted.cron === null) {
    try {
      await handle.delete();
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
    return;
  }
  const input: ScheduledLaunchInput = { projectId: wanted.projectId, journeyId };
  const schedule = {
    spec: { cronExpressions: [wanted.cron], timezone: wanted.timezone },
    action: {
      type: 'startWorkflow' as const,
      workflowType: WORKFLOWS.scheduledLaunch,
      workflowId: id,
      taskQueue: taskQueues.journeys,
      args: [input],
    },
    policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow: CATCH_UP },
  };
  try {
    await client.schedule.create({ scheduleId: id, ...schedule });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await handle.update((known) => ({ ...known, ...schedule }));
  }
};
