import { fileURLToPath } from 'node:url';
import {
  DefaultLogger,
  GracefulShutdownPeriodExpiredError,
  type NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
  bundleWorkflowCode,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import type { BulkActivities } from '../activities/bulk/bulk-activities.ts';
import type { DeliveryActivities } from '../activities/delivery/deliveries.ts';
import type { JourneyActivities } from '../activities/journey/activities.ts';
import type { WatchActivities } from '../activities/watch.ts';
import type { Build } from '../relay/build.ts';
import type { TaskQueues } from '../workflows/contracts.ts';

const WORKFLOWS = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
/** What runs when a worker is told to stop may finish in this time; then it is cancelled, and tried again elsewhere. */
const GRACE = '1500 ms';

/** What makes a worker one of a build: its workflows go on with the build that is current, whichever they began with. */
export const versioned = (build: Build | null | undefined): Partial<Pick<WorkerOptions, 'workerDeploymentOptions'>> =>
  build == null
    ? {}
    : { workerDeploymentOptions: { version: build, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' } };

export interface WorkersDeps {
  connection: NativeConnection;
  namespace: string;
  taskQueues: TaskQueues;
  /** null: workers without versions. */
  build: Build | null;
  activities: { journeys: JourneyActivities & BulkActivities; deliveries: DeliveryActivities & WatchActivities; checkout: object };
}

/** Lets Temporal's SDK, which has one runtime for the process, log where everything else does. Call it before any worker is made. */
export const installRuntime = (log: Logger): void => {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
  const logger = new DefaultLogger('INFO', ({ level, message, meta }) => {
    // The checkout's worker has no workflows because it needs none; of a worker that is stopped too late `runWorkers` tells.
    const expected = message.startsWith('No workflows registered') || meta?.['error'] instanceof GracefulShutdownPeriodExpiredError;
    log[expected ? 'debug' : levels[level]]({ ...meta, logger: undefined }, message);
  });
  const logging = { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } as const;
  Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging } });
};

/** The three workers of this process, a queue each, so that a launch of journeys holds up neither mails nor checkouts. */
export const createWorkers = async ({ connection, namespace, taskQueues, build, activities }: WorkersDeps): Promise<Worker[]> => {
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('WARN') });
  const common = { connection, namespace, shutdownGraceTime: GRACE, shutdownForceTime: '4500 ms' } as const;
  return Promise.all([
    Worker.create({
      ...common,
      ...versioned(build),
      taskQueue: taskQueues.journeys,
      workflowBundle,
      activities: activities.journeys,
      maxConcurrentActivityTaskExecutions: 16,
    }),
    Worker.create({
      ...common,
      ...versioned(build),
      taskQueue: taskQueues.deliveries,
      workflowBundle,
      activities: activities.deliveries,
      // A drain takes its slot for seconds and mostly waits for the other side.
      maxConcurrentActivityTaskExecutions: 200,
    }),
    // A checkout takes a worker of any build: it has no history, and must not wait for one to be current.
    Worker.create({ ...common, taskQueue: taskQueues.checkout, activities: activities.checkout, maxConcurrentActivityTaskExecutions: 200 }),
  ]);
};

/** Workers that poll. */
export interface RunningWorkers {
  /** Rejects when one of them fails before they are stopped. */
  failed: Promise<never>;
  /** Resolves when all of them have ended, in time or not; it does not reject. */
  stop: () => Promise<void>;
}

/**
 * Lets workers poll. What is on the wire to somebody slow may take longer than a worker waits when it is stopped. The SDK then gives it up
 * with an error (`Worker still in use`), although nothing is lost: it is done again elsewhere.
 */
export const runWorkers = (workers: Worker[], log: Pick<Logger, 'warn'>): RunningWorkers => {
  let stopping = false;
  const running = workers.map((each) => each.run());
  const failed = new Promise<never>((_, reject) => {
    for (const each of running) each.catch((error: unknown) => (stopping ? undefined : reject(error)));
  });
  return {
    failed,
    stop: async () => {
      stopping = true;
      for (const each of workers) if (each.getState() === 'RUNNING') each.shutdown();
      // One that gives up must not hide the others, which still need the connection.
      const ends = await Promise.allSettled(running);
      for (const [index, end] of ends.entries()) {
        if (end.status === 'fulfilled') continue;
        const { taskQueue } = workers[index]!.options;
        log.warn(
          { taskQueue, reason: (end.reason as Error).message },
          'a worker did not finish in time; another does again what it had begun',
        );
      }
    },
  };
};
