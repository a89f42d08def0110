import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate, MigrationError, pendingMigrations } from '../../db/migrate.ts';
import { type TestDatabase, createDatabase } from '../harness/database.ts';

const OWN = path.resolve('db/migrations');
let database: TestDatabase;
let folder: string;

/** A folder with the first `count` of our migrations. */
const copyMigrations = (count: number): void => {
  const names = readdirSync(OWN)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .slice(0, count);
  for (const name of names) cpSync(path.join(OWN, name), path.join(folder, name));
};

const tables = async (): Promise<string[]> => {
  const rows = await database.sql<
    { name: string }[]
  >`select relname as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1`;
  return rows.map((row) => row.name);
};

beforeEach(async () => {
  database = await createDatabase({ template: 'template1' });
  folder = mkdtempSync(path.join(tmpdir(), 'couponry-migrations-'));
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

test('an empty database becomes the newest, and a second run finds nothing to do', async () => {
  expect(await migrate(database.sql)).toEqual(readdirSync(OWN).sort());
  expect(await tables()).toContain('delivery');
  expect(await migrate(database.sql)).toEqual([]);
  expect(await pendingMigrations(database.sql)).toEqual([]);
});

test('a database of an earlier version keeps its rows', async () => {
  copyMigrations(1);
  await migrate(database.sql, folder);
  await database.sql`insert into project (id, app_id, name, mode) values ('proj_1', 'app_1', 'Live', 'live')`;
  expect((await pendingMigrations(database.sql))[0]).toBe('0002_customers.sql');
  await migrate(database.sql);
  expect(await database.sql`select name from project`).toMatchObject([{ name: 'Live' }]);
});

test('several processes that start at once apply each migration once', async () => {
  const applied = await Promise.all([migrate(database.sql), migrate(database.sql), migrate(database.sql)]);
  expect(applied.flat().sort()).toEqual(readdirSync(OWN).sort());
});

test('a migration that fails leaves the database as before it, and is named with its line', async () => {
  copyMigrations(1);
  writeFileSync(path.join(folder, '0002_broken.sql'), 'create table half (id text);\n\ncreate tabel other (id text);\n');
  const failing = migrate(database.sql, folder);
  await expect(failing).rejects.toThrow(MigrationError);
  await expect(failing).rejects.toThrow(/0002_broken\.sql failed, line 3: syntax error/);
  expect(await tables()).not.toContain('half');
  expect(await pendingMigrations(database.sql, folder)).toEqual(['0002_broken.sql']);
});

test('a migration that was changed after it was applied is refused', async () => {
  copyMigrations(2);
  await migrate(database.sql, folder);
  writeFileSync(path.join(folder, '0002_customers.sql'), 'create table customer (id text);');
  await expect(migrate(database.sql, folder)).rejects.toThrow(/0002_customers\.sql was changed/);
});

test('a database of a newer version is refused', async () => {
  writeFileSync(path.join(folder, '0001_projects.sql'), 'create table project (id text);');
  writeFileSync(path.join(folder, '0002_later.sql'), 'create table later (id text);');
  await migrate(database.sql, folder);
  rmSync(path.join(folder, '0002_later.sql'));
  await expect(migrate(database.sql, folder)).rejects.toThrow(/0002_later\.sql, which this version of Couponry does not know/);
});

test('an index can be made concurrently, outside a transaction', async () => {
  copyMigrations(1);
  writeFileSync(
    path.join(folder, '0002_index.sql'),
    '-- no-transaction\ncreate index concurrently if not exists project_mode on project (mode);\n',
  );
  expect(await migrate(database.sql, folder)).toContain('0002_index.sql');
});
