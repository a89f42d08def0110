import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect, type Sql } from '../../db/client.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;
let pool: Sql;

beforeAll(async () => {
  database = await createDatabase();
  await database.sql`create table note (id integer, place bigserial)`;
});

beforeEach(async () => {
  await database.sql`truncate note`;
  pool = connect(database.url, { name: 'victim', max: 3 });
  await pool`select 1`;
});

afterAll(() => database.drop());

const kill = () => database.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`;
const notes = async () => (await database.sql<{ id: number }[]>`select id from note order by place`).map((row) => row.id);

describe('a transaction whose connection is lost', () => {
  test('fails, also when the server goes away between its statements, and writes nothing by what it tries after', async () => {
    const attempts: unknown[] = [];
    const transaction = pool.begin(async (tx) => {
      await tx`insert into note (id) values (1)`;
      await kill();
      // The pool has a new session by now, on which this would take effect alone.
      await sleep(200);
      attempts.push(await tx`insert into note (id) values (2)`.catch((error: unknown) => error));
    });
    await expect(transaction).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await pool`insert into note (id) values (3)`;
    await sleep(400);
    expect(await notes()).toEqual([3]);
    await pool.end();
  });

  test('is not committed by what comes after', async () => {
    const transaction = pool.begin(async (tx) => {
      await tx`insert into note (id) values (1)`;
      await kill();
      await sleep(100);
      return 'done';
    });
    await expect(transaction).rejects.toBeInstanceOf(Error);
    expect(await notes()).toEqual([]);
    await pool.end();
  });
});

describe('a pool whose connections are killed again and again under load', () => {
  test('answers every caller, works on as before, and ends', async () => {
    const load = { on: true };
    const outcomes = { done: 0, failed: 0 };
    const lane = async (id: number) => {
      while (load.on) {
        const work =
          id % 2 === 0
            ? pool`select pg_sleep(0.002), ${id}::integer`
            : pool.begin(async (tx) => {
                await tx`insert into note (id) values (${id})`;
                await tx`select pg_sleep(0.002)`;
                await tx`insert into note (id) values (${-id})`;
              });
        await work.then(
          () => outcomes.done++,
          () => outcomes.failed++,
        );
      }
    };
    const lanes = Promise.all(Array.from({ length: 6 }, (_, id) => lane(id)));
    for (let kills = 0; kills < 40; kills++) {
      await sleep(25);
      await kill();
    }
    await sleep(500);
    const before = outcomes.done;
    await sleep(1000);
    expect(outcomes.done - before).toBeGreaterThan(100);
    expect(outcomes.failed).toBeGreaterThan(0);
    load.on = false;
    await lanes;
    await pool.end();
    const halves = await database.sql`select sum(id) as sum from note`;
    expect(Number(halves[0]?.sum)).toBe(0);
  });
});
