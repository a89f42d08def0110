import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect, type Sql } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { freePorts } from '../embedded/ports.ts';
import { startPostgres } from '../embedded/postgres.ts';
import { startTemporal } from '../embedded/temporal/start.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const canPin = process.platform === 'linux' && availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Core 0 serves, core 1 makes the load, where the machine can be told so. */
export const SERVER_CORE = 0;
const LOAD_CORE = 1;

/** Keeps a process on one core, so that the load does not take the server's time. */
const pin = (pid: number, core: number): void => {
  if (canPin) spawnSync('taskset', ['-a', '-p', '-c', String(core), String(pid)]);
};

export const pinLoad = (): void => pin(process.pid, LOAD_CORE);

/** Lets every child that is started from here on run where the system puts it. */
export const unpin = (pid: number): void => {
  if (canPin) spawnSync('taskset', ['-a', '-p', '-c', `0-${availableParallelism() - 1}`, String(pid)]);
};

export interface Sink {
  port: number;
  /** Called with each address that a mail was accepted for, and when (ms since 1970). */
  onMail: (listener: (to: string[], at: number) => void) => void;
}

export interface Servers {
  sql: Sql;
  databaseUrl: string;
  temporalAddress: string;
  sink: Sink;
  /** Starts `couponry api` or `couponry worker` against these servers, and resolves when it is ready. */
  start: (
    command: 'api' | 'worker',
    options?: { core?: number; databaseUrl?: string },
  ) => Promise<{ url: string; pid: number; stop: () => Promise<void> }>;
  /** Starts a script of this folder that takes a port and says `ready`. */
  startScript: (file: string, core?: number) => Promise<{ port: number; child: ChildProcess; stop: () => Promise<void> }>;
  /** Kills Temporal (-9). What it gives brings it back, with all that it knew. */
  killTemporal: () => Promise<() => Promise<void>>;
  stop: () => Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', () => resolve()));

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const answers = async (url: string): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined))?.ok === true;

/** Brings up Postgres with its durable defaults, Temporal and a mail sink in a throwaway folder. */
export const startServers = async (log: (line: string) => void): Promise<Servers> => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'couponry-bench-'));
  const [postgresPort = 0, temporalPort = 0] = await freePorts(2);
  const stops: (() => Promise<void>)[] = [];
  const postgres = await startPostgres({ dataDir, port: postgresPort, settings: { max_wal_size: '4GB', shared_buffers: '1GB' }, log });
  stops.push(postgres.stop);
  const temporalOptions = { dataDir, port: temporalPort, namespace: 'default', env: process.env, log };
  let temporal = await startTemporal(temporalOptions);
  stops.push(() => temporal.stop());
  const sql = connect(postgres.url, { max: 4, name: 'bench' });
  await migrate(sql);

  const startScript: Servers['startScript'] = async (file, core) => {
    const [port = 0] = await freePorts(1);
    const child = fork(here(file), [String(port)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    });
    if (core === undefined) unpin(child.pid as number);
    else pin(child.pid as number, core);
    const stop = async (): Promise<void> => {
      if (child.connected) child.disconnect();
      child.kill();
      await ended(child);
    };
    stops.push(stop);
    return { port, child, stop };
  };

  const sinkScript = await startScript('./sink.ts');
  const sink: Sink = {
    port: sinkScript.port,
    onMail: (listener) =>
      void sinkScript.child.on('message', (message) => {
        if (typeof message === 'object' && message !== null && 'to' in message) {
          const { to, at } = message as unknown as { to: string[]; at: number };
          listener(to, at);
        }
      }),
  };

  const secretKey = randomBytes(32).toString('base64');
  const start: Servers['start'] = async (command, options = {}) => {
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(process.execPath, [here('../bin/couponry.ts'), command], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        PORT: String(port),
        ...(command === 'worker' && { COUPONRY_WORKER_HEALTH_PORT: String(port) }),
        DATABASE_URL: options.databaseUrl ?? postgres.url,
        TEMPORAL_ADDRESS: temporal.address,
        SMTP_URL: `smtp://127.0.0.1:${sinkScript.port}`,
        COUPONRY_SECRET_KEY: secretKey,
        COUPONRY_DATA_DIR: dataDir,
        LOG_LEVEL: 'error',
      },
    });
    const pid = child.pid as number;
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      await ended(child);
    };
    stops.push(stop);
    if (options.core === undefined) unpin(pid);
    for (const until = Date.now() + 60_000; !(await answers(`${url}/readyz`)); await sleep(100)) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`couponry ${command} did not become ready`);
    }
    if (options.core !== undefined) pin(pid, options.core);
    return { url, pid, stop };
  };

  return {
    sql,
    databaseUrl: postgres.url,
    temporalAddress: temporal.address,
    sink,
    start,
    startScript,
    async killTemporal() {
      process.kill(temporal.pid, 'SIGKILL');
      while (isAlive(temporal.pid)) await sleep(20);
      return async () => {
        temporal = await startTemporal(temporalOptions);
      };
    },
    async stop() {
      await sql.end({ timeout: 1 });
      for (const stop of stops.toReversed()) await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};
