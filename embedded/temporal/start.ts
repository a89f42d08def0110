import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startDetached } from '../detached.ts';
import { type Log, type Part, StartError } from '../part.ts';
import { freePorts } from '../ports.ts';
import { findProgram } from './cascade.ts';
import { DYNAMIC_CONFIG } from './config.ts';
import { answers, ensureNamespace } from './namespace.ts';
import type { TemporalProgram } from './programs.ts';
import { writeServerFiles } from './server-files.ts';

export interface TemporalOptions {
  dataDir: string;
  port: number;
  namespace: string;
  env: NodeJS.ProcessEnv;
  log: Log;
  /** Ends a download or a build that takes minutes. */
  signal?: AbortSignal;
}

export interface EmbeddedTemporal extends Part {
  address: string;
  /** Temporal's web UI; only the dev server brings one. */
  uiUrl: string | null;
}

const STATE = 'program.json';

/** What this folder's state was made by, so that a `temporal` command that appears later does not start beside it with empty hands. */
const programOf = (folder: string): TemporalProgram | null => {
  const file = path.join(folder, STATE);
  if (!existsSync(file)) return null;
  const program = JSON.parse(readFileSync(file, 'utf8')) as TemporalProgram;
  return existsSync(program.file) ? program : null;
};

const devServerArguments = (folder: string, options: TemporalOptions, uiPort: number): string[] => {
  const flags = {
    ip: '127.0.0.1',
    port: options.port,
    'ui-ip': '127.0.0.1',
    'ui-port': uiPort,
    'db-filename': path.join(folder, 'dev-server.db'),
  };
  return [
    'server',
    'start-dev',
    ...Object.entries({ ...flags, namespace: options.namespace, 'log-level': 'warn' }).flatMap(([flag, value]) => [
      `--${flag}`,
      String(value),
    ]),
    ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
  ];
};

const uiPortOf = async (folder: string): Promise<number> => {
  const file = path.join(folder, 'ui-port');
  if (!existsSync(file)) writeFileSync(file, String((await freePorts(1))[0]));
  return Number(readFileSync(file, 'utf8'));
};

/**
 * Brings up a Temporal server with its state in the data folder, or adopts the one that still runs there, and makes the namespace usable.
 * @throws {StartError}
 */
export const startTemporal = async (options: TemporalOptions): Promise<EmbeddedTemporal> => {
  const folder = path.join(options.dataDir, 'temporal');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const program = programOf(folder) ?? (await findProgram(options));
  writeFileSync(path.join(folder, STATE), JSON.stringify(program));

  const address = `127.0.0.1:${options.port}`;
  const uiPort = program.kind === 'dev-server' ? await uiPortOf(folder) : null;
  const args =
    uiPort === null
      ? ['--config-file', await writeServerFiles(folder, options.port, await answers(address)), '--allow-no-auth', 'start']
      : devServerArguments(folder, options, uiPort);
  const part = await startDetached({
    name: 'Temporal',
    command: program.file,
    args,
    logFile: path.join(folder, 'temporal.log'),
    pidFile: path.join(folder, 'temporal.pid'),
    ready: () => answers(address),
    readyWithinMs: 60_000,
    // Its state is SQLite with full synchronization, which a SIGKILL cannot harm.
    graceMs: 2500,
    log: options.log,
  });
  try {
    await ensureNamespace(address, options.namespace);
  } catch (error) {
    await part.stop();
    throw new StartError(`Temporal's namespace ${options.namespace} could not be made: ${(error as Error).message}`);
  }
  return { ...part, address, uiUrl: uiPort === null ? null : `http://127.0.0.1:${uiPort}` };
};
