import { setTimeout as sleep } from 'node:timers/promises';
import { type Sql } from '../../db/client.ts';
import { takeTurns } from '../../db/delivery/leases.ts';
import type { Destination } from '../../db/delivery/destinations.ts';

export interface Pace {
  /** Resolves when it is the caller's turn; false when there is none before the drain ends. */
  turn: () => Promise<boolean>;
}

/** Turns are taken from Postgres for about this long at once, so that a fast rate costs few round trips and a drain that ends wastes few. */
const AHEAD_MS = 100;

/**
 * Holds a destination's rate over drains and processes: turns stand evenly apart, and who waits, waits in line.
 * @param signal ends all waiting
 */
export const createPace = (sql: Sql, destination: Destination, now: () => Date, signal: AbortSignal): Pace => {
  const { ratePerSecond } = destination;
  if (ratePerSecond === null) return { turn: async () => !signal.aborted };
  const interval = 1000 / ratePerSecond;
  const count = Math.max(1, Math.round(AHEAD_MS / interval));
  let left = 0;
  let next = 0;
  let line: Promise<unknown> = Promise.resolve();

  const wait = async (): Promise<boolean> => {
    if (signal.aborted) return false;
    if (left === 0) {
      next = (await takeTurns(sql, { destinationId: destination.id, ratePerSecond, count, now: now() })).getTime();
      left = count;
    }
    left -= 1;
    const until = next;
    next += interval;
    const rest = until - now().getTime();
    // An abort is how a drain ends, not an error.
    if (rest > 0) await sleep(rest, undefined, { signal }).catch(() => {});
    return !signal.aborted;
  };

  return {
    turn: async () => {
      const mine = line.then(wait, wait);
      line = mine.catch(() => {});
      return mine;
    },
  };
};
