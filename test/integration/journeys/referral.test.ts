import { afterAll, beforeAll, expect, test } from 'vitest';
import { installJourney } from '../../../api/journey/install-journey.ts';
import { createReviewRoutes } from '../../../api/routes/reviews.ts';
import { upsertCustomers, type Customer } from '../../../db/customer/customers.ts';
import { startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { enrolmentOf, prepareJourneys, publish, startJourneyEngine, tell, type JourneyEngine } from '../../harness/journeys.ts';
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
let api: TestApi;
let forward: ReturnType<typeof createTravels>;
let referrer: Customer;
let installed: string[];

const customer = async (sourceId: string, more: object = {}): Promise<Customer> => {
  const [made] = await database.sql.begin((tx) =>
    upsertCustomers(tx, shop.project.id, [{ sourceId, email: `${sourceId}@example.com`, name: sourceId, ...more }]),
  );
  if (made === undefined) throw new Error('no customer');
  return made;
};

beforeAll(async () => {
  database = await createDatabase({ max: 30 });
  temporal = await connectTemporal();
  sink = await startSmtpSink();
  shop = await createProject(database.sql);
  await prepareJourneys(database.sql, shop.project);
  ({ installed } = await database.sql.begin((tx) => installJourney(tx, shop.project, 'referral', new Date())));
  engine = await startJourneyEngine(database.sql, temporal, sink.url);
  api = await startApi(database.sql, { routes: createReviewRoutes({ sql: database.sql, now: () => new Date() }) });
  forward = createTravels(database.sql, temporal, shop.project);
  referrer = await customer('rita', { metadata: { device_id: 'ritas phone', payment_fingerprint: 'ritas card' } });
});

afterAll(async () => {
  await api?.stop();
  await engine?.stop();
  await sink?.close();
  await temporal?.close();
  await database?.drop();
});

const join = (who: string, by: Customer = referrer, data: object = {}, email = `${who}@example.com`) =>
  tell(database.sql, shop.project, who, 'referral.joined', { referrer_id: by.id, ...data }, { email });
const order = (id: string, amount = 5000) => ({ order: { id, amount } });
const say = (who: string, type: string, data: Record<string, unknown>) =>
  tell(database.sql, shop.project, who, type, data, { email: `${who}@example.com` });
const sentTo = (address: string) => sink.received.filter((each) => each.to === address).length;
const rewards = async (of: Customer) => (await database.sql`select from voucher where holder_id = ${of.id} and withdrawn_at is null`).count;

test('it installs with all that it needs, once', async () => {
  expect(installed).toEqual([
    'campaign referral-friend',
    'campaign referral-reward',
    'campaign refer-a-friend',
    'template referral-friend',
    'template referral-reward',
    'journey referral',
  ]);
  const again = await database.sql.begin((tx) => installJourney(tx, shop.project, 'referral', new Date()));
  expect(again).toMatchObject({ installed: [], journey: { key: 'referral', version: 1 } });
});

test('the friend gets a coupon at once, and who brought them a reward when the refund window of the first order is over', async () => {
  const fay = await join('fay');
  await enrolmentOf(database.sql, fay, (each) => each.step === 'first_order' && each.dueAt !== null);
  await until('the friend has a mail', async () => sentTo('fay@example.com') === 1);
  // Less than the minimum does not count.
  await say('fay', 'order.paid', order('o-1', 1999));
  await say('fay', 'order.paid', order('o-2'));
  expect(await forward('fay', 'P13D')).toEqual(['first_order event']);
  expect(sentTo('rita@example.com')).toBe(0);
  expect(await forward('fay', 'P2D')).toEqual(['refund_window elapsed', 'reward issued', 'reward_mail planned']);
  await until('the reward is told of', async () => sentTo('rita@example.com') === 1);
  expect(await rewards(referrer)).toBe(1);
  // A refund from now on takes it back while it is not redeemed.
  await say('fay', 'order.refunded', order('o-2'));
  const out = await enrolmentOf(database.sql, fay, (each) => each.state !== 'active');
  expect(out).toMatchObject({ state: 'exited', outcome: 'order.refunded' });
  expect(await rewards(referrer)).toBe(0);
});

test('a refund in the window, or a cancelled order, and there is no reward', async () => {
  for (const [who, type] of [
    ['gil', 'order.refunded'],
    ['hal', 'order.canceled'],
  ] as const) {
    const friend = await join(who);
    await enrolmentOf(database.sql, friend, (each) => each.step === 'first_order');
    await say(who, 'order.paid', order(`${who}-1`));
    await enrolmentOf(database.sql, friend, (each) => each.step === 'refund_window');
    // Another order's does not matter.
    await say(who, type, order('another'));
    await say(who, type, order(`${who}-1`));
    expect(await enrolmentOf(database.sql, friend, (each) => each.state !== 'active')).toMatchObject({ outcome: type });
  }
  expect(await rewards(referrer)).toBe(0);
  const ina = await join('ina');
  await enrolmentOf(database.sql, ina, (each) => each.step === 'first_order');
  expect((await forward('ina', 'P31D')).slice(0, 2)).toEqual(['first_order timeout', 'no_order no_order']);
});

test('who refers themselves, an old customer or in a ring is refused', async () => {
  const { sql } = database;
  const outcomeOf = async (who: Customer) => (await enrolmentOf(sql, who, (each) => each.state !== 'active')).outcome;
  const gmail = await customer('gus', { email: 'gus.gold@gmail.com' });
  expect(await outcomeOf(await join('gus2', gmail, {}, 'g.u.s.gold+new@googlemail.com'))).toBe('refused');
  expect(await outcomeOf(await join('paula', referrer, { payment_fingerprint: 'ritas card' }))).toBe('refused');
  await say('olga', 'order.paid', order('long ago'));
  expect(await outcomeOf(await join('olga'))).toBe('refused');
  const [kim, lee] = [await customer('kim'), await customer('lee')];
  await enrolmentOf(sql, await join('lee', kim), (each) => each.step === 'first_order');
  expect(await outcomeOf(await join('kim', lee))).toBe('refused');
  const checks = await sql<{ signals: string[] }[]>`select signals from referral_check where verdict = 'fail' order by id`;
  expect(checks.map((each) => each.signals)).toEqual([['same_email'], ['same_payment'], ['existing_customer'], ['cycle']]);
});

test('where only the device is the same people decide, and the customer goes on at once', async () => {
  const { sql } = database;
  const call = api.as(shop);
  const [mia, ned] = [await join('mia', referrer, { device_id: 'ritas phone' }), await join('ned', referrer, { device_id: 'ritas phone' })];
  await until('two reviews are open', async () => (await call('GET', '/v1/reviews')).body.total === 2);
  const { body } = await call('GET', '/v1/reviews?journey=referral');
  const reviewOf = (who: Customer) => body.reviews.find((each: { referee_id: string }) => each.referee_id === who.id);
  expect(reviewOf(mia)).toMatchObject({ object: 'review', signals: ['same_device'], referrer_id: referrer.id, decision: null });
  expect((await enrolmentOf(sql, mia, () => true)).step).toBe('guard');
  expect(await call('POST', `/v1/reviews/${reviewOf(mia).id}/approve`, { note: 'sisters' })).toMatchObject({
    status: 200,
    body: { decision: 'approved', note: 'sisters' },
  });
  expect((await call('POST', `/v1/reviews/${reviewOf(ned).id}/reject`)).status).toBe(200);
  expect((await call('POST', `/v1/reviews/${reviewOf(ned).id}/approve`)).status).toBe(409);
  await enrolmentOf(sql, mia, (each) => each.step === 'first_order');
  expect(await enrolmentOf(sql, ned, (each) => each.state !== 'active')).toMatchObject({ outcome: 'refused' });
  expect((await call('GET', '/v1/reviews?state=decided')).body.total).toBe(2);
  // Nobody decides for a month: that is a no.
  const oda = await join('oda', referrer, { device_id: 'ritas phone' });
  await enrolmentOf(sql, oda, (each) => each.step === 'guard');
  await until('a review is open', async () => (await call('GET', '/v1/reviews')).body.total === 1);
  expect(await forward('oda', 'P31D')).toEqual(['guard fail', 'refused refused', 'end refused']);
  expect((await call('GET', '/v1/reviews')).body.total).toBe(0);
});

test('limits of coupons hold for each recipient and in all, also where everybody asks at once', async () => {
  const { sql } = database;
  const [busy, lazy] = [await customer('busy'), await customer('lazy')];
  await publish(sql, shop.project, {
    journey: 'limited',
    trigger: { event: 'limited.begin' },
    steps: {
      reward: {
        do: 'issue_coupon',
        campaign: 'referral-reward',
        recipient: 'event.data.to',
        limits: { per_customer: 3, window: 'P30D', budget: 5 },
        on_exhausted: 'capped',
        as: 'reward',
      },
      given: { do: 'exit', outcome: 'given' },
      capped: { do: 'exit', outcome: 'capped' },
    },
  });
  const friends = Array.from({ length: 12 }, (_each, index) => `friend-${index}`);
  const to = (index: number) => (index < 8 ? busy : lazy).id;
  const told = await Promise.all(friends.map((who, index) => say(who, 'limited.begin', { to: to(index) })));
  await Promise.all(told.map((each) => enrolmentOf(sql, each, ({ state }) => state !== 'active')));
  expect(await rewards(busy)).toBeLessThanOrEqual(3);
  expect((await rewards(busy)) + (await rewards(lazy))).toBe(5);
  // A month on the same customer may have more, but the budget is used up.
  const wrong = await say('friend-x', 'limited.begin', { to: 'nobody' });
  expect((await enrolmentOf(sql, wrong, ({ state }) => state === 'held')).outcome).toContain('the recipient nobody is not a customer');
});
