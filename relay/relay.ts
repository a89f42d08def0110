import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Sql } from '../db/client.ts';
import { lookForWork } from '../db/journey/wakes.ts';
import type { TaskQueues } from '../workflows/contracts.ts';
import { reasonOf } from './failure.ts';
import { createMapInbound } from './map-inbound.ts';
import { createRoute, type RouteEvents } from './route.ts';
import { startStage, type Stage } from './stage.ts';
import { createWake } from './wake.ts';

export interface RelayDeps {
  sql: Sql;
  client: Client;
  taskQueues: TaskQueues;
  /** What acts on events, in this order. */
  routes: RouteEvents[];
  now: () => Date;
  log: Logger;
}

export interface Relay {
  start: () => void;
  /** Lets the turns that run end, and resolves when they have. */
  stop: () => Promise<void>;
  /** Something was committed that the relay may be waiting for: saves the time until it would look. */
  hint: () => void;
}

/** How often the relay looks, by how long it has found nothing. */
const pauseAfter = (idleMs: number): number => {
  if (idleMs < 10_000) return 20;
  return idleMs < 60_000 ? 50 : 100;
};
const PAUSE_AFTER_FAILURE_MS = 500;
/** In a storm, among many dead rows, a look is slow; then it is taken less often, since the stages find their next work themselves. */
const LOOK_SHARE = 1 / 10;
const STAGES = ['inbound', 'events', 'wakes'] as const;
const titles = { inbound: 'map what sources posted', events: 'route events', wakes: 'wake workflows in Temporal' };

/**
 * Moves what is committed to Temporal: posts become events, events reach the journeys, cohorts and destinations are woken. Many may
 * run at once; whatever stops one, the next goes on where it was.
 */
export const createRelay = (deps: RelayDeps): Relay => {
  const { sql, log } = deps;
  let stages: Record<(typeof STAGES)[number], Stage> | null = null;
  let looking: Promise<void> = Promise.resolve();
  let stopping = new AbortController();

  const failed = (name: (typeof STAGES)[number]) => (error: unknown, pauseMs: number) => {
    // The first pauses are short and a lost connection or a deadlock is mended by then.
    const level = pauseMs < 100 ? 'info' : 'warn';
    log[level]({ reason: reasonOf(error) }, `the relay could not ${titles[name]}, it tries again in ${pauseMs} ms`);
  };

  const look = async (running: NonNullable<typeof stages>) => {
    const { signal } = stopping;
    let lastFound = performance.now();
    while (!signal.aborted) {
      let pauseMs: number;
      const started = performance.now();
      try {
        const waiting = await lookForWork(sql);
        const found = STAGES.filter((name) => waiting[name]);
        for (const name of found) running[name].wake();
        if (found.length > 0) lastFound = performance.now();
        const now = performance.now();
        pauseMs = Math.max(pauseAfter(now - lastFound), Math.min((now - started) / LOOK_SHARE, PAUSE_AFTER_FAILURE_MS));
      } catch (error) {
        pauseMs = PAUSE_AFTER_FAILURE_MS;
        log.warn({ reason: reasonOf(error) }, 'the relay cannot reach Postgres');
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  };

  return {
    start: () => {
      if (stages) return;
      stopping = new AbortController();
      const wakes = startStage(createWake(deps), failed('wakes'));
      const events = startStage(createRoute(deps, wakes.wake), failed('events'));
      const inbound = startStage(createMapInbound(deps, events.wake), failed('inbound'));
      stages = { inbound, events, wakes };
      looking = look(stages);
    },
    stop: async () => {
      stopping.abort();
      await looking;
      // In the order in which things flow, so that what is on its way gets as far as it can.
      for (const name of STAGES) await stages?.[name].stop();
      stages = null;
    },
    hint: () => {
      for (const name of STAGES) stages?.[name].wake();
    },
  };
};
