import { isGrpcServiceError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Sql } from '../db/client.ts';
import { claimWakes, postponeWakes, tellWakes, type Wake } from '../db/wakes.ts';
import {
  asyncActionWorkflowId,
  destinationWorkflowId,
  journeyWorkflowId,
  WAKE_SIGNAL,
  WORKFLOWS,
  type AsyncActionInput,
  type DestinationInput,
  type JourneyInput,
  type TaskQueues,
} from '../workflows/contracts.ts';
import type { Turn } from './stage.ts';

export interface WakeDeps {
  sql: Sql;
  client: Client;
  taskQueues: TaskQueues;
  log: Logger;
}

const MOST_WAKES = 64;
const AT_ONCE = 16;
const DEADLINE_MS = 5_000;
const POSTPONED_MS = 5_000;

/** gRPC codes that say "not now" of the whole server: cancelled, deadline exceeded, resource exhausted, unavailable. */
const OUTAGE = new Set([1, 4, 8, 14]);

const isOutage = (error: unknown): boolean => {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && OUTAGE.has(cause.code);
};

/** How a workflow is started or, where it runs, woken: one place for all kinds. Nothing here is personal data. */
const workflowOf = (wake: Wake, taskQueues: TaskQueues) => {
  const common = {
    signal: WAKE_SIGNAL,
    signalArgs: [] as [],
    // A cohort or destination that came to its end starts anew when there is something to do again.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    priority: { priorityKey: Math.min(Math.max(wake.priority, 1), 5) },
  };
  if (wake.kind === 'cohort') {
    const input: JourneyInput = { cohortId: wake.id };
    const staticSummary = 'customers who entered a journey together';
    return {
      type: WORKFLOWS.journey,
      options: { ...common, workflowId: journeyWorkflowId(wake.id), taskQueue: taskQueues.journeys, args: [input], staticSummary },
    };
  }
  if (wake.kind === 'async action') {
    const input: AsyncActionInput = { actionId: wake.id };
    const staticSummary = 'work that a request asked for and does not wait for';
    return {
      type: WORKFLOWS.asyncAction,
      options: { ...common, workflowId: asyncActionWorkflowId(wake.id), taskQueue: taskQueues.journeys, args: [input], staticSummary },
    };
  }
  const input: DestinationInput = { destinationId: wake.id };
  const staticSummary = 'delivers what is due to one destination';
  return {
    type: WORKFLOWS.destination,
    options: { ...common, workflowId: destinationWorkflowId(wake.id), taskQueue: taskQueues.deliveries, args: [input], staticSummary },
  };
};

/** The stage that wakes workflows, by signal-with-start. A wake is told only after Temporal said yes. */
export const createWake = ({ sql, client, taskQueues, log }: WakeDeps): (() => Promise<Turn>) => {
  const signal = async (wake: Wake): Promise<void> => {
    const { type, options } = workflowOf(wake, taskQueues);
    await client.withDeadline(Date.now() + DEADLINE_MS, () => client.workflow.signalWithStart(type, options));
  };

  return async () => {
    const wakes = await claimWakes(sql, MOST_WAKES);
    if (wakes.length === 0) return { busy: false };
    const told: Wake[] = [];
    const refused: Wake[] = [];
    let outage: unknown;
    const queue = [...wakes];
    const work = async () => {
      for (let wake = queue.shift(); wake && outage === undefined; wake = queue.shift()) {
        try {
          await signal(wake);
          told.push(wake);
        } catch (error) {
          if (isOutage(error)) outage = error;
          else {
            refused.push(wake);
            log.error({ err: error, kind: wake.kind, id: wake.id }, 'Temporal refused a wake-up, it is tried again');
          }
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, wakes.length) }, work));
    await tellWakes(sql, told);
    await postponeWakes(sql, refused, POSTPONED_MS);
    if (outage !== undefined) {
      const done = new Set([...told, ...refused]);
      // At once again for any relay; this one waits before it asks Temporal anew.
      await postponeWakes(
        sql,
        wakes.filter((wake) => !done.has(wake)),
        0,
      );
      throw outage;
    }
    return { busy: true };
  };
};
