import { afterAll, beforeAll, expect, test } from 'vitest';
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

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  temporal = await connectTemporal();
  shop = await createProject(sql);
  await prepareJourneys(sql, shop.project);
  engine = await startJourneyEngine(sql, temporal, smtpUrl());
  const now = () => new Date();
  api = await startApi(sql, { routes: [...resourceRoutes(sql), ...createJourneyRoutes({ sql, now }), ...createEnrolmentRoutes({ sql })] });
  call = api.as(shop);
});

afterAll(async () => {
  await api?.stop();
  await engine?.stop();
  await temporal?.close();
  await database?.drop();
});

const hello = {
  journey: 'hello',
  name: 'Hello',
  trigger: { event: 'customer.signed_up' },
  steps: { coupon: { do: 'issue_coupon', campaign: 'welcome', as: 'welcome' }, mail: { do: 'send_email', template: 'welcome' } },
};

test('a journey is published once, and every edit is a version', async () => {
  const first = await call('POST', '/v1/journeys', hello);
  expect(first).toMatchObject({ status: 200, body: { object: 'journey', key: 'hello', version: 1, state: 'live', changed: true } });
  expect(first.body.published.templates).toEqual({ welcome: 1 });
  expect((await call('POST', '/v1/journeys', hello)).body).toMatchObject({ version: 1, changed: false });
  const edited = { ...hello, steps: { ...hello.steps, after: { do: 'wait', for: 'P1D' } } };
  expect((await call('POST', '/v1/journeys', edited)).body).toMatchObject({ version: 2, changed: true });
  const versions = await call('GET', '/v1/journeys/hello/versions');
  expect(versions.body.versions.map((each: { version: number }) => each.version)).toEqual([2, 1]);
  expect((await call('GET', '/v1/journeys')).body).toMatchObject({ total: 1, data_ref: 'journeys', journeys: [{ key: 'hello' }] });
  expect((await call('GET', '/v1/journeys/nobody')).status).toBe(404);
});

test('YAML is taken as it was written, and its mistakes are told with their lines', async () => {
  const yaml = (text: string) =>
    api.send('/v1/journeys', {
      method: 'POST',
      headers: { 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey, 'Content-Type': 'application/yaml; charset=utf-8' },
      body: text,
    });
  const good = await yaml('# a comment\njourney: pause\ntrigger: { event: x }\nsteps:\n  a: { do: wait, for: P1D }\n');
  expect(good).toMatchObject({ status: 200, body: { key: 'pause' } });
  expect(good.body.published.source).toContain('# a comment');
  const bad = await yaml(
    [
      'journey: bad',
      'trigger: { event: x, filter: customer.emial == "a" }',
      'steps:',
      '  mail: { do: send_email, template: nobody-wrote-this, next: nowhere }',
      '',
    ].join('\n'),
  );
  expect(bad).toMatchObject({ status: 400, body: { key: 'definition_invalid' } });
  expect(bad.body.errors).toEqual([
    { path: 'trigger.filter', message: 'no such field: emial: customer.emial == "a" (line 2, column 30)' },
    { path: 'steps.mail.next', message: 'there is no step nowhere (line 4, column 62)' },
  ]);
  const unknown = await yaml('journey: bad\ntrigger: { event: x }\nsteps:\n  mail: { do: send_email, template: nobody-wrote-this }\n');
  expect(unknown.body.errors).toEqual([
    { path: 'steps.mail.template', message: 'there is no template nobody-wrote-this in this project (line 4, column 37)' },
  ]);
  expect((await yaml('journey: "a\\0b"\ntrigger: { event: x }\nsteps: { a: { do: wait, for: P1D } }')).status).toBe(400);
  expect((await yaml('')).status).toBe(400);
});

test('an enrolment tells its timeline, and why the customer is where they are', async () => {
  await call('POST', '/v1/journeys', { ...hello, steps: { ...hello.steps, after: { do: 'wait', for: 'P1D' } } });
  const ada = await tell(database.sql, shop.project, 'ada-timeline', 'customer.signed_up');
  const { id } = await enrolmentOf(database.sql, ada, (each) => each.step === 'after');
  const enrolment = await call('GET', `/v1/enrolments/${id}`);
  expect(enrolment.body).toMatchObject({
    state: 'active',
    step: 'after',
    why: 'waits for its time',
    customer: { source_id: 'ada-timeline' },
  });
  expect(enrolment.body.timeline.map((each: { step: string; outcome: string }) => `${each.step} ${each.outcome}`)).toEqual([
    ' enrolled',
    'coupon issued',
    'mail planned',
  ]);
  expect(enrolment.body.timeline[2].message).toMatchObject({ to: 'ada-timeline@example.com', template: 'welcome' });
  const journeys = await call('GET', '/v1/customers/ada-timeline/journeys');
  expect(journeys.body).toMatchObject({
    total: 1,
    data_ref: 'enrolments',
    enrolments: [{ id, coupons: { welcome: { campaign: 'welcome' } } }],
  });
  expect((await call('GET', '/v1/journeys/hello/enrolments?state=completed')).body.total).toBe(0);
  expect((await call('GET', '/v1/enrolments/enr_nobody')).status).toBe(404);
});

test('a paused journey lets nobody in and holds its steps; resumed, it does what became due', async () => {
  const { sql } = database;
  const short = {
    journey: 'short',
    trigger: { event: 'short' },
    steps: { rest: { do: 'wait', for: 'PT2S' }, done: { do: 'exit', outcome: 'rested' } },
  };
  await call('POST', '/v1/journeys', short);
  const ida = await tell(sql, shop.project, 'ida', 'short');
  await enrolmentOf(sql, ida, (each) => each.step === 'rest');
  expect((await call('POST', '/v1/journeys/short/pause')).body).toMatchObject({ state: 'paused' });
  const late = await tell(sql, shop.project, 'late', 'short');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const held = await call('GET', '/v1/customers/ida/journeys');
  expect(held.body.enrolments[0]).toMatchObject({ state: 'active', step: 'rest', why: 'the journey is paused', next_at: null });
  expect((await call('POST', '/v1/journeys/short/resume')).body).toMatchObject({ state: 'live' });
  const done = await enrolmentOf(sql, ida, (each) => each.state !== 'active');
  expect(done).toMatchObject({ state: 'exited', outcome: 'rested' });
  expect((await sql`select from enrolment where customer_id = ${late.id}`).count).toBe(0);
});
