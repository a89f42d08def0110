import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLaunchRoutes } from '../../../api/routes/launches.ts';
import { upsertCustomers } from '../../../db/customer/customers.ts';
import { defaultSmtpRoute, pauseDestination, resumeDestination } from '../../../db/delivery/destinations.ts';
import { ensureSearchAttributes } from '../../../relay/search-attributes.ts';
import { journeyWorkflowId, scheduleId } from '../../../workflows/contracts.ts';
import { startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { prepareJourneys, publish, startJourneyEngine, type JourneyEngine } from '../../harness/journeys.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { until } from '../../harness/relay.ts';
import { startSmtpSink, type SmtpSink } from '../../harness/smtp-sink.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let sink: SmtpSink;
let shop: TestProject;
let api: TestApi;

const CROWD = 1_200;

beforeAll(async () => {
  database = await createDatabase({ max: 30 });
  temporal = await connectTemporal();
  await ensureSearchAttributes(temporal.client, { info: () => {} } as never);
  sink = await startSmtpSink();
  shop = await createProject(database.sql, { mode: 'live' });
  await prepareJourneys(database.sql, shop.project);
  engine = await startJourneyEngine(database.sql, temporal, sink.url);
  api = await startApi(database.sql, { routes: createLaunchRoutes({ sql: database.sql, now: () => new Date() }) });
  const people = Array.from({ length: CROWD }, (_each, index) => ({
    sourceId: `crowd-${index}`,
    email: `crowd-${index}@example.com`,
    timezone: index % 2 === 0 ? 'Europe/Berlin' : 'America/New_York',
    metadata: { vip: index < 40 },
  }));
  await database.sql.begin((tx) => upsertCustomers(tx, shop.project.id, people));
});

afterAll(async () => {
  await api?.stop();
  await engine?.stop();
  await sink?.close();
  await temporal?.close();
  await database?.drop();
});

const call = (method: string, path: string, body?: unknown) => api.as(shop)(method, path, body);

const everybody = { query: { source_id: { conditions: { $starts_with: ['crowd-'] } } } };
const vips = { query: { 'metadata.vip': { conditions: { $is: [true] } } } };

const spring = (key: string, more: object = {}) => ({
  journey: key,
  trigger: { manual: true, reentry: 'never' },
  ...more,
  steps: { gift: { do: 'issue_coupon', campaign: 'welcome', as: 'gift' }, pause: { do: 'wait', for: 'P1D' } },
});

const enrolled = async (key: string): Promise<number> => {
  const [row] = await database.sql<{ count: number }[]>`
    select count(*)::int as count from enrolment e join journey j on j.id = e.journey_id where j.key = ${key}`;
  return row?.count ?? 0;
};

test('an audience enters in cohorts, is paused in the middle and resumed: nobody is left out and nobody enters twice', async () => {
  const { sql } = database;
  await publish(sql, shop.project, spring('spring', { holdout: { percent: 20, salt: 'spring' } }));
  const launched = await call('POST', '/v1/journeys/spring/launch', { audience: everybody, starts_per_second: 300 });
  expect(launched).toMatchObject({ status: 200, body: { object: 'launch', state: 'running', total: CROWD } });
  const path = `/v1/journeys/spring/launches/${launched.body.id}`;
  await until('some are in', async () => (await enrolled('spring')) > 0);
  expect((await call('POST', `${path}/pause`)).body.state).toBe('paused');
  const paused = await enrolled('spring');
  await sleep(1_500);
  expect(await enrolled('spring')).toBe(paused);
  expect(paused).toBeLessThan(CROWD);
  const resumed = await call('POST', `${path}/resume`);
  expect(resumed.body).toMatchObject({ state: 'running', progress: { waiting: CROWD - paused } });
  await until('all are in', async () => (await call('GET', path)).body.state === 'done', 20_000);
  const { body } = await call('GET', path);
  expect(body.progress).toMatchObject({ waiting: 0, skipped: 0 });
  expect(body.progress.enrolled + body.progress.holdout).toBe(CROWD);
  expect(body.progress.holdout).toBeGreaterThan(CROWD * 0.15);
  const [counts] = await sql<{ customers: number; coupons: number; idle: number }[]>`
    select count(distinct e.customer_id)::int as customers, count(v.id)::int as coupons,
      count(*) filter (where e.holdout and e.step = '$holdout' and v.id is null)::int as idle
    from enrolment e left join voucher v on v.enrolment_id = e.id where e.launch_id = ${launched.body.id}`;
  await until(
    'all have their coupons',
    async () =>
      (await sql`select from voucher v join enrolment e on e.id = v.enrolment_id where e.launch_id = ${launched.body.id}`).count ===
      body.progress.enrolled,
  );
  expect(counts).toMatchObject({ customers: CROWD, idle: body.progress.holdout });
  // No second of the launch saw more starts than it may.
  const seconds = await sql<{ count: number }[]>`
    select count(*)::int as count from enrolment where launch_id = ${launched.body.id} group by floor(extract(epoch from entered_at))`;
  expect(seconds.every(({ count }) => count <= 600)).toBe(true);
  // Launched again, nobody may enter again.
  const again = await call('POST', '/v1/journeys/spring/launch', { audience: everybody });
  await until(
    'the second is through',
    async () => (await call('GET', `/v1/journeys/spring/launches/${again.body.id}`)).body.state === 'done',
  );
  expect((await call('GET', `/v1/journeys/spring/launches/${again.body.id}`)).body.progress).toMatchObject({ enrolled: 0, skipped: CROWD });
  expect((await call('GET', '/v1/journeys/spring/launches')).body).toMatchObject({ total: 2, has_more: false });

  const [cohort] = await sql<{ cohortId: string }[]>`select cohort_id from enrolment where launch_id = ${launched.body.id} limit 1`;
  const described = await temporal.client.workflow.getHandle(journeyWorkflowId(cohort?.cohortId ?? '')).describe();
  expect(described.searchAttributes).toMatchObject({
    CouponryJourney: ['spring'],
    CouponryProject: [shop.project.id],
    CouponryVersion: [1],
  });
  expect(described.priority?.priorityKey).toBe(4);
});

test('members begin at their own local time, spread over the minutes after it', async () => {
  const { sql } = database;
  await publish(sql, shop.project, spring('local'));
  const { body } = await call('POST', '/v1/journeys/local/launch', { audience: vips, local_time: { at: '09:00', jitter_minutes: 30 } });
  await until('all are in', async () => (await enrolled('local')) === 40);
  const starts = await sql<{ local: string; minute: number }[]>`
    select to_char(e.due_at at time zone c.timezone, 'HH24:MI') as local, extract(minute from e.due_at)::int as minute
    from enrolment e join customer c on c.id = e.customer_id where e.launch_id = ${body.id}`;
  expect(starts.every(({ local }) => local >= '09:00' && local < '09:30')).toBe(true);
  expect(new Set(starts.map(({ minute }) => minute)).size).toBeGreaterThan(10);
});

const slowly = (journey: string) => ({
  journey,
  trigger: { manual: { audience: vips } },
  steps: {
    gift: { do: 'issue_coupon', campaign: 'welcome', as: 'gift', expires: { after: 'P5D' } },
    mail: { do: 'send_email', template: 'welcome', quiet_hours: 'ignore', topic: 'news' },
  },
});

test('messages of a launch keep to its rate', async () => {
  await publish(database.sql, shop.project, slowly('slowly'));
  const { body } = await call('POST', '/v1/journeys/slowly/launch', { sends_per_second: 20 });
  expect(body.total).toBe(40);
  await until('all are sent', async () => (await messagesOf(body.id, 'accepted')).length === 40);
  expectTurns(await messagesOf(body.id, 'accepted'));
});

const messagesOf = (launchId: string, state: string) => database.sql<{ dueAt: Date; finishedAt: Date; attempts: number }[]>`
  select d.due_at, d.finished_at, d.attempts from delivery d join enrolment e on e.id = d.enrolment_id
  where e.launch_id = ${launchId} and d.state = ${state} order by d.due_at`;

/** One in 50 ms, and none before its turn. */
const expectTurns = (messages: { dueAt: Date; finishedAt: Date }[]): void => {
  const gaps = messages.slice(1).map(({ dueAt }, index) => dueAt.getTime() - (messages[index]?.dueAt.getTime() ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(49);
  expect(messages.every(({ dueAt, finishedAt }) => finishedAt >= dueAt)).toBe(true);
};

test('they do so too after the mail server stood still, and where it put them off', async () => {
  const { sql } = database;
  const route = await defaultSmtpRoute(sql, shop.project.id);
  await publish(sql, shop.project, slowly('stalled'));
  await pauseDestination(sql, route.id);
  const { body } = await call('POST', '/v1/journeys/stalled/launch', { sends_per_second: 20 });
  await until(
    'all should have gone a while ago',
    async () => (await messagesOf(body.id, 'planned')).filter(({ dueAt }) => dueAt.getTime() < Date.now() - 2_000).length === 40,
  );
  const refused = new Set<string>();
  sink.behave((to) => (refused.has(to) ? 'accept' : refused.add(to) && { at: 'rcpt', code: 451, message: 'come again' }));
  await sql`update destination set config = config || '{"retry_schedule": [0.2, 0.2]}' where id = ${route.id}`;
  await resumeDestination(sql, route.id);
  await until('all are sent', async () => (await messagesOf(body.id, 'accepted')).length === 40, 30_000);
  const messages = await messagesOf(body.id, 'accepted');
  expect(messages.every(({ attempts }) => attempts === 2)).toBe(true);
  expectTurns(messages);
});

test('a launch says what is wrong with it', async () => {
  await publish(database.sql, shop.project, { ...spring('event'), trigger: { event: 'a.b' } });
  expect(await call('POST', '/v1/journeys/event/launch', { audience: vips })).toMatchObject({ status: 409 });
  expect(await call('POST', '/v1/journeys/nothing/launch', { audience: vips })).toMatchObject({ status: 404 });
  expect(await call('POST', '/v1/journeys/local/launch', {})).toMatchObject({ status: 400, body: { errors: [{ path: 'audience' }] } });
  const unknown = { audience: { customers: ['crowd-1', 'who', 'crowd-2', 'whom'] } };
  expect((await call('POST', '/v1/journeys/local/launch', unknown)).body.errors).toEqual([
    { path: 'audience.customers[1]', message: 'there is no customer who' },
    { path: 'audience.customers[3]', message: 'there is no customer whom' },
  ]);
  expect(await call('POST', '/v1/journeys/local/launch', { audience: { segment: 'nobody' } })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'audience.segment' }] },
  });
  expect(
    await call('POST', '/v1/journeys/local/launch', { audience: { query: { shoe_size: { conditions: { $is: [42] } } } } }),
  ).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'audience.query' }] },
  });
});

test('a schedule launches for the audience of its moment, once for each run', async () => {
  const { sql } = database;
  const daily = (cron: string) => ({
    ...spring('daily'),
    trigger: { schedule: { cron, timezone: 'Europe/Berlin', audience: vips }, reentry: 'per_key' },
  });
  const { journey } = await publish(sql, shop.project, daily('0 6 * * *'));
  const handle = temporal.client.schedule.getHandle(scheduleId(journey.id));
  await until('Temporal has the schedule', async () =>
    handle.describe().then(
      () => true,
      () => false,
    ),
  );
  await publish(sql, shop.project, daily('30 7 * * *'));
  const spec = async () => JSON.stringify((await handle.describe()).spec);
  await until('it follows the new version', async () => (await spec()).includes('30'));
  await handle.trigger();
  await until('the vips are in', async () => (await enrolled('daily')) === 40);
  expect((await sql`select from launch where journey_id = ${journey.id}`).count).toBe(1);
  await publish(sql, shop.project, { ...spring('daily'), trigger: { manual: true } });
  await until('no schedule is left', async () =>
    handle.describe().then(
      () => false,
      () => true,
    ),
  );
});
