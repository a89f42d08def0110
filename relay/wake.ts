import { isGrpcServiceError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Sql } from '../db/client.ts';
import { claimWakes, postponeWakes, tellWakes, type Wake } from '../db/journey/wakes.ts';
import { SEARCH_ATTRIBUTES, type TaskQueues } from '../workflows/contracts.ts';
import { bringSchedule } from './journey-schedule.ts';
import type { Turn } from './stage.ts';
import { workflowOf } from './workflow-starts.ts';

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

const ASK_AGAIN_MS = 10 * 60_000;

/** Whether the server knows our search attributes; one on which nobody registered them must not be given any. */
const createSearchable = (client: Client): (() => Promise<boolean>) => {
  let known: { answer: boolean; until: number } | null = null;
  const ask = async (): Promise<boolean> => {
    try {
      await client.connection.ensureConnected();
      const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: client.options.namespace });
      return Object.values(SEARCH_ATTRIBUTES).every((name) => name in (customAttributes ?? {}));
    } catch {
      // It may not let everybody ask. Without them everything works, it is only found less easily.
      return false;
    }
  };
  return async () => {
    if (known === null || known.until < performance.now()) known = { answer: await ask(), until: performance.now() + ASK_AGAIN_MS };
    return known.answer;
  };
};

/** The stage that wakes workflows, by signal-with-start. A wake is told only after Temporal said yes. */
export const createWake = ({ sql, client, taskQueues, log }: WakeDeps): (() => Promise<Turn>) => {
  const isSearchable = createSearchable(client);
  const signal = async (wake: Wake): Promise<void> =>
    client.withDeadline(Date.now() + DEADLINE_MS, async () => {
      const { kind } = wake;
      if (kind === 'schedule') return bringSchedule(sql, client, taskQueues, wake.id);
      const { type, options } = workflowOf({ ...wake, kind }, taskQueues, await isSearchable());
      await client.workflow.signalWithStart(type, options);
    });

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
