import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { timelineView } from '../../../activities/journey/enrolment-view.ts';
import { createMailRenderer } from '../../../activities/mail/render.ts';
import { createSimulate } from '../../../activities/simulation/simulate.ts';
import type { StoryView } from '../../../activities/simulation/story-view.ts';
import { createFastForward, type RunFastForward } from '../../../activities/time-travel/fast-forward.ts';
import { createTimeSkipping } from '../../../activities/time-travel/time-skipping.ts';
import { createFastForwardRoutes } from '../../../api/routes/fast-forward.ts';
import type { Customer } from '../../../db/customer/customers.ts';
import { listEnrolments, listVisits } from '../../../db/journey/enrolment-views.ts';
import { findVersion } from '../../../db/journey/journeys.ts';
import { createRouteEvents } from '../../../relay/route-events.ts';
import { journeyWorkflowId } from '../../../workflows/contracts.ts';
import { startApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import {
  enrolmentOf,
  prepareJourneys,
  publish,
  publishSignup,
  startJourneyEngine,
  tell,
  type JourneyEngine,
} from '../../harness/journeys.ts';
import { mailsTo, smtpUrl, waitForMail } from '../../harness/mailbox.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let shop: TestProject;
let fastForward: RunFastForward;
let keys = 0;

const forward = (customer: string, duration: string, key = `key ${(keys += 1)}`) =>
  fastForward({ project: shop.project, customer, duration, key });

beforeAll(async () => {
  database = await createDatabase();
  temporal = await connectTemporal();
  shop = await createProject(database.sql);
  await prepareJourneys(database.sql, shop.project);
  await publishSignup(database.sql, shop.project);
  engine = await startJourneyEngine(database.sql, temporal, smtpUrl());
  const now = () => new Date();
  fastForward = createFastForward({
    sql: database.sql,
    now,
    skipping: createTimeSkipping({ client: temporal.client, now }),
    workflowIdOf: journeyWorkflowId,
  });
});

afterAll(async () => {
  await engine?.stop();
  await temporal?.close();
  await database?.drop();
});

/** What a simulation says has to be what the engine did: the same steps, at the same times, with the same ends. */
const agreesWithSimulation = async (customer: Customer, enrolmentId: string): Promise<void> => {
  const { sql } = database;
  const [row] = await listEnrolments(sql, shop.project.id, { id: enrolmentId }, { limit: 1, page: 1 });
  const real = timelineView(row!, await listVisits(sql, shop.project.id, enrolmentId));
  const renderer = createMailRenderer();
  const simulate = createSimulate({ sql, renderer, publicUrl: 'https://hub.example', randomBytes, routing: createRouteEvents });
  const version = await findVersion(sql, shop.project.id, row!.journeyId, row!.version);
  const start = row!.enteredAt.toISOString();
  const input = { start, horizon: 'P1Y', customers: { known: customer.id }, data: {}, script: [], answers: {}, orderAmount: null };
  const story = (await simulate(shop.project, version!, input)) as StoryView;
  await renderer.close();
  const plain = (entries: { at: string; kind: string; step: string; outcome: string }[]) =>
    entries
      .filter(({ kind }) => kind !== 'message')
      .map(({ at, step, outcome }) => `${Math.round(Date.parse(at) / 60_000)} ${step} ${outcome}`);
  expect(plain(story.timeline).map(minute)).toEqual(plain(real).map(minute));
};

/** The engine takes its seconds: what counts is the minute, from the first one on. */
const minute = (line: string, _index: number, [first = '']: string[]): string => {
  const [at, ...rest] = line.split(' ');
  return [Math.round((Number(at) - Number(first.split(' ')[0])) / 2) * 2, ...rest].join(' ');
};

test('thirty days of the signup journey pass in seconds: a mail, a reminder on day 11, the end on day 14', async () => {
  const { sql } = database;
  const ada = await tell(sql, shop.project, 'ada', 'customer.signed_up', {}, { email: 'ada-travels@example.com' });
  await enrolmentOf(sql, ada, (each) => each.step === 'reminder');

  const ten = await forward('ada', 'P10D');
  expect(ten.passed.map((each) => `${each.step} ${each.outcome}`)).toEqual([]);
  expect(ten.enrolments[0]).toMatchObject({ state: 'active', step: 'reminder' });

  const eleven = await forward('ada', 'P1D');
  expect(eleven.passed.map((each) => `${each.step} ${each.outcome}`)).toEqual(['reminder planned']);
  await waitForMail('ada-travels@example.com', { count: 2 });

  const thirty = await forward('ada', 'P19D');
  expect(thirty.passed.map((each) => `${each.step || each.kind} ${each.outcome}`)).toEqual(['end_of_coupon expired', 'end completed']);
  expect(thirty.enrolments[0]).toMatchObject({ state: 'completed', outcome: 'completed' });
  await agreesWithSimulation(ada, thirty.enrolments[0]!.id);
  const days = (at: string | undefined) => Math.round((Date.parse(at ?? '') - Date.parse(ten.from)) / 86_400_000);
  expect([days(eleven.passed[0]?.at), days(thirty.passed[0]?.at), days(thirty.to)]).toEqual([11, 14, 30]);
  expect(await mailsTo('ada-travels@example.com')).toHaveLength(2);
  const events = await sql<{ type: string; days: number }[]>`
    select type, round(extract(epoch from occurred_at - ${ten.from}::timestamptz) / 86400)::int as days from event
    where customer_id = ${ada.id} and type in ('voucher.published', 'voucher.expired', 'journey.completed') order by id`;
  expect(events).toEqual([
    { type: 'voucher.published', days: 0 },
    { type: 'voucher.expired', days: 14 },
    { type: 'journey.completed', days: 14 },
  ]);
});

test('one forward over everything stops at each deadline on its way', async () => {
  const { sql } = database;
  const bob = await tell(sql, shop.project, 'bob', 'customer.signed_up');
  const all = await forward('bob', 'P30D');
  expect(all.passed.map((each) => `${each.step || each.kind} ${each.outcome}`).slice(-3)).toEqual([
    'reminder planned',
    'end_of_coupon expired',
    'end completed',
  ]);
  expect(all.passed.find((each) => each.step === 'reminder')?.message).toMatchObject({ template: 'reminder', state: 'accepted' });
  const [customer] = await sql<{ clockOffsetMs: number }[]>`select clock_offset_ms from customer where id = ${bob.id}`;
  expect(Math.round((customer?.clockOffsetMs ?? 0) / 86_400_000)).toBe(30);
});

test('a redemption in the middle ends the journey, and no reminder comes', async () => {
  const { sql } = database;
  const eve = await tell(sql, shop.project, 'eve', 'customer.signed_up', {}, { email: 'eve-redeems@example.com' });
  const { context } = await enrolmentOf(sql, eve, (each) => each.step === 'reminder');
  await forward('eve', 'P5D');
  await tell(
    sql,
    shop.project,
    'eve',
    'redemption.succeeded',
    { code: context.coupons.welcome?.code },
    { email: 'eve-redeems@example.com' },
  );
  const later = await forward('eve', 'P30D');
  expect(later.enrolments[0]).toMatchObject({ state: 'completed', outcome: 'goal' });
  expect(await mailsTo('eve-redeems@example.com')).toHaveLength(1);
});

test('whoever signs up again after a forward travels on from there', async () => {
  const { sql } = database;
  await publish(sql, shop.project, {
    journey: 'pause',
    trigger: { event: 'pause.asked', reentry: 'after(P1D)', concurrency: 5 },
    steps: { first: { do: 'wait', for: 'P2D' }, second: { do: 'wait', for: 'P2D' } },
  });
  await tell(sql, shop.project, 'dan', 'pause.asked');
  await forward('dan', 'P3D');
  await tell(sql, shop.project, 'dan', 'pause.asked');
  const two = await forward('dan', 'PT30H');
  expect(two.enrolments.map((each) => `${each.state} ${each.step}`)).toEqual(['active first', 'completed null']);
  const three = await forward('dan', 'P5D');
  expect(three.enrolments.map((each) => each.state)).toEqual(['completed', 'completed']);
  const [last] = three.enrolments;
  expect(Math.round((Date.parse(last?.ended_at ?? '') - Date.parse(last?.entered_at ?? '')) / 3_600_000)).toBe(96);
});

test('a forward passes through every kind of wait, with events posted in between', async () => {
  const { sql } = database;
  await publish(sql, shop.project, {
    journey: 'waits',
    trigger: { event: 'waits.begin' },
    steps: {
      rest: { do: 'wait', for: 'P2DT3H' },
      moment: { do: 'wait', until: 'timestamp(event.data.until)' },
      monday: { do: 'wait', local_time: { at: '09:00', days: ['mon'] } },
      paid: { do: 'wait', event: { name: 'waits.paid', match: 'event.data.amount >= 100' }, timeout: 'P10D', on_timeout: 'never' },
      again: { do: 'wait', event: { name: 'waits.paid' }, timeout: 'P3D', on_event: 'never', on_timeout: 'coupon' },
      coupon: { do: 'issue_coupon', campaign: 'welcome', as: 'own', expires: { end_of_local_day: 'P4D' } },
      reminder: { do: 'remind', coupon: 'own', before_expiry: 'P1D', template: 'reminder' },
      end_of_coupon: { do: 'expire', coupon: 'own', next: 'end' },
      never: { do: 'exit', outcome: 'another way' },
    },
  });
  const until = new Date(Date.now() + 5 * 86_400_000).toISOString();
  const gus = await tell(sql, shop.project, 'gus', 'waits.begin', { until });
  await enrolmentOf(sql, gus, (each) => each.step === 'rest');
  const passed = async (duration: string) =>
    (await forward('gus', duration)).passed.map((each) => `${each.step || each.kind} ${each.outcome}`);
  expect(await passed('P2D')).toEqual([]);
  // It comes before its wait, and counts all the same; too small a one does not.
  await tell(sql, shop.project, 'gus', 'waits.paid', { amount: 99 });
  expect(await passed('P3DT1H')).toEqual(['rest elapsed', 'moment elapsed']);
  expect(await passed('P7D')).toEqual(['monday elapsed']);
  await tell(sql, shop.project, 'gus', 'waits.paid', { amount: 150 });
  await enrolmentOf(sql, gus, (each) => each.step === 'again');
  expect(await passed('P20D')).toEqual(['again timeout', 'coupon issued', 'reminder planned', 'end_of_coupon expired', 'end completed']);
  const times = await sql<{ step: string; local: string }[]>`
    select s.step, to_char(s.at at time zone 'Europe/Berlin', 'Dy HH24:MI') as local from enrolment_step s
    join enrolment e on e.id = s.enrolment_id where e.customer_id = ${gus.id} and s.step in ('monday', 'end_of_coupon') order by s.at`;
  expect(times.map((each) => `${each.step} ${each.local}`)).toEqual([
    'monday Mon 09:00',
    expect.stringMatching(/^end_of_coupon \w{3} (23:59|00:00)$/),
  ]);
});

test('the same key gives the same answer, and another duration under it is refused', async () => {
  await tell(database.sql, shop.project, 'fay', 'customer.signed_up');
  const once = await forward('fay', 'P1D', 'fay 1');
  expect(await forward('fay', 'P1D', 'fay 1')).toEqual(once);
  await expect(forward('fay', 'P2D', 'fay 1')).rejects.toMatchObject({ key: 'idempotency_key_reused' });
});

test('a second forward at the same time is refused', async () => {
  await tell(database.sql, shop.project, 'gus', 'customer.signed_up');
  const results = await Promise.allSettled([forward('gus', 'P30D'), forward('gus', 'P30D')]);
  expect(results.map((each) => each.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const refused = results.find((each) => each.status === 'rejected');
  expect(refused?.reason).toMatchObject({ key: 'time_travel_busy' });
});

test('a forward whose workflow is lost starts it anew', async () => {
  const { sql } = database;
  const hal = await tell(sql, shop.project, 'hal', 'customer.signed_up');
  await forward('hal', 'P2D');
  const { cohortId } = await enrolmentOf(sql, hal, (each) => each.step === 'reminder');
  await temporal.client.workflow.getHandle(journeyWorkflowId(cohortId)).terminate();
  const later = await forward('hal', 'P10D');
  expect(later.passed.map((each) => `${each.step} ${each.outcome}`)).toEqual(['reminder planned']);
  const days = (Date.parse(later.passed[0]?.at ?? '') - hal.createdAt.getTime()) / 86_400_000;
  expect(days).toBeGreaterThan(10.9);
  expect(days).toBeLessThan(11.1);
});

test('a live project has no clock to turn', async () => {
  const live = await createProject(database.sql, { mode: 'live' });
  await tell(database.sql, live.project, 'ida', 'customer.signed_up');
  const refused = fastForward({ project: live.project, customer: 'ida', duration: 'P1D', key: 'live' });
  await expect(refused).rejects.toMatchObject({ key: 'sandbox_only' });
});

test('over HTTP it says what is wrong, and what passed', async () => {
  const { sql } = database;
  await tell(sql, shop.project, 'jo', 'customer.signed_up');
  const live = await createProject(sql, { mode: 'live' });
  const api = await startApi(sql, { routes: createFastForwardRoutes({ fastForward }) });
  const path = '/v1/customers/jo/fast-forward';
  const call = api.as(shop);
  expect(await call('POST', path, { duration: 'three days' })).toMatchObject({ status: 400, body: { errors: [{ path: 'duration' }] } });
  expect(await call('POST', path, { duration: 'P9Y' })).toMatchObject({ status: 400, body: { errors: [{ path: 'duration' }] } });
  expect(await call('POST', '/v1/customers/nobody/fast-forward', { duration: 'P1D' })).toMatchObject({ status: 404 });
  expect(await api.as(live)('POST', path, { duration: 'P1D' })).toMatchObject({ status: 403, body: { key: 'sandbox_only' } });
  const key = { 'Idempotency-Key': 'jo-travels' };
  const first = await call('POST', path, { duration: 'P12D' }, key);
  expect(first).toMatchObject({ status: 200, body: { object: 'fast_forward', customer: { source_id: 'jo' } } });
  expect(first.body.passed.at(-1)).toMatchObject({ journey: 'signup', step: 'reminder', message: { template: 'reminder' } });
  expect((await call('POST', path, { duration: 'P12D' }, key)).body).toEqual(first.body);
  await api.stop();
});
