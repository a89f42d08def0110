import { tellFailure } from './failure.ts';

/** What to stop, the latest first, and the signals that ask for it. */
export interface Stopping {
  /** Aborted when the process is to stop. */
  signal: AbortSignal;
  /** Adds something to stop, before everything that was added earlier. */
  add: (name: string, stop: () => Promise<void>) => void;
  /** Stops all, and exits with the code. Once: later calls change nothing. */
  stop: (exitCode: number) => Promise<void>;
}

/**
 * Stops in order on SIGINT, SIGTERM, SIGHUP, and when the parent that this process was forked from is gone.
 * @param onSignal called first when somebody asks to stop, with what asked
 */
export const createStopping = (onSignal: (reason: string) => void = () => undefined): Stopping => {
  const abort = new AbortController();
  const stops: { name: string; stop: () => Promise<void> }[] = [];
  let stopped: Promise<void> | null = null;
  let code = 0;

  const stopAll = async (): Promise<void> => {
    // What comes up while we stop is added to the same list, so it is stopped too.
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) {
      try {
        await next.stop();
      } catch (error) {
        code = 1;
        tellFailure(error, `${next.name} did not stop`);
      }
    }
    process.exit(code);
  };
  const stop = (exitCode: number): Promise<void> => {
    code = Math.max(code, exitCode);
    abort.abort();
    stopped ??= stopAll();
    return stopped;
  };
  const asked = (reason: string): void => {
    if (stopped !== null) return;
    onSignal(reason);
    void stop(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => asked(signal));
  if (process.connected) process.once('disconnect', () => asked('the parent is gone'));
  return { signal: abort.signal, add: (name, each) => void stops.push({ name, stop: each }), stop };
};
