import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { StartError } from './part.ts';

export interface Account {
  uid: number;
  gid: number;
}

const accountNamed = (name: string): Account | null => {
  try {
    const entry = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.split(':');
    if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) };
    const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
};

/**
 * The account that runs Postgres, which refuses to run as root: the owner of the data folder, or `postgres`, or `nobody`.
 * `null` where we are not root: it is ourselves.
 */
export const unprivilegedAccount = (dataDir: string): Account | null => {
  if (process.getuid?.() !== 0) return null;
  const owner = statSync(dataDir);
  if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = accountNamed('postgres') ?? accountNamed('nobody');
  if (account === null) {
    throw new StartError(
      'Postgres refuses to run as root and there is no user `postgres` or `nobody`: run Couponry as an ordinary user, or set DATABASE_URL',
    );
  }
  return account;
};

/** Whether an account may pass every folder on the way to a path. */
const canReach = (target: string, account: Account): boolean => {
  for (let folder = path.resolve(target); ; folder = path.dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if (statSync(folder).isDirectory() && (mode & bit) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
};

/** Whether an account may run the program, as far as permissions of folders tell. */
export const reaches = (target: string, account: Account | null): boolean => account === null || canReach(target, account);

/**
 * A folder below the data folder that belongs to the account. Where the account cannot pass the folders above it (a clone in root's
 * closed home), it lies in /var/lib/couponry instead, under a name made from the data folder's.
 */
export const ownedFolder = (dataDir: string, name: string, account: Account | null): string => {
  const inside = path.join(dataDir, name);
  if (account === null) {
    mkdirSync(inside, { recursive: true, mode: 0o700 });
    return inside;
  }
  // The secrets in the data folder are files of mode 0600; the folder itself may be passed.
  if (statSync(dataDir).uid === 0) chmodSync(dataDir, 0o711);
  const elsewhere = path.join('/var/lib/couponry', createHash('sha256').update(path.resolve(dataDir)).digest('hex').slice(0, 16), name);
  const folder = canReach(dataDir, account) ? inside : elsewhere;
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  chownSync(folder, account.uid, account.gid);
  chmodSync(folder, 0o700);
  return folder;
};
