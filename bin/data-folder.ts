import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StartError } from '../embedded/part.ts';
import { processStart } from '../embedded/process-identity.ts';

export interface ProjectKeys {
  appId: string;
  secretKey: string;
  publishableKey: string;
}

/** What the first start made and the database cannot tell again: it keeps only hashes of keys. */
export interface Keys {
  sandbox: ProjectKeys;
  live: ProjectKeys;
}

/** What `dev.json` holds while Couponry runs. */
export interface DevelopmentFile {
  /** Without `/v1`. */
  apiUrl: string;
  inboxUrl: string | null;
  temporalAddress: string;
  projects: Keys;
  signupSource: { url: string; secret: string };
}

/** Writes a file that only its owner may read, whole or not at all. */
const writeSecret = (file: string, text: string): void => {
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, text, { mode: 0o600 });
  renameSync(aside, file);
};

export interface DataFolder {
  path: string;
  /** 32 bytes, made once. */
  secretKey: () => Buffer;
  keys: { read: () => Keys | null; write: (keys: Keys) => void };
  development: { write: (file: DevelopmentFile) => void; remove: () => void };
  /** Lets another process have the folder. */
  release: () => void;
}

const lock = (file: string): void => {
  const mine = JSON.stringify({ pid: process.pid, start: processStart(process.pid) });
  if (existsSync(file)) {
    const other = JSON.parse(readFileSync(file, 'utf8') || '{}') as { pid?: number; start?: string };
    if (other.pid !== undefined && processStart(other.pid) === other.start) {
      throw new StartError(
        `Couponry already runs with the data folder ${path.dirname(file)} (process ${other.pid}): stop it, or set COUPONRY_DATA_DIR to another folder`,
      );
    }
    rmSync(file);
  }
  writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
};

/**
 * Opens the data folder, made where it is missing, for this process alone.
 * @throws {StartError} where it cannot be written or is in use
 */
export const openDataFolder = (folder: string): DataFolder => {
  const file = (name: string) => path.join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file('.writable'), '');
    rmSync(file('.writable'));
  } catch (error) {
    throw new StartError(
      `The data folder ${folder} cannot be written (${(error as NodeJS.ErrnoException).code}): set COUPONRY_DATA_DIR to a folder that can`,
      { cause: error },
    );
  }
  lock(file('couponry.lock'));
  return {
    path: folder,
    secretKey: () => {
      if (!existsSync(file('secret-key'))) writeSecret(file('secret-key'), randomBytes(32).toString('base64'));
      return Buffer.from(readFileSync(file('secret-key'), 'utf8'), 'base64');
    },
    keys: {
      read: () => (existsSync(file('keys.json')) ? (JSON.parse(readFileSync(file('keys.json'), 'utf8')) as Keys) : null),
      write: (keys) => writeSecret(file('keys.json'), `${JSON.stringify(keys, null, 2)}\n`),
    },
    development: {
      write: (development) => writeSecret(file('dev.json'), `${JSON.stringify(development, null, 2)}\n`),
      remove: () => rmSync(file('dev.json'), { force: true }),
    },
    release: () => rmSync(file('couponry.lock'), { force: true }),
  };
};
