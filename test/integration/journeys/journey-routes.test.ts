import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWatchActivities } from '../../../activities/watch.ts';
import { createEnrolmentRoutes } from '../../../api/routes/enrolments.ts';
import { createJourneyPublishingRoutes } from '../../../api/routes/journey-publishing.ts';
import { createJourneyStateRoutes } from '../../../api/routes/journey-states.ts';
import { createJourneyRoutes } from '../../../api/routes/journeys.ts';
import { resourceRoutes, startApi, type TestApi } from '../../harness/api.ts';
import { createCheckout } from '../../harness/checkout.ts';
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
  const deps = { sql, now };
  const journeys = [...createJourneyRoutes(deps), ...createJourneyPublishingRoutes(deps), ...createJourneyStateRoutes(deps)];
  api = await startApi(sql, { routes: [...resourceRoutes(sql), ...journeys, ...createEnrolmentRoutes({ sql })] });
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
    {
      path: 'trigger.filter',
      message: 'no such field emial; did you mean email? (in customer.emial == "a") (line 2, column 30)',
      line: 2,
      column: 30,
    },
    {
      path: 'steps.mail.template',
      message: 'there is no template nobody-wrote-this in this project; there are reminder, welcome (line 4, column 37)',
      line: 4,
      column: 37,
      step: 'mail',
    },
    { path: 'steps.mail.next', message: 'there is no step nowhere (line 4, column 62)', line: 4, column: 62, step: 'mail' },
  ]);
  const unknown = await yaml('journey: bad\ntrigger: { event: x }\nsteps:\n  mail: { do: send_email, template: welcom }\n');
  expect(unknown.body.errors).toMatchObject([{ path: 'steps.mail.template', line: 4, column: 37, step: 'mail' }]);
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

const waits = (key: string, step: string, duration: string, more: Record<string, unknown> = {}) => ({
  journey: key,
  trigger: { event: key },
  steps: { [step]: { do: 'wait', for: duration }, done: { do: 'exit', outcome: 'waited' }, ...more },
});

test('a draft is kept with its mistakes, and nobody enters until it is published', async () => {
  const { sql } = database;
  const draft = await call('POST', '/v1/journeys?draft=true', waits('planned', 'rest', 'P3'));
  expect(draft).toMatchObject({ status: 200, body: { state: 'draft', version: 0, published: null } });
  expect(draft.body.draft.problems).toMatchObject([{ path: 'steps.rest.for', step: 'rest', line: 1 }]);
  const early = await tell(sql, shop.project, 'early', 'planned');
  expect((await call('POST', '/v1/journeys/planned/publish', {})).body).toMatchObject({ key: 'definition_invalid' });
  await call('POST', '/v1/journeys?draft=true', waits('planned', 'rest', 'P3D'));
  const checked = await call('POST', '/v1/journeys/validate', waits('planned', 'rest', 'P3D'));
  expect(checked.body).toEqual({ object: 'journey_check', valid: true, problems: [] });
  const published = await call('POST', '/v1/journeys/planned/publish', {});
  expect(published.body).toMatchObject({ state: 'live', version: 1, changed: true, draft: null, draft_saved_at: null });
  expect((await sql`select from enrolment where customer_id = ${early.id}`).count).toBe(0);
});

test('those who are inside go over to a new version by a map of steps, at once, with their waits armed anew', async () => {
  const { sql } = database;
  await call('POST', '/v1/journeys', waits('moving', 'rest', 'P3D'));
  const mia = await tell(sql, shop.project, 'mia', 'moving');
  const before = await enrolmentOf(sql, mia, (each) => each.step === 'rest');
  const wrong = await call('POST', '/v1/journeys/moving/publish', {
    definition: waits('moving', 'pause', 'PT1S'),
    inside: 'migrate',
    steps: { rset: 'pause', done: 'dnoe' },
  });
  expect(wrong).toMatchObject({ status: 400, body: { key: 'invalid_payload' } });
  expect(wrong.body.errors.map((each: { path: string; message: string }) => `${each.path}: ${each.message}`)).toEqual([
    'steps.rset: no earlier version has a step rset; did you mean rest?',
    'steps.done: the new version has no step dnoe; did you mean done?',
    'steps.rest: 1 customer stands at rest, which the new version has not; say which step they go to',
  ]);
  const stays = await call('POST', '/v1/journeys/moving/publish', { definition: waits('moving', 'pause', 'P9D') });
  expect(stays.body).toMatchObject({ version: 2, migrated: 0 });
  expect((await call('GET', '/v1/journeys/moving/versions/1')).body).toMatchObject({ inside: { customers: 1, steps: [{ step: 'rest' }] } });
  const moved = await call('POST', '/v1/journeys/moving/publish', {
    definition: waits('moving', 'pause', 'PT1S'),
    inside: 'migrate',
    steps: { rest: 'pause' },
  });
  expect(moved.body).toMatchObject({ version: 3, migrated: 1, state: 'live' });
  const done = await enrolmentOf(sql, mia, (each) => each.state === 'exited');
  expect(done).toMatchObject({ id: before.id, outcome: 'waited', steps: ['pause: elapsed', 'done: waited'] });
  const [told] =
    await sql`select data from event where type = 'journey.published' and data ->> 'journey' = 'moving' order by id desc limit 1`;
  expect(told?.data).toMatchObject({ version: 3, inside: 'migrate', migrated: 1 });
});

test('a step that says the same in the new version keeps its deadline', async () => {
  const { sql } = database;
  await call('POST', '/v1/journeys', waits('same', 'rest', 'P3D'));
  const lea = await tell(sql, shop.project, 'lea', 'same');
  const before = await enrolmentOf(sql, lea, (each) => each.step === 'rest' && (each.dueAt?.getTime() ?? 0) > Date.now() + 1_000);
  const definition = waits('same', 'rest', 'P3D', { later: { do: 'wait', for: 'P1D' } });
  definition.steps['done'] = { do: 'wait', for: 'P2D' } as never;
  expect((await call('POST', '/v1/journeys/same/publish', { definition, inside: 'migrate' })).body).toMatchObject({ migrated: 1 });
  const after = await enrolmentOf(sql, lea, () => true);
  expect(after).toMatchObject({ step: 'rest', dueAt: before.dueAt });
});

test('a journey drains: nobody enters, who is inside comes to the end, and then it is archived', async () => {
  const { sql } = database;
  await call('POST', '/v1/journeys', waits('draining', 'rest', 'PT2S'));
  const nell = await tell(sql, shop.project, 'nell', 'draining');
  await enrolmentOf(sql, nell, (each) => each.step === 'rest');
  expect((await call('POST', '/v1/journeys/draining/archive', {})).body.message).toBe('1 customer is inside.');
  const next = await call('POST', '/v1/journeys/draining/publish', { definition: waits('draining', 'rest', 'P1D'), inside: 'drain' });
  expect(next.body).toMatchObject({ version: 2, state: 'draining', drains_to: 'live' });
  const late = await tell(sql, shop.project, 'nina', 'draining');
  await enrolmentOf(sql, nell, (each) => each.state === 'exited');
  expect((await sql`select from enrolment where customer_id = ${late.id}`).count).toBe(0);
  await createWatchActivities({
    sql,
    now: () => new Date(),
    redeem: createCheckout(sql).redeem,
    randomBytes,
    random: Math.random,
  }).wakeOverdue();
  expect((await call('GET', '/v1/journeys/draining')).body).toMatchObject({ state: 'live', version: 2, drains_to: null });
  expect((await call('POST', '/v1/journeys/draining/drain', {})).body).toMatchObject({ state: 'archived' });
});
