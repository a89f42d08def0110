import { setTimeout as sleep } from 'node:timers/promises';

/** What one turn of a stage did, and how long it should rest before the next. */
export interface Turn {
  /** False where nothing was to do: the stage sleeps until it is woken. */
  busy: boolean;
  restMs?: number;
}

export interface Stage {
  /** There may be something to do. Costs nothing, may come as often as it likes. */
  wake: () => void;
  /** Ends after the turn that runs now. */
  stop: () => Promise<void>;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Runs a stage of the relay: turn after turn while there is something to do, asleep when there is nothing. A turn that fails has
 * done nothing, since it is a transaction; it is tried again, ever more slowly.
 */
export const startStage = (turn: () => Promise<Turn>, failed: (error: unknown, pauseMs: number) => void): Stage => {
  const stopping = new AbortController();
  let pending = true;
  let arrived: (() => void) | null = null;
  stopping.signal.addEventListener('abort', () => arrived?.());

  const rest = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
  const woken = () =>
    new Promise<void>((resolve) => {
      arrived = resolve;
    }).finally(() => {
      arrived = null;
    });

  const run = async () => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      if (!pending) await woken();
      // Before the turn: what comes during it may be too late for it.
      pending = false;
      if (stopping.signal.aborted) return;
      try {
        const { busy, restMs = 0 } = await turn();
        if (busy) pending = true;
        pauseMs = FIRST_PAUSE_MS;
        if (restMs > 0) await rest(restMs);
      } catch (error) {
        pending = true;
        failed(error, pauseMs);
        await rest(pauseMs);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  };
  const ended = run();

  return {
    wake: () => {
      pending = true;
      arrived?.();
    },
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
};
