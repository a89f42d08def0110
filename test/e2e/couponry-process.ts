import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A command of Couponry that runs as its own process, as a user starts it. */
export interface CouponryProcess {
  child: ChildProcess;
  /** Everything it and its children printed. */
  output: () => string;
  ended: Promise<Ended>;
  /** Resolves with true once the output has the text; rejects when the process ends first or it takes too long. */
  prints: (text: string | RegExp, withinMs?: number) => Promise<void>;
  /** As Ctrl-C in a terminal does, and says how long it took. */
  interrupt: () => Promise<Ended & { afterMs: number }>;
}

/** The environment of this test run without what would configure Couponry. */
const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(COUPONRY_|TEMPORAL_|DATABASE_URL$|SMTP_URL$|PORT$|HOST$|LOG_LEVEL$|VITEST|NODE_ENV$|NODE_OPTIONS$)/.test(name),
    ),
  );

/** Runs `couponry` with arguments. */
export const runCouponry = (args: string[], env: NodeJS.ProcessEnv, cwd = process.cwd()): CouponryProcess =>
  run(process.execPath, [`${process.cwd()}/bin/couponry.ts`, ...args], env, cwd);

/** Runs `npm start`, as the README says. */
export const runNpmStart = (env: NodeJS.ProcessEnv): CouponryProcess => run('npm', ['start', '--silent'], env, process.cwd());

const run = (command: string, args: string[], env: NodeJS.ProcessEnv, cwd: string): CouponryProcess => {
  const child = spawn(command, args, {
    cwd,
    // A process group of its own, so that a signal to it is not one to vitest.
    detached: true,
    env: { ...plainEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  let over = false;
  void ended.then(() => (over = true));
  return {
    child,
    output: () => output,
    ended,
    prints: async (text, withinMs = 120_000) => {
      const found = () => (typeof text === 'string' ? output.includes(text) : text.test(output));
      for (const until = Date.now() + withinMs; Date.now() < until; await sleep(50)) {
        if (found()) return;
        if (over) throw new Error(`it ended without printing ${text}:\n${output}`);
      }
      throw new Error(`it did not print ${text} within ${withinMs} ms:\n${output}`);
    },
    interrupt: async () => {
      const startedAt = Date.now();
      if (child.pid !== undefined && !over) process.kill(-child.pid, 'SIGINT');
      return { ...(await ended), afterMs: Date.now() - startedAt };
    },
  };
};
