import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgetAnswers, runOnce } from '../../db/idempotency.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createDatabase();
  sql = database.sql;
  await sql`create table effect (key text)`;
});

afterAll(() => database.drop());

const request = (key: string, body = 'same') => ({ projectId: 'proj_1', key, requestHash: Buffer.from(body) });
const effects = async (key: string) => (await sql`select 1 from effect where key = ${key}`).length;
const happen =
  (key: string, pause = 0) =>
  async (tx: Tx) => {
    await tx`insert into effect values (${key})`;
    await sleep(pause);
    return { status: 201, body: { made: key } };
  };

test('a write that fifty send at once happens once, and all get its answer', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => runOnce(sql, request('storm'), happen('storm', 20))));
  expect(await effects('storm')).toBe(1);
  expect(new Set(answers.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
  expect(answers.filter((answer) => answer.headers?.['Idempotent-Replayed'] === 'true')).toHaveLength(49);
});

test('another body under the same key is refused', async () => {
  await runOnce(sql, request('reused'), happen('reused'));
  await expect(runOnce(sql, request('reused', 'other'), happen('reused'))).rejects.toMatchObject({ key: 'idempotency_key_reused' });
  expect(await effects('reused')).toBe(1);
});

test('what fails leaves no effect and no answer, so that it can be sent again', async () => {
  const fails = async (tx: Tx): Promise<never> => {
    await happen('fails')(tx);
    throw new Error('no');
  };
  await expect(runOnce(sql, request('fails'), fails)).rejects.toThrow('no');
  expect(await effects('fails')).toBe(0);
  expect(await runOnce(sql, request('fails'), happen('fails'))).toEqual({ status: 201, body: { made: 'fails' } });
});

test('a refusal is answered again, and the effect before it is gone', async () => {
  const refuses = async (tx: Tx): Promise<never> => {
    await happen('refused')(tx);
    throw new Error('there is none');
  };
  const refusalOf = (error: unknown) => (error instanceof Error ? { status: 404, body: { message: error.message } } : null);
  expect(await runOnce(sql, request('refused'), refuses, refusalOf)).toEqual({ status: 404, body: { message: 'there is none' } });
  expect(await runOnce(sql, request('refused'), happen('refused'), refusalOf)).toMatchObject({
    status: 404,
    headers: { 'Idempotent-Replayed': 'true' },
  });
  expect(await effects('refused')).toBe(0);
});

test('one that still runs after two seconds is told so', async () => {
  const slow = runOnce(sql, request('slow'), happen('slow', 3_000));
  await sleep(100);
  await expect(runOnce(sql, request('slow'), happen('slow'))).rejects.toMatchObject({ key: 'multiple_requests' });
  await slow;
  expect(await effects('slow')).toBe(1);
});

test('an answer without a body is given again without one', async () => {
  const nothing = () => Promise.resolve({ status: 204 });
  await runOnce(sql, request('empty'), nothing);
  expect(await runOnce(sql, request('empty'), nothing)).toMatchObject({ status: 204, body: undefined });
});

test('a key may be used for something else after a day', async () => {
  await runOnce(sql, request('yesterday'), happen('yesterday'));
  await sql`update idempotency set created_at = now() - interval '25 hours' where key = 'yesterday'`;
  expect(await runOnce(sql, request('yesterday', 'other'), happen('yesterday'))).toMatchObject({ status: 201 });
  expect(await runOnce(sql, request('yesterday', 'other'), happen('yesterday'))).toMatchObject({
    headers: { 'Idempotent-Replayed': 'true' },
  });
  expect(await effects('yesterday')).toBe(2);
});

test('answers of the day before are dropped, and others kept', async () => {
  await Promise.all(['old-1', 'old-2', 'new'].map((key) => runOnce(sql, request(key), happen(key))));
  await sql`update idempotency set created_at = now() - interval '26 hours' where key like 'old-%'`;
  await forgetAnswers(sql);
  const kept = await sql<{ key: string }[]>`select key from idempotency where key in ('old-1', 'old-2', 'new')`;
  expect(kept.map((row) => row.key)).toEqual(['new']);
});

test('a deadlock is tried again', async () => {
  await sql`insert into effect values ('left'), ('right')`;
  const both = (first: string, second: string) => async (tx: Tx) => {
    await tx`update effect set key = key where key = ${first}`;
    await sleep(100);
    await tx`update effect set key = key where key = ${second}`;
    return { status: 200 };
  };
  const answers = await Promise.all([
    runOnce(sql, request('deadlock-1'), both('left', 'right')),
    runOnce(sql, request('deadlock-2'), both('right', 'left')),
  ]);
  expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
});
