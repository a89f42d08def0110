import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Sql } from '../../db/client.ts';
import { copyField, copyRows } from '../../db/copy.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createDatabase();
  sql = database.sql;
  await sql`create table coin (id integer primary key, face text)`;
});

beforeEach(async () => {
  await sql`truncate coin`;
  await sql`insert into coin (id, face) values (-1, 'kept')`;
});

afterAll(() => database.drop());

/** Rows of 5,000 characters, so that Postgres looks at them while they still come. */
const lines = (ids: number[]): string[] => ids.map((id) => `${id}\t${'x'.repeat(5_000)}\n`);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** What a transaction that writes before and after finds in the end. */
const written = async (chunks: Iterable<string>): Promise<{ copied: boolean; coins: number }> => {
  const copied = await sql.begin(async (tx) => {
    await tx`insert into coin (id, face) values (-2, 'before')`;
    const done = await copyRows(tx, 'coin', ['id', 'face'], chunks);
    await tx`insert into coin (id, face) values (-3, 'after')`;
    return done;
  });
  const [row] = await sql<{ count: number }[]>`select count(*) from coin`;
  return { copied, coins: row!.count };
};

test('rows are written as they are, whatever characters they have', async () => {
  const faces = ['a\tb', 'c\nd\r', 'e\\N', '\\', '', '"ü"', '👑', null];
  const rows = faces.map((face, id) => `${copyField(id)}\t${copyField(face)}\n`);
  expect(await written(rows)).toEqual({ copied: true, coins: faces.length + 3 });
  const found = await sql<{ face: string }[]>`select face from coin where id >= 0 order by id`;
  expect(found.map(({ face }) => face)).toEqual(faces);
});

test.each<[string, number[]]>([
  ['first', [-1, ...numbers(3_000)]],
  ['in the middle', [...numbers(2_000), -1, ...numbers(3_000).slice(2_000)]],
  ['last', [...numbers(3_000), -1]],
  ['alone', [-1]],
])('a row that is refused %s keeps all out, and the transaction goes on', async (_where, ids) => {
  expect(await written(lines(ids))).toEqual({ copied: false, coins: 3 });
});

test('no rows are none', async () => {
  expect(await written([])).toEqual({ copied: true, coins: 3 });
});

test('rows that cannot be made fail the transaction, and the connection serves the next', async () => {
  function* failing(): Generator<string> {
    yield* lines(numbers(100));
    throw new Error('no more');
  }
  await expect(written(failing())).rejects.toThrow('no more');
  expect(await written(lines(numbers(10)))).toEqual({ copied: true, coins: 13 });
});
