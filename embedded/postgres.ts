import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Log, type Part, StartError } from './part.ts';
import { postgresPrograms } from './postgres-programs.ts';
import { processName } from './process-identity.ts';
import { type Account, ownedFolder, unprivilegedAccount } from './unprivileged.ts';

export interface PostgresOptions {
  dataDir: string;
  port: number;
  /** Server settings beside the defaults, such as `{ fsync: 'off' }`. */
  settings?: Record<string, string>;
  log: Log;
}

export interface EmbeddedPostgres extends Part {
  /** Of the database `postgres`; it holds the password. */
  url: string;
  port: number;
}

const DEFAULT_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  // A gathered redemption holds one advisory lock for each idempotency key.
  max_locks_per_transaction: '256',
  shared_buffers: '256MB',
};

const run = (program: string, args: string[], account: Account | null, cwd: string): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve, reject) => {
    // pg_ctl's server inherits its output, so a pipe would stay open for as long as it runs: only initdb and pg_ctl's own lines are awaited.
    const child = spawn(program, args, {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      ...account,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('exit', (code) => {
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code, output: output.trim() });
    });
  });

/** The process and port of a server that runs in the folder; `null` when there is none. A pid file that another program's process id stands in is removed. */
const runningIn = (cluster: string): { pid: number; port: number } | null => {
  const file = path.join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  if (processName(pid) === 'postgres') return { pid, port: Number(lines[3]) };
  rmSync(file);
  return null;
};

const passwordIn = (folder: string, account: Account | null): string => {
  const file = path.join(folder, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (account !== null) chownSync(file, account.uid, account.gid);
  return readFileSync(file, 'utf8');
};

/**
 * Brings up Postgres 18 in the data folder, made on the first call, or adopts the one that still runs there.
 * @throws {StartError}
 */
export const startPostgres = async (options: PostgresOptions): Promise<EmbeddedPostgres> => {
  const account = unprivilegedAccount(options.dataDir);
  const folder = ownedFolder(options.dataDir, 'postgres', account);
  if (!folder.startsWith(options.dataDir))
    options.log(`Postgres: it may not pass the folders above the data folder, so its files are in ${folder}`);
  const programs = postgresPrograms(folder, account);
  const cluster = path.join(folder, 'cluster');
  const logFile = path.join(folder, 'postgres.log');
  const password = passwordIn(folder, account);
  const part = (pid: number, port: number, adopted: boolean): EmbeddedPostgres => ({
    pid,
    port,
    adopted,
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      if (runningIn(cluster) === null) return;
      const { code, output } = await run(programs.pgCtl, ['stop', '-w', '-t', '4', '-m', 'fast', '-D', cluster], account, folder);
      if (code !== 0 && runningIn(cluster) !== null) {
        const at = await run(programs.pgCtl, ['stop', '-w', '-t', '3', '-m', 'immediate', '-D', cluster], account, folder);
        if (at.code !== 0) throw new StartError(`Postgres does not stop: ${output}`);
      }
    },
  });

  if (!existsSync(path.join(cluster, 'PG_VERSION'))) {
    options.log('Postgres: making a new database cluster');
    // What an initdb that was interrupted left.
    rmSync(cluster, { recursive: true, force: true });
    const args = [
      '-D',
      cluster,
      '--encoding=UTF8',
      '--locale=C',
      '--username=postgres',
      '--auth=scram-sha-256',
      `--pwfile=${path.join(folder, 'password')}`,
    ];
    const { code, output } = await run(
      programs.initdb,
      [...args, ...(options.settings?.fsync === 'off' ? ['--no-sync'] : [])],
      account,
      folder,
    );
    if (code !== 0) throw new StartError(`Postgres could not make its cluster in ${cluster}: ${output.split('\n').slice(-3).join(' | ')}`);
  }
  const left = runningIn(cluster);
  if (left !== null) {
    options.log(`Postgres still runs (process ${left.pid}); going on with it`);
    return part(left.pid, left.port, true);
  }

  const settings = Object.entries({ ...DEFAULT_SETTINGS, port: String(options.port), ...options.settings });
  const flags = settings.map(([name, value]) => `-c ${name}=${value}`).join(' ');
  const { code, output } = await run(
    programs.pgCtl,
    ['start', '-w', '-t', '60', '-D', cluster, '-l', logFile, '-o', flags],
    account,
    folder,
  );
  const started = runningIn(cluster);
  if (code === 0 && started !== null) return part(started.pid, started.port, false);
  const end = existsSync(logFile) ? readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join(' | ') : output;
  throw new StartError(`Postgres did not come up. The end of ${logFile}: ${end}`);
};
