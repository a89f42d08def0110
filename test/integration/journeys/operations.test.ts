import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeadLetterRoutes } from '../../../api/routes/dead-letters.ts';
import { createOperationRoutes } from '../../../api/routes/enrolment-operations.ts';
import { createEnrolmentRoutes } from '../../../api/routes/enrolments.ts';
import { createJourneyRoutes } from '../../../api/routes/journeys.ts';
import { resourceRoutes, startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { enrolmentOf, prepareJourneys, startJourneyEngine, tell, type JourneyEngine } from '../../harness/journeys.ts';
import { smtpUrl } from '../../harness/mailbox.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let api: TestApi;
let shop: TestProject;
let call: ReturnType<TestApi['as']>;

/** Fails for who has no number, until the definition of their number is mended: their own metadata. */
const fragile = {
  journey: 'fragile',
  trigger: { event: 'fragile' },
  steps: {
    ask: { do: 'branch', cases: [{ when: 'customer.metadata.number > 1', next: 'rest' }], else: 'rest' },
    rest: { do: 'wait', for: 'P3D' },
    done: { do: 'exit', outcome: 'done' },
  },
};

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  temporal = await connectTemporal();
  shop = await createProject(sql);
  await prepareJourneys(sql, shop.project);
  engine = await startJourneyEngine(sql, temporal, smtpUrl());
  const deps = { sql, now: () => new Date() };
  const routes = [
    ...createJourneyRoutes(deps),
    ...createEnrolmentRoutes(deps),
    ...createOperationRoutes(deps),
    ...createDeadLetterRoutes(deps),
  ];
  api = await startApi(sql, { routes: [...resourceRoutes(sql), ...routes] });
  call = api.as(shop);
  await call('POST', '/v1/journeys', fragile);
});

afterAll(async () => {
  await api?.stop();
  await engine?.stop();
  await temporal?.close();
  await database?.drop();
});

const enter = (name: string) => tell(database.sql, shop.project, name, 'fragile');

test('who is held is among the dead letters with the cause, and goes on once it is mended and retried', async () => {
  const { sql } = database;
  const ada = await enter('ada');
  const held = await enrolmentOf(sql, ada, (each) => each.state === 'held');
  const letters = await call('GET', '/v1/dead-letters?kind=held_enrolment');
  expect(letters.body).toMatchObject({ total: 1, counts: { held_enrolment: 1, message: 0 } });
  expect(letters.body.dead_letters[0]).toMatchObject({
    kind: 'held_enrolment',
    id: held.id,
    subject: 'ask',
    cause: expect.stringContaining('number'),
    retry: { method: 'POST', path: `/v1/enrolments/${held.id}/retry` },
  });
  expect((await call('GET', '/v1/enrolments?state=held')).body).toMatchObject({
    total: 1,
    enrolments: [{ id: held.id, held_at: expect.any(String) }],
  });
  await call('PUT', '/v1/customers/ada', { metadata: { number: 7 } });
  const [{ retry }] = letters.body.dead_letters;
  expect((await call(retry.method, retry.path, {})).body).toMatchObject({ state: 'active', held_at: null });
  await enrolmentOf(sql, ada, (each) => each.step === 'rest');
  expect((await call('GET', '/v1/dead-letters')).body).toMatchObject({ total: 0, dead_letters: [] });
  const one = await call('GET', `/v1/enrolments/${held.id}`);
  expect(one.body).toMatchObject({ step: 'rest', stands_at: 'rest: wait for P3D', why: 'waits for its time', overdue: false });
  expect(one.body.timeline.map((each: { kind: string; outcome: string }) => `${each.kind} ${each.outcome}`)).toContain('operator released');
  expect((await call(retry.method, retry.path, {})).status).toBe(409);
});

test('a customer is moved to another step, held, released and taken out, and each is told', async () => {
  const { sql } = database;
  await call('POST', '/v1/customers', { source_id: 'eve', metadata: { number: 1 } });
  const eve = await enter('eve');
  const { id } = await enrolmentOf(
    sql,
    eve,
    (each) => each.step === 'rest' && each.dueAt !== null && each.dueAt.getTime() > Date.now() + 1_000,
  );
  expect((await call('POST', `/v1/enrolments/${id}/hold`, { reason: 'asked us to wait' })).body).toMatchObject({
    state: 'held',
    why: 'held: asked us to wait',
  });
  expect((await call('POST', `/v1/enrolments/${id}/release`, {})).body).toMatchObject({ state: 'active', step: 'rest' });
  const wrong = await call('POST', `/v1/enrolments/${id}/move`, { step: 'dnoe' });
  expect(wrong).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'step', message: 'version 1 of fragile has no step dnoe; did you mean done?' }] },
  });
  const key = { 'Idempotency-Key': 'move eve'.replace(' ', '-') };
  const moved = await call('POST', `/v1/enrolments/${id}/move`, { step: 'done' }, key);
  expect(moved).toMatchObject({ status: 200, body: { step: 'done' } });
  expect(await call('POST', `/v1/enrolments/${id}/move`, { step: 'done' }, key)).toMatchObject({ status: 200, body: { step: 'done' } });
  expect(await enrolmentOf(sql, eve, (each) => each.state === 'exited')).toMatchObject({ outcome: 'done' });
  expect((await call('POST', `/v1/enrolments/${id}/exit`, {})).status).toBe(409);
  const types = await sql`select type from event where customer_id = ${eve.id} and data ? 'by' order by id`;
  expect(types.map(({ type }) => type)).toEqual(['journey.held', 'journey.released', 'journey.moved']);
});

