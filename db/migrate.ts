import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type postgres from 'postgres';
import type { Db, Sql } from './client.ts';

interface Migration {
  name: string;
  text: string;
  checksum: string;
}

/** A migration failed, or the database does not fit these migrations. The message is one line that says what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

const OWN_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any number does, as long as nothing else in the database uses it. */
const LOCK = 7_205_119_301;

const readMigrations = (folder: string): Migration[] =>
  readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const text = readFileSync(`${folder}/${name}`, 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    });

const appliedTo = async (db: Db): Promise<Map<string, string>> => {
  const [table] = await db`select to_regclass('schema_migration') is not null as exists`;
  if (table?.exists !== true) return new Map();
  const rows = await db<{ name: string; checksum: string }[]>`select name, checksum from schema_migration`;
  return new Map(rows.map((row) => [row.name, row.checksum]));
};

const checkFit = (migrations: Migration[], applied: Map<string, string>): void => {
  const known = new Map(migrations.map((each) => [each.name, each]));
  for (const [name, checksum] of applied) {
    const migration = known.get(name);
    if (migration === undefined) {
      throw new MigrationError(`The database has migration ${name}, which this version of Couponry does not know: run a newer version`);
    }
    if (migration.checksum !== checksum) {
      throw new MigrationError(
        `Migration ${name} was changed after it was applied to this database: restore the file, and put the change into a new one`,
      );
    }
  }
};

const failure = (migration: Migration, error: unknown): MigrationError => {
  const { message, position } = error as postgres.PostgresError;
  const line = position === undefined ? '' : `, line ${migration.text.slice(0, Number(position)).split('\n').length}`;
  return new MigrationError(
    `Migration ${migration.name} failed${line}: ${message}. The database is as before it; mend the file and start again`,
    { cause: error },
  );
};

/** The names of the migrations that the database does not have yet. */
export const pendingMigrations = async (db: Db, folder = OWN_FOLDER): Promise<string[]> => {
  const applied = await appliedTo(db);
  return readMigrations(folder)
    .map((each) => each.name)
    .filter((name) => !applied.has(name));
};

/**
 * Brings the database to the newest version: numbered SQL files in order, each in a transaction with its record, one process at a time.
 * A file that says `-- no-transaction` holds a single statement that can be repeated, such as `create index concurrently if not exists`.
 * @returns the names of the files that were applied
 * @throws {MigrationError}
 */
export const migrate = async (sql: Sql, folder = OWN_FOLDER): Promise<string[]> => {
  const migrations = readMigrations(folder);
  // The lock belongs to a connection, which therefore does all of it.
  const connection = await sql.reserve();
  try {
    await connection`select pg_advisory_lock(${LOCK})`;
    await connection`create table if not exists schema_migration (
      name text primary key, checksum text not null, applied_at timestamptz not null default now())`;
    const applied = await appliedTo(connection);
    checkFit(migrations, applied);
    const missing = migrations.filter((each) => !applied.has(each.name));
    for (const migration of missing) {
      const inTransaction = !migration.text.includes('-- no-transaction');
      try {
        if (inTransaction) await connection`begin`;
        await connection.unsafe(migration.text);
        await connection`insert into schema_migration (name, checksum) values (${migration.name}, ${migration.checksum})`;
        if (inTransaction) await connection`commit`;
      } catch (error) {
        if (inTransaction) await connection`rollback`;
        throw failure(migration, error);
      }
    }
    return missing.map((each) => each.name);
  } finally {
    await connection`select pg_advisory_unlock(${LOCK})`.catch(() => undefined);
    connection.release();
  }
};
