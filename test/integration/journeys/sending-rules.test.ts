import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkMails } from '../../../activities/delivery/sendable.ts';
import { createSendingRulesRoutes } from '../../../api/routes/sending-rules.ts';
import { upsertCustomers } from '../../../db/customer/customers.ts';
import { recordEvents } from '../../../db/event/events.ts';
import { writeSendingRules } from '../../../db/delivery/sending-rules.ts';
import { suppress } from '../../../db/delivery/suppressions.ts';
import type { SendingRules } from '../../../domain/delivery/sending.ts';
import { startApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import {
  enrolmentOf,
  enrolmentsOf,
  prepareJourneys,
  publish,
  startJourneyEngine,
  tell,
  type JourneyEngine,
} from '../../harness/journeys.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { until } from '../../harness/relay.ts';
import { startSmtpSink, type SmtpSink } from '../../harness/smtp-sink.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';
import { createTravels } from '../../harness/time-travel.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let sink: SmtpSink;
let shop: TestProject;
let forward: ReturnType<typeof createTravels>;

beforeAll(async () => {
  database = await createDatabase({ max: 30 });
  temporal = await connectTemporal();
  sink = await startSmtpSink();
  shop = await createProject(database.sql);
  await prepareJourneys(database.sql, shop.project);
  engine = await startJourneyEngine(database.sql, temporal, sink.url);
  forward = createTravels(database.sql, temporal, shop.project);
});

afterAll(async () => {
  await engine?.stop();
  await sink?.close();
  await temporal?.close();
  await database?.drop();
});

const rules = (given: Partial<SendingRules>) =>
  database.sql.begin((tx) => writeSendingRules(tx, shop.project.id, { quiet_hours: null, frequency_caps: {}, ...given }, new Date()));

const HOUR_MS = 3_600_000;
/** The hour that it is in Berlin in so many hours, as HH:00. */
const hourIn = (hours: number): string =>
  new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone: 'Europe/Berlin' }).format(Date.now() + hours * HOUR_MS) +
  ':00';

const mail = { do: 'send_email', template: 'welcome', topic: 'news' };
const journey = (key: string, steps: object, more: object = {}) => ({
  journey: key,
  trigger: { event: `${key}.begin`, reentry: 'after(PT1S)', concurrency: 100 },
  steps: { gift: { do: 'issue_coupon', campaign: 'welcome', as: 'gift', expires: { after: 'P90D' } }, ...steps },
  ...more,
});
const stepsOf = async (customer: { id: string }) => (await enrolmentsOf(database.sql, customer)).flatMap((each) => each.steps);
const sentTo = (address: string) => sink.received.filter((each) => each.to === address).length;

test('a mail waits for the end of quiet hours, and is asked again then', async () => {
  const { sql } = database;
  await rules({ quiet_hours: { from: hourIn(-1), to: hourIn(3) } });
  await publish(sql, shop.project, journey('quiet', { mail }));
  await publish(sql, shop.project, journey('late', { mail: { ...mail, late_after: 'PT1H' } }));
  await publish(sql, shop.project, journey('skips', { mail: { ...mail, quiet_hours: 'skip' } }));
  await publish(sql, shop.project, journey('asked', { mail: { ...mail, topic: 'transactional' } }));
  const [ada, bob, cy, di] = await Promise.all([
    tell(sql, shop.project, 'ada-quiet', 'quiet.begin'),
    tell(sql, shop.project, 'bob-quiet', 'late.begin'),
    tell(sql, shop.project, 'cy-quiet', 'skips.begin'),
    tell(sql, shop.project, 'di-quiet', 'asked.begin'),
  ]);
  const waiting = await enrolmentOf(sql, ada, (each) => each.step === 'mail' && (each.dueAt?.getTime() ?? 0) > Date.now() + HOUR_MS);
  expect(waiting.dueAt?.getMinutes()).toBe(0);
  expect(await enrolmentOf(sql, bob, (each) => each.state === 'completed')).toMatchObject({ steps: ['gift: issued', 'mail: skipped'] });
  expect(await enrolmentOf(sql, cy, (each) => each.state === 'completed')).toMatchObject({ steps: ['gift: issued', 'mail: skipped'] });
  expect(await enrolmentOf(sql, di, (each) => each.state === 'completed')).toMatchObject({ steps: ['gift: issued', 'mail: planned'] });
  expect(sentTo('ada-quiet@example.com')).toBe(0);
  expect(await forward('ada-quiet', 'PT4H')).toEqual(['mail planned', 'end completed']);
  expect(sentTo('ada-quiet@example.com')).toBe(1);

  // Whoever unsubscribes overnight gets nothing in the morning.
  const eve = await tell(sql, shop.project, 'eve-quiet', 'quiet.begin');
  await enrolmentOf(sql, eve, (each) => each.step === 'mail' && (each.dueAt?.getTime() ?? 0) > Date.now() + HOUR_MS);
  await sql.begin((tx) =>
    suppress(tx, { projectId: shop.project.id, email: 'eve-quiet@example.com', topic: 'news', reason: 'unsubscribed' }),
  );
  expect(await forward('eve-quiet', 'PT4H')).toEqual(['mail skipped', 'end completed']);
  await rules({});
});

