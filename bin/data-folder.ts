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

/** What the first start made, for clients to begin with. The database cannot tell it again: it keeps only hashes of keys. */
export interface FirstStart {
  projects: { sandbox: ProjectKeys; live: ProjectKeys };
  /** In the sandbox. */
  signupSource: { url: string; secret: string };
}

/** What `dev.json` holds while Couponry runs. */
export interface DevelopmentFile extends FirstStart {
  /** Without `/v1`. */
  apiUrl: string;
  inboxUrl: string | null;
  temporalAddress: string;
}

/** Writes a file that only its owner may read, whole or not at all. */
const writeSecret = (file: string, text: string): void => {
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, text, { mode: 0o600 });
  renameSync(aside, file);
};

/** The file `first-start.json`. */
export interface Kept {
  read: () => FirstStart | null;
  write: (made: FirstStart) => void;
}

export interface DataFolder {
  path: string;
  /** 32 bytes, made once. */
  secretKey: () => Buffer;
  firstStart: Kept;
  development: { write: (file: DevelopmentFile) => void; remove: () => void };
  /** Lets another process have the folder. */
  release: () => void;
}

/**
 * What the Couponry that runs with this data folder says of itself.
 * @throws {StartError} where none runs
 */
export const readDevelopmentFile = (folder: string): DevelopmentFile => {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'dev.json'), 'utf8')) as DevelopmentFile;
  } catch (error) {
    throw new StartError(`Couponry does not run with the data folder ${folder}: run \`npm start\` in another terminal first`, {
      cause: error,
    });
  }
};

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
    firstStart: {
      read: () =>
        existsSync(file('first-start.json')) ? (JSON.parse(readFileSync(file('first-start.json'), 'utf8')) as FirstStart) : null,
      write: (made) => writeSecret(file('first-start.json'), `${JSON.stringify(made, null, 2)}\n`),
    },
    development: {
      write: (development) => writeSecret(file('dev.json'), `${JSON.stringify(development, null, 2)}\n`),
      remove: () => rmSync(file('dev.json'), { force: true }),
    },
    release: () => rmSync(file('couponry.lock'), { force: true }),
  };
};
