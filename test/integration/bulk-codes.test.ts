import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Relay } from '../../relay/relay.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';
import { createTestRelay, until } from '../harness/relay.ts';
import { connectTemporal, temporalAddress, type TestTemporal } from '../harness/temporal.ts';

const WORKER = fileURLToPath(new URL('../harness/bulk-worker.ts', import.meta.url));
const BATCH = 500;

let database: TestDatabase;
let temporal: TestTemporal;
let api: TestApi;
let shop: TestProject;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;
let relay: Relay;
const workers: ChildProcess[] = [];

const startWorker = async (): Promise<ChildProcess> => {
  const args = [WORKER, database.url, temporalAddress(), temporal.taskQueues.journeys, String(BATCH)];
  const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  workers.push(worker);
  await once(worker.stdout, 'data');
  return worker;
};

const kill = async (worker: ChildProcess): Promise<void> => {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  worker.kill('SIGKILL');
  await once(worker, 'exit');
};

beforeAll(async () => {
  database = await createDatabase();
  temporal = await connectTemporal();
  api = await startApi(database.sql);
  shop = await createProject(database.sql);
  call = api.as(shop);
  relay = createTestRelay({ sql: database.sql, client: temporal.client, taskQueues: temporal.taskQueues, routes: [async () => {}] });
});

afterAll(async () => {
  await relay.stop();
  for (const worker of workers) await kill(worker);
  await api.stop();
  await temporal.close();
  await database.drop();
});

const campaign = (name: string, pattern: string, charset?: string) =>
  call('POST', '/v1/campaigns', {
    name,
    type: 'STATIC',
    voucher: { discount: { type: 'PERCENT', percent_off: 10 }, redemption: { quantity: 1 }, code_config: { pattern, charset } },
  });

const ask = async (name: string, count: number): Promise<string> => {
  const { status, body } = await call('POST', `/v1/campaigns/${name}/vouchers?vouchers_count=${count}`, {
    metadata: { fair: 'a\\b\t"c"' },
  });
  expect({ status, body }).toEqual({ status: 200, body: { async_action_id: expect.stringMatching(/^aa_/) } });
  return body.async_action_id as string;
};

const actionOf = async (id: string) => (await call('GET', `/v1/async-actions/${id}`)).body;

const told = async (campaignId: string): Promise<string[]> => {
  const rows = await database.sql<{ type: string }[]>`
    select type from event where data->>'campaign_id' = ${campaignId} and type like 'campaign.vouchers%' order by id`;
  return rows.map((row) => row.type);
};

test('many codes are made exactly, though Temporal was not told yet and a worker is killed in the middle', async () => {
  const { body: made } = await campaign('Mailing', 'M-########');
  const id = await ask('Mailing', 20_000);
  expect(await actionOf(id)).toMatchObject({ status: 'ENQUEUED', progress: { done: 0, total: 20_000 }, result: null });
  expect((await call('GET', '/v1/campaigns/Mailing')).body.vouchers_generation_status).toBe('IN_PROGRESS');

  relay.start();
  const first = await startWorker();
  await until('some are made', async () => (await actionOf(id)).progress.done >= BATCH);
  await kill(first);
  const stopped = await actionOf(id);
  expect(stopped.progress.done).toBeLessThan(20_000);
  await startWorker();
  await until('all are made', async () => (await actionOf(id)).status === 'DONE', 60_000);

  const [counted] = await database.sql`
    select count(*) as total, count(distinct code) as codes from voucher where campaign_id = ${made.id} and code like 'M-________'`;
  expect(counted).toEqual({ total: 20_000, codes: 20_000 });
  expect(await actionOf(id)).toMatchObject({ progress: { done: 20_000 }, result: { done_count: 20_000 } });
  expect((await call('GET', '/v1/vouchers?campaign=Mailing&limit=1')).body.vouchers[0]).toMatchObject({
    metadata: { fair: 'a\\b\t"c"' },
    redemption: { quantity: 1 },
    discount: { percent_off: 10 },
  });
  expect(await told(made.id)).toEqual(['campaign.vouchers.generation.started', 'campaign.vouchers.generation.completed']);
  expect((await call('GET', '/v1/campaigns/Mailing')).body).toMatchObject({ vouchers_count: 20_000, vouchers_generation_status: 'DONE' });
}, 120_000);

test('codes that are taken are drawn again; a pattern that is used up fails and says so', async () => {
  // 4,096 codes, of which half are taken: then all.
  const { body: made } = await campaign('Crowded', 'T####', '01234567');
  const take = (where: string) => database.sql`
    insert into voucher (project_id, id, code, code_key, type, definition)
    select ${shop.project.id}, 'v_' || n, code, code, 'DISCOUNT_VOUCHER', '{}'
    from generate_series(0, 7777) n, lateral (select 'T' || to_char(n, 'FM0000') as code) c
    where code !~ '[89]' and code ~ ${where} on conflict do nothing`;
  await take('[0246]$');
  const some = await ask('Crowded', 4);
  await until('they are made', async () => (await actionOf(some)).status === 'DONE', 30_000);
  await take('.');
  const none = await ask('Crowded', 4);
  await until('it fails', async () => (await actionOf(none)).status === 'FAILED', 30_000);
  expect((await actionOf(none)).result).toEqual({ done_count: 0, message: expect.stringContaining('nearly all are taken') });
  expect((await call('GET', '/v1/campaigns/Crowded')).body).toMatchObject({ vouchers_count: 4, vouchers_generation_status: 'FAILED' });
  expect((await told(made.id)).at(-1)).toBe('campaign.vouchers.generation.failed');
  expect(await call('POST', '/v1/campaigns/Crowded/vouchers?vouchers_count=5', {})).toMatchObject({
    status: 400,
    body: { key: 'invalid_code_config' },
  });
}, 90_000);
