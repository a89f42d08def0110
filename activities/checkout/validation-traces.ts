import type { Sql } from '../../db/client.ts';
import { insertTraces, type ValidationTrace } from '../../db/checkout/validations.ts';

export interface TraceBuffer {
  add: (trace: ValidationTrace) => void;
  /** Writes what waits and takes no more. */
  close: () => Promise<void>;
}

export interface TraceBufferOptions {
  sql: Sql;
  log: { warn: (details: object, message: string) => void };
  /** How long a trace waits at most. */
  everyMs?: number;
  /** The most traces of one statement. */
  size?: number;
  /** The most that wait; beyond it traces are dropped, and counted in the log. */
  capacity?: number;
}

/** Writes traces of validations in sets, off the path of the answer: what waits is lost when the process dies. */
export const createTraceBuffer = ({ sql, log, everyMs = 200, size = 1_000, capacity = 50_000 }: TraceBufferOptions): TraceBuffer => {
  let waiting: ValidationTrace[] = [];
  let dropped = 0;
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const set = waiting.splice(0, size);
      try {
        await insertTraces(sql, set);
      } catch (error) {
        dropped += set.length;
        log.warn({ err: error, dropped }, 'traces of validations were not written');
      }
    }
    writing = null;
  };
  const start = (): Promise<void> => {
    if (timer) clearTimeout(timer);
    timer = null;
    // What waited may have gone with the set before; a write of nothing would end before it is known to run, and never be cleared.
    if (waiting.length === 0) return writing ?? Promise.resolve();
    return (writing ??= write());
  };

  return {
    add: (trace) => {
      if (closed) return;
      if (waiting.length >= capacity) {
        dropped++;
        if (dropped % 1_000 === 1) log.warn({ dropped }, 'traces of validations come faster than they are written');
        return;
      }
      waiting.push(trace);
      if (waiting.length >= size) void start();
      else timer ??= setTimeout(() => void start(), everyMs);
    },
    close: async () => {
      closed = true;
      await start();
    },
  };
};
