import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Log, StartError } from '../embedded/part.ts';

/** Tells the parent that this process serves. Nothing where there is no parent that listens. */
export const tellReady = (): void => {
  process.send?.('ready');
};

export interface Child {
  /** Resolves when it serves; rejects when it ended before. */
  ready: Promise<void>;
  stop: () => Promise<void>;
}

export interface ChildOptions {
  /** The command of `couponry` that it runs. */
  name: 'api' | 'worker';
  env: NodeJS.ProcessEnv;
  /** How long it may take to stop before it is killed. */
  graceMs: number;
  log: Log;
  /** It was started again and again and does not come up. */
  onGivenUp: (error: StartError) => void;
}

const PROGRAM = fileURLToPath(new URL('./couponry.ts', import.meta.url));
const MOST_FAILURES = 5;

/**
 * Runs a command of Couponry as a child and starts it again when it dies. It has a session of its own, so that the terminal's Ctrl-C
 * reaches only the parent, which stops its children in order; when the parent is killed, the closed channel tells the child to stop.
 */
export const superviseChild = ({ name, env, graceMs, log, onGivenUp }: ChildOptions): Child => {
  let running: ChildProcess | null = null;
  let stopping = false;
  let failures = 0;
  let everReady = false;
  let settle: { resolve: () => void; reject: (error: Error) => void };
  const ready = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));

  const run = (): void => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, name], {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...env },
    });
    running = child;
    child.once('message', () => {
      failures = 0;
      everReady = true;
      log(`couponry ${name}: ready (process ${child.pid})`);
      settle.resolve();
    });
    child.once('exit', (code, signal) => {
      running = null;
      if (stopping) return settle.reject(new StartError(`couponry ${name} was stopped`));
      const how = signal === null ? `exit code ${code}` : signal;
      // What went wrong stands on the terminal: the child has told it.
      if (!everReady) return settle.reject(new StartError(`couponry ${name} did not come up (${how})`));
      failures += 1;
      if (failures > MOST_FAILURES) return onGivenUp(new StartError(`couponry ${name} ended ${failures} times in a row (${how})`));
      log(`couponry ${name} ended (${how}); starting it again`);
      void sleep(Math.min(200 * 2 ** (failures - 1), 5000)).then(() => (stopping ? undefined : run()));
    });
  };
  run();

  return {
    ready,
    async stop() {
      stopping = true;
      const child = running;
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await gone;
      clearTimeout(timer);
    },
  };
};
