import type { Logger } from 'pino';
import type { Sql, Tx } from '../db/client.ts';
import { PARTITIONS, type EventRow } from '../db/event/events.ts';
import { hasBacklog, holdEvent, lockPartitions, takeEvents } from '../db/event/outbox.ts';
import { createBatchSize } from './batch-size.ts';
import { isTransient, reasonOf } from './failure.ts';
import type { Turn } from './stage.ts';

/**
 * Acts on events in the transaction that takes them out of the outbox: journeys enrol, wait and leave by them. A customer's events
 * come in order. It must be set-based: there may be thousands.
 */
export type RouteEvents = (tx: Tx, events: EventRow[]) => Promise<void>;

export interface RouteDeps {
  sql: Sql;
  /** Each gets all events, one after the other. */
  routes: RouteEvents[];
  log: Logger;
}

const MOST_EVENTS = 2000;
/** So many at once are a crowd: then the next are gathered for a while, so that hundreds enter a journey as one cohort. */
const CROWD = 24;
const GATHER_MS = 100;

/** The stage that takes events out of the outbox and routes them, in order for each customer. */
export const createRoute = ({ sql, routes, log }: RouteDeps, routed: () => void): (() => Promise<Turn>) => {
  const size = createBatchSize(MOST_EVENTS);
  let crowded = false;
  let first = 0;

  /** @returns how many events were routed, null where none wait or other relays work on them */
  const routeSome = (taken: { events: EventRow[] }, partitions: number): Promise<number | null> =>
    sql.begin(async (tx) => {
      const locked = await lockPartitions(tx, partitions, first);
      if (locked.length === 0) return null;
      first = ((locked.at(-1) as number) + 1) % PARTITIONS;
      taken.events = await takeEvents(tx, locked, size.current);
      for (const route of routes) await route(tx, taken.events);
      return taken.events.length;
    });

  return async () => {
    const taken: { events: EventRow[] } = { events: [] };
    // With a backlog there is enough for two relays, so half is left to another.
    const partitions = Math.min(crowded ? PARTITIONS / 2 : PARTITIONS, size.current);
    try {
      const count = await routeSome(taken, partitions);
      size.succeeded();
      if (count === null) return { busy: false };
      routed();
      crowded = count >= CROWD && (await hasBacklog(sql, MOST_EVENTS));
      return { busy: true, restMs: count >= CROWD && !crowded ? GATHER_MS : 0 };
    } catch (error) {
      if (isTransient(error) || taken.events.length === 0) throw error;
      const [alone] = taken.events;
      if (taken.events.length === 1 && alone) {
        log.error({ err: error, event: alone.id, type: alone.type }, 'an event cannot be routed, it stands aside and is tried again later');
        await holdEvent(sql, alone.projectId, alone.id, reasonOf(error));
      } else size.failed();
      return { busy: true };
    }
  };
};
