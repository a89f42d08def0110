import { spawn } from 'node:child_process';
import { accessSync, constants, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../part.ts';

/** The version that is built, and that time travel needs. */
export const SERVER_VERSION = '1.32.0';

/** A program that serves Temporal: the server itself, or the command line's dev server. */
export interface TemporalProgram {
  kind: 'server' | 'dev-server';
  file: string;
}

/** Where Couponry keeps what is costly to make: `~/.cache/couponry`, or as the platform and XDG_CACHE_HOME say. */
export const cacheFolder = (env: NodeJS.ProcessEnv): string => {
  const base = process.platform === 'darwin' ? path.join(homedir(), 'Library/Caches') : path.join(homedir(), '.cache');
  return path.join(env.XDG_CACHE_HOME || base, 'couponry');
};

const builtServer = (cache: string): string => path.join(cache, `temporal-server-${SERVER_VERSION}`, 'server');

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

export const onPath = (command: string, env: NodeJS.ProcessEnv): string | null =>
  (env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '' && !folder.endsWith('node_modules/.bin'))
    .map((folder) => path.join(folder, command))
    .find(isProgram) ?? null;

export const findBuiltServer = (cache: string): TemporalProgram | null => {
  const file = builtServer(cache);
  return isProgram(file) ? { kind: 'server', file } : null;
};

interface Run {
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  limitMs?: number;
  signal?: AbortSignal;
}

/** Runs a command to its end, in a process group of its own that a limit or an abort ends whole. Resolves to what went wrong, or null. */
const runToEnd = ({ command, args, env, limitMs, signal }: Run): Promise<string | null> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
    let errors = '';
    let why = '';
    const end = (reason: string): void => {
      why = reason;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = limitMs === undefined ? undefined : setTimeout(() => end(`not within ${limitMs / 1000} s`), limitMs);
    const abort = (): void => end('interrupted');
    signal?.addEventListener('abort', abort, { once: true });
    child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)));
    child.once('error', (error) => (why = error.message));
    child.once('close', (code) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve(code === 0 ? null : why || (errors.trim().split('\n').at(-1) ?? '') || `exit code ${code}`);
    });
  });

const downloaded = (folder: string): TemporalProgram | null => {
  const file = globSync('temporal*', { cwd: folder })
    .map((name) => path.join(folder, name))
    .find(isProgram);
  return file === undefined ? null : { kind: 'dev-server', file };
};

export const findDownloaded = (cache: string): TemporalProgram | null => downloaded(path.join(cache, 'temporal-dev-server'));

/** Lets Temporal's SDK download its dev server. It starts that once, in a process of its own, so that the limit can end it. */
export const download = async (cache: string, limitMs: number, signal?: AbortSignal): Promise<TemporalProgram | string> => {
  const folder = path.join(cache, 'temporal-dev-server');
  mkdirSync(folder, { recursive: true });
  const script = fileURLToPath(new URL('./download.ts', import.meta.url));
  const wrong = await runToEnd({ command: process.execPath, args: [script, folder], limitMs, signal });
  return downloaded(folder) ?? wrong ?? 'the download holds no program';
};

/** Builds the server with Go. Complete, or not there: it is built aside and moved. */
export const build = async (go: string, cache: string, log: Log, signal?: AbortSignal): Promise<TemporalProgram | string> => {
  const target = builtServer(cache);
  mkdirSync(path.dirname(target), { recursive: true });
  const aside = mkdtempSync(path.join(cache, 'building-'));
  const startedAt = Date.now();
  const progress = setInterval(() => log(`Temporal: still building, ${Math.round((Date.now() - startedAt) / 1000)} s so far`), 15_000);
  try {
    const args = ['install', '-ldflags=-s -w', `go.temporal.io/server/cmd/server@v${SERVER_VERSION}`];
    const wrong = await runToEnd({ command: go, args, env: { GOBIN: aside, GOFLAGS: '' }, signal });
    if (wrong !== null) return wrong;
    renameSync(path.join(aside, 'server'), target);
    return { kind: 'server', file: target };
  } finally {
    clearInterval(progress);
    rmSync(aside, { recursive: true, force: true });
  }
};
