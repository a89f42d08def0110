import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import { WORKFLOWS, type TaskQueues } from '../workflows/contracts.ts';

type Schedule = Required<Pick<ScheduleOptions, 'scheduleId' | 'spec' | 'action' | 'policies'>>;

const schedulesOf = (taskQueues: TaskQueues): Schedule[] => {
  const taskQueue = taskQueues.deliveries;
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' } as const;
  const run = (workflowType: string, workflowExecutionTimeout: '5 minutes' | '1 hour') => ({
    type: 'startWorkflow' as const,
    workflowType,
    workflowId: `${taskQueue}-${workflowType}`,
    taskQueue,
    args: [],
    workflowExecutionTimeout,
  });
  return [
    { scheduleId: `${taskQueue}-watch`, spec: { intervals: [{ every: '1 minute' }] }, action: run(WORKFLOWS.watch, '5 minutes'), policies },
    // At night in most places, and not on the hour, when everybody does.
    {
      scheduleId: `${taskQueue}-tidy-up`,
      spec: { calendars: [{ hour: 3, minute: 17 }] },
      action: run(WORKFLOWS.tidyUp, '1 hour'),
      policies: { ...policies, catchupWindow: '1 day' },
    },
  ];
};

/** Makes the schedules of this installation what this release says they are. Repeatable; to be called when a worker starts. */
export const ensureSchedules = async (client: Client, taskQueues: TaskQueues): Promise<void> => {
  for (const { scheduleId, ...schedule } of schedulesOf(taskQueues)) {
    try {
      await client.schedule.create({ scheduleId, ...schedule });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await client.schedule.getHandle(scheduleId).update((known) => ({ ...known, ...schedule }));
    }
  }
};