test('many are released and taken out by a filter, a bounded set at a time, nobody twice', async () => {
  const { sql } = database;
  const crowd = await Promise.all(Array.from({ length: 5 }, (_, index) => enter(`crowd-${index}`)));
  for (const customer of crowd) await enrolmentOf(sql, customer, (each) => each.state === 'held');
  await sql`update customer set metadata = '{"number": 3}' where source_id like 'crowd-%'`;
  const filter = { journey: 'fragile', cause: 'NUMBER' };
  expect((await call('POST', '/v1/enrolments/release', { filter, limit: 3 })).body).toMatchObject({ changed: 3, remaining: 2 });
  expect((await call('POST', '/v1/enrolments/release', { filter, limit: 3 })).body).toMatchObject({ changed: 2, remaining: 0 });
  for (const customer of crowd) await enrolmentOf(sql, customer, (each) => each.step === 'rest');
  const unsaid = await call('POST', '/v1/enrolments/move', { filter: { journey: 'fragile' }, step: 'done' });
  expect(unsaid.body.errors).toEqual([{ path: 'filter.step', message: 'is needed to move by a filter: say from where' }]);
  const out = await call('POST', '/v1/enrolments/exit', { filter: { journey: 'fragile', step: 'rest' }, outcome: 'cancelled' });
  expect(out.body).toMatchObject({ changed: 6, remaining: 0 });
  expect((await call('POST', '/v1/enrolments/exit', { filter: { journey: 'fragile' } })).body).toMatchObject({ changed: 0 });
  expect(
    (await call('GET', '/v1/journeys/fragile/enrolments?state=exited&limit=100')).body.enrolments
      .map((each: { outcome: string }) => each.outcome)
      .toSorted(),
  ).toEqual([...Array.from({ length: 6 }, () => 'cancelled'), 'done']);
});

test('who is overdue is seen', async () => {
  const { sql } = database;
  const late = await enter('late');
  const { id } = await enrolmentOf(sql, late, (each) => each.state === 'held');
  // As where the worker died: due long ago, and nobody there to act.
  await sql`update enrolment set state = 'active', held_at = null, due_at = now() - interval '10 minutes', step = 'rest' where id = ${id}`;
  await sql`update cohort set due_at = now() - interval '10 minutes' where id = (select cohort_id from enrolment where id = ${id})`;
  expect((await call('GET', '/v1/enrolments?overdue=true')).body).toMatchObject({ total: 1, enrolments: [{ id, overdue: true }] });
  expect((await call('GET', '/v1/dead-letters?kind=overdue_enrolment')).body).toMatchObject({
    total: 1,
    dead_letters: [{ id, retry: null }],
  });
});

test('what failed on its way out or in is among the dead letters too', async () => {
  const { sql } = database;
  const failed = { projectId: shop.project.id, customerId: null };
  const [route] = await sql<{ id: string }[]>`select id from destination where project_id = ${failed.projectId} limit 1`;
  await sql`
    insert into delivery (project_id, id, destination_id, kind, dedupe_key, state, reason, due_at, payload, finished_at)
    values (${failed.projectId}, 'msg_dead', ${route!.id}, 'email', 'dead', 'failed', 'rejected', now(), '{"template":"welcome"}', now())`;
  await sql`
    insert into delivery_attempt (project_id, delivery_id, number, outcome, answer, started_at) values (${failed.projectId}, 'msg_dead', 1, 'failed', '550 no such user', now())`;
  const { body } = await call('GET', '/v1/dead-letters?kind=message');
  expect(body.dead_letters).toMatchObject([
    {
      id: 'msg_dead',
      state: 'failed',
      subject: 'welcome',
      cause: 'rejected: 550 no such user',
      retry: { path: '/v1/messages/msg_dead/resend' },
    },
  ]);
});
