import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, type Part, StartError } from './part.ts';
import { processStart } from './process-identity.ts';

/** Which process a folder's server is, with what makes it unmistakable, and what it was started with. */
interface Record {
  pid: number;
  start: string;
  command: string[];
}

export interface DetachedOptions {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** Where its output goes, and its end is quoted from when it dies at once. */
  logFile: string;
  /** Remembers the process, so that a later start adopts or replaces it. */
  pidFile: string;
  /** Resolves to true once it answers. */
  ready: () => Promise<boolean>;
  readyWithinMs: number;
  /** How long it may take to stop before it is killed. */
  graceMs: number;
  log: Log;
}

const remembered = (pidFile: string): Record | null => {
  try {
    const record = JSON.parse(readFileSync(pidFile, 'utf8')) as Record;
    return processStart(record.pid) === record.start ? record : null;
  } catch {
    return null;
  }
};

/** Whether the server that a pid file remembers still runs. */
export const isRunning = (pidFile: string): boolean => remembered(pidFile) !== null;

/** Ends a process: SIGTERM, and SIGKILL when it still runs after `graceMs`. Resolves when it is gone. */
const endProcess = async (pid: number, graceMs: number): Promise<void> => {
  const start = processStart(pid);
  if (start === null) return;
  const gone = async (withinMs: number): Promise<boolean> => {
    for (const until = Date.now() + withinMs; Date.now() < until; await sleep(25)) if (processStart(pid) !== start) return true;
    return false;
  };
  try {
    process.kill(pid, 'SIGTERM');
    if (await gone(graceMs)) return;
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await gone(5000);
};

const tail = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-3).join(' | ').slice(-600);
  } catch {
    return '';
  }
};

const waitUntilReady = async (pid: number, start: string, options: DetachedOptions): Promise<boolean> => {
  for (const until = Date.now() + options.readyWithinMs; Date.now() < until; await sleep(50)) {
    if (processStart(pid) !== start) return false;
    if (await options.ready()) return true;
  }
  return false;
};

/**
 * Starts a server in a session of its own, or adopts the one that a killed process left in the same place.
 * @throws {StartError} when it ends or does not answer in time, with the end of its log; nothing is left running then
 */
export const startDetached = async (options: DetachedOptions): Promise<Part> => {
  const command = [options.command, ...options.args];
  const part = (pid: number, adopted: boolean): Part => ({
    pid,
    adopted,
    async stop() {
      await endProcess(pid, options.graceMs);
      rmSync(options.pidFile, { force: true });
    },
  });

  const left = remembered(options.pidFile);
  if (left !== null) {
    const same = JSON.stringify(left.command) === JSON.stringify(command);
    if (same && (await waitUntilReady(left.pid, left.start, { ...options, readyWithinMs: 5000 }))) {
      options.log(`${options.name} still runs (process ${left.pid}); going on with it`);
      return part(left.pid, true);
    }
    await endProcess(left.pid, options.graceMs);
  }

  const output = openSync(options.logFile, 'a', 0o600);
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...options.env },
  });
  closeSync(output);
  const failed = await new Promise<Error | null>((resolve) => {
    child.once('spawn', () => resolve(null));
    child.once('error', resolve);
  });
  if (failed !== null || child.pid === undefined)
    throw new StartError(`${options.name} could not be started: ${failed?.message ?? 'no process'}`);
  child.unref();
  const { pid } = child;
  const start = processStart(pid) ?? '';
  writeFileSync(options.pidFile, JSON.stringify({ pid, start, command } satisfies Record), { mode: 0o600 });
  if (await waitUntilReady(pid, start, options)) return part(pid, false);
  await part(pid, false).stop();
  throw new StartError(`${options.name} did not come up. The end of ${options.logFile}: ${tail(options.logFile) || '(empty)'}`);
};
