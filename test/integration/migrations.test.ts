import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeBatches } from '../../db/bulk/imports.ts';
import { migrate, MigrationError, pendingMigrations } from '../../db/migrate.ts';
import { type TestDatabase, createDatabase } from '../harness/database.ts';

const OWN = path.resolve('db/migrations');
let database: TestDatabase;
let folder: string;

/** A folder with those of our migrations that come before `end`. */
const copyMigrations = (end: string): void => {
  const names = readdirSync(OWN).filter((name) => name.endsWith('.sql') && name < end);
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
  copyMigrations('0002');
  await migrate(database.sql, folder);
  await database.sql`insert into project (id, app_id, name, mode) values ('proj_1', 'app_1', 'Live', 'live')`;
  expect((await pendingMigrations(database.sql))[0]).toBe('0002_customers.sql');
  await migrate(database.sql);
  expect(await database.sql`select name from project`).toMatchObject([{ name: 'Live' }]);
});

test('vouchers that waited for their import still do', async () => {
  copyMigrations('0027');
  await migrate(database.sql, folder);
  await database.sql`insert into project (id, app_id, name, mode) values ('proj_1', 'app_1', 'Live', 'live')`;
  await database.sql`
    insert into async_action (project_id, id, type, request, total, created_at, updated_at)
    values ('proj_1', 'aa_1', 'VOUCHERS_IMPORT', '{}', 2, now(), now()), ('proj_1', 'aa_2', 'CUSTOMERS_IMPORT', '{}', 1, now(), now())`;
  const waiting = ['A', 'B'].map((code, index) => ({ line: index + 2, voucher: { code, quantity: index } }));
  const customers = [{ line: 2, customer: { sourceId: 'ada' } }];
  for (const [action, rows] of [['aa_1', waiting] as const, ['aa_2', customers] as const])
    await database.sql`
      insert into import_batch (project_id, action_id, number, rows) values ('proj_1', ${action}, 0, ${database.sql.json(rows)})`;
  await migrate(database.sql);
  const take = (id: string) => database.sql.begin((tx) => takeBatches(tx, { projectId: 'proj_1', id }, 10));
  expect(await take('aa_1')).toMatchObject([
    { line: 2, code: 'A', shared: { quantity: 0, loyaltyPoints: null } },
    { line: 3, code: 'B', shared: { quantity: 1 } },
  ]);
  expect(await take('aa_2')).toEqual(customers);
});

test('several processes that start at once apply each migration once', async () => {
  const applied = await Promise.all([migrate(database.sql), migrate(database.sql), migrate(database.sql)]);
  expect(applied.flat().sort()).toEqual(readdirSync(OWN).sort());
});

test('a migration that fails leaves the database as before it, and is named with its line', async () => {
  copyMigrations('0002');
  writeFileSync(path.join(folder, '0002_broken.sql'), 'create table half (id text);\n\ncreate tabel other (id text);\n');
  const failing = migrate(database.sql, folder);
  await expect(failing).rejects.toThrow(MigrationError);
  await expect(failing).rejects.toThrow(/0002_broken\.sql failed, line 3: syntax error/);
  expect(await tables()).not.toContain('half');
  expect(await pendingMigrations(database.sql, folder)).toEqual(['0002_broken.sql']);
});

test('a migration that was changed after it was applied is refused', async () => {
  copyMigrations('0003');
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
  copyMigrations('0002');
  writeFileSync(
    path.join(folder, '0002_index.sql'),
    '-- no-transaction\ncreate index concurrently if not exists project_mode on project (mode);\n',
  );
  expect(await migrate(database.sql, folder)).toContain('0002_index.sql');
});
