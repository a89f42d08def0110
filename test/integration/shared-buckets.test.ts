import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createSharedBuckets, type Bucket, type SharedBuckets } from '../../api/http/shared-buckets.ts';
import { removeFullRateBuckets, useRateBuckets } from '../../db/project/rate-buckets.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { until } from '../harness/relay.ts';

let database: TestDatabase;
let bucket: Bucket;
let made = 0;
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(() => {
  made += 1;
  bucket = { name: `bucket ${made}`, count: 200, windowMs: 60_000 };
});
afterAll(() => database.drop());

/** Uses it once, as a request does; whether it may. */
const take = async (buckets: SharedBuckets): Promise<boolean> => {
  for (let unsure = buckets.unsure([bucket]); unsure !== null; unsure = buckets.unsure([bucket])) await unsure;
  return buckets.use(bucket).admitted;
};

/** How many are admitted of so many that come at once, spread evenly. */
const storm = async (processes: SharedBuckets[], count: number): Promise<number> => {
  const tried = Array.from({ length: count }, (_, index) => take(processes[index % processes.length]!));
  return (await Promise.all(tried)).filter(Boolean).length;
};

/** What fills up again meanwhile. */
const refilled = (since: number): number => Math.ceil(((performance.now() - since) / bucket.windowMs) * bucket.count);

test('processes that share a bucket exceed it by no more than a twentieth for each other one, whoever comes at once', async () => {
  const processes = Array.from({ length: 3 }, () => createSharedBuckets(database.sql));
  const since = performance.now();
  const admitted = await storm(processes, 900);
  expect(admitted).toBeGreaterThanOrEqual(200);
  expect(admitted).toBeLessThanOrEqual(200 + 2 * 10 + refilled(since));
});

test('what was exceeded is made up for: over a longer time the limit holds exactly', async () => {
  bucket = { ...bucket, count: 100, windowMs: 1_000 };
  const processes = Array.from({ length: 2 }, () => createSharedBuckets(database.sql));
  const since = performance.now();
  let admitted = 0;
  while (performance.now() - since < 2_000) admitted += await storm(processes, 50);
  const most = 100 + refilled(since);
  expect(admitted).toBeLessThanOrEqual(most + 5);
});

test('one process alone gets all of it, and not one more', async () => {
  const since = performance.now();
  const admitted = await storm([createSharedBuckets(database.sql)], 300);
  expect(admitted).toBeGreaterThanOrEqual(200);
  expect(admitted).toBeLessThanOrEqual(200 + refilled(since));
});

test('what is little is told too, so that a process hears of it that comes later', async () => {
  bucket = { ...bucket, count: 2_000, windowMs: 86_400_000 };
  const [first, second] = [createSharedBuckets(database.sql), createSharedBuckets(database.sql)];
  for (let n = 0; n < 3; n++) await take(first);
  await until(
    'the first has told',
    async () => (await database.sql`select 1 from rate_bucket where full_at > now() + '2 minutes'`).length > 0,
  );
  await take(second);
  expect(second.look(bucket).left).toBe(1998);
  await until('the second has heard', async () => second.look(bucket).left < 1998);
  expect(second.look(bucket).left).toBe(1995);
});

test('where Postgres does not answer, each counts for itself', async () => {
  const gone = { ...bucket, count: 10 };
  const broken = createSharedBuckets((() => Promise.reject(new Error('no connection'))) as never);
  bucket = gone;
  expect(await storm([broken], 30)).toBe(10);
});

test('buckets that are full again are removed', async () => {
  await useRateBuckets(database.sql, [
    { key: 'long ago', ms: -1_000 },
    { key: 'just now', ms: 60_000 },
  ]);
  await removeFullRateBuckets(database.sql);
  const rows = await database.sql<{ key: string }[]>`select key from rate_bucket where key in ('long ago', 'just now')`;
  expect(rows.map(({ key }) => key)).toEqual(['just now']);
});