test('an unsubscribe from one topic leaves the others', async () => {
  const { sql } = database;
  await publish(sql, shop.project, journey('topics', { news: mail, offers: { ...mail, topic: 'offers' } }));
  const email = 'finn-topics@example.com';
  await sql.begin((tx) => suppress(tx, { projectId: shop.project.id, email, topic: 'news', reason: 'unsubscribed' }));
  const finn = await tell(sql, shop.project, 'finn-topics', 'topics.begin', {}, { email });
  expect((await enrolmentOf(sql, finn, (each) => each.state === 'completed')).steps).toEqual([
    'gift: issued',
    'news: skipped',
    'offers: planned',
  ]);
});

test('a frequency cap holds over journeys, also where they all send at once', async () => {
  const { sql } = database;
  await rules({ frequency_caps: { marketing: { limit: 2, per: 'P7D' } } });
  for (const key of ['cap_a', 'cap_b', 'cap_c'])
    await publish(sql, shop.project, journey(key, { mail: { ...mail, frequency_cap: 'marketing' } }));
  const people = await sql.begin((tx) =>
    upsertCustomers(
      tx,
      shop.project.id,
      Array.from({ length: 12 }, (_each, index) => ({ sourceId: `cap-${index}`, email: `cap-${index}@example.com` })),
    ),
  );
  const occurredAt = new Date();
  await sql.begin((tx) =>
    recordEvents(
      tx,
      people.flatMap(({ id }) =>
        ['cap_a', 'cap_b', 'cap_c'].map((key) => ({
          projectId: shop.project.id,
          type: `${key}.begin`,
          customerId: id,
          data: {},
          dedupeKey: null,
          occurredAt,
        })),
      ),
    ),
  );
  await until('all are through', async () => {
    const all = await Promise.all(people.map((each) => enrolmentsOf(sql, each)));
    return all.every((each) => each.length === 3 && each.every(({ state }) => state === 'completed'));
  });
  for (const person of people) {
    const outcomes = (await stepsOf(person)).filter((each) => each.startsWith('mail'));
    expect(outcomes.toSorted()).toEqual(['mail: planned', 'mail: planned', 'mail: skipped']);
  }
  await until('all are sent', async () => (await sql`select from delivery where state in ('planned', 'sending')`).count === 0);
  expect(sink.received.filter((each) => each.to.startsWith('cap-'))).toHaveLength(24);

  // A week on the count starts anew.
  expect(await forward('cap-0', 'P8D')).toEqual([]);
  await tell(sql, shop.project, 'cap-0', 'cap_a.begin', {}, { email: 'cap-0@example.com' });
  await until('a third mail', async () => sentTo('cap-0@example.com') === 3);
});

test('what was allowed when it was planned is asked again when it is sent', async () => {
  const { sql } = database;
  const [customer] = await sql.begin((tx) =>
    upsertCustomers(tx, shop.project.id, [{ sourceId: 'sent-later', email: 'later@example.com' }]),
  );
  const delivery = { projectId: shop.project.id, id: 'msg_1', customerId: customer?.id ?? null };
  const base = { quiet_hours: 'defer', zone: 'Europe/Berlin', late_at: null, cap: 'marketing', use: 'one' } as const;
  const payload = { to: 'later@example.com', name: null, topic: 'news', template: 'welcome', version: 1, data: {} };
  const ask = (given: object) => checkMails(sql, [{ delivery, payload: { ...payload, rules: { ...base, ...given } } }], new Date());
  await rules({ frequency_caps: { marketing: { limit: 1, per: 'P1D' } } });
  expect(await ask({})).toEqual([{ send: true }]);
  // The same mail, tried again, is no second one.
  expect(await ask({})).toEqual([{ send: true }]);
  expect(await ask({ use: 'two' })).toEqual([{ skip: 'frequency_cap' }]);
  expect(await ask({ late_at: new Date(Date.now() - 1000).toISOString() })).toEqual([{ skip: 'too_late' }]);
  // It gave its place back.
  expect(await ask({ use: 'two' })).toEqual([{ send: true }]);
  await rules({ quiet_hours: { from: hourIn(-1), to: hourIn(2) } });
  const [fate] = await ask({ use: 'two' });
  expect(fate).toHaveProperty('deferTo');
  await rules({});
});

test('the rules are read and written over HTTP, and what is wrong with them is told', async () => {
  const api = await startApi(database.sql, { routes: createSendingRulesRoutes({ sql: database.sql, now: () => new Date() }) });
  const call = api.as(shop);
  expect((await call('GET', '/v1/sending-rules')).body).toEqual({ object: 'sending_rules', quiet_hours: null, frequency_caps: {} });
  const given = { quiet_hours: { from: '21:00', to: '08:00' }, frequency_caps: { marketing: { limit: 3, per: 'P7D' } } };
  expect(await call('PUT', '/v1/sending-rules', given)).toMatchObject({ status: 200, body: given });
  expect((await call('GET', '/v1/sending-rules')).body).toMatchObject(given);
  const wrong = { quiet_hours: { from: '9 pm', to: '08:00' }, frequency_caps: { marketing: { limit: 0, per: 'a week' } } };
  const refused = await call('PUT', '/v1/sending-rules', wrong);
  expect(refused.body.errors.map((each: { path: string }) => each.path)).toEqual([
    'quiet_hours.from',
    'frequency_caps.marketing.limit',
    'frequency_caps.marketing.per',
  ]);
  await call('PUT', '/v1/sending-rules', {});
  await api.stop();
});
