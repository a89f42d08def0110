import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRefereeRewards } from '../../activities/referral/referee-rewards.ts';
import { createEventRoutes } from '../../api/routes/events.ts';
import { createReferralRoutes } from '../../api/routes/referrals.ts';
import { connect, type Sql } from '../../db/client.ts';
import { partitionOf, type EventRow } from '../../db/event/events.ts';
import { webhookEventTypes } from '../../domain/webhook/event-types.ts';
import type { Relay } from '../../relay/relay.ts';
import { startApi, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';
import { createTestRelay, until } from '../harness/relay.ts';

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let shop: TestProject;
let client: ReturnType<typeof VoucherifyServerSide>;
const relays: Relay[] = [];
const pools: Sql[] = [];
/** Nobody listens there: in these tests nothing is to be woken. */
const temporal = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
/** How far the real time of what tries rewards again is ahead. */
let aheadMs = 0;
const deps = { now: () => new Date(Date.now() + aheadMs), randomBytes, random: () => 0.5 };
const reward = createRefereeRewards(deps);
/** How often a relay is to lose what it did, after it was done. */
let crashes = 0;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  checkout = createCheckout(sql);
  await checkout.maintain();
  const routes = [
    ...checkoutRoutes(sql, checkout),
    ...createEventRoutes({ sql, now: deps.now }),
    ...createReferralRoutes({ sql, ...deps }),
  ];
  api = await startApi(sql, { routes });
  shop = await createProject(sql);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
  const crash = (_tx: unknown, events: EventRow[]): Promise<void> => {
    if (crashes === 0 || !events.some((event) => event.type === 'referral.joined')) return Promise.resolve();
    crashes -= 1;
    return Promise.reject(Object.assign(new Error('gone'), { code: '57P01' }));
  };
  // Two, as in processes of their own.
  for (const name of ['one', 'other']) {
    const pool = connect(database.url, { name, max: 5 });
    pools.push(pool);
    relays.push(createTestRelay({ sql: pool, client: temporal, routes: [reward, crash] }));
  }
  for (const relay of relays) relay.start();
});
afterAll(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
  await Promise.all(pools.map((pool) => pool.end()));
  await temporal.connection.close();
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const call = (method: string, path: string, body?: unknown) => api.as(shop)(method, path, body);
const send = async (method: string, path: string, body?: unknown) => {
  const reply = await call(method, path, body);
  expect(reply.status, `${method} ${path}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  return reply.body;
};
const settled = () =>
  until('all events are routed', async () => {
    const [row] = await database.sql<{ left: number }[]>`select count(*) as left from outbox`;
    return row?.left === 0;
  });

const cards = (type: 'GIFT_VOUCHER' | 'LOYALTY_CARD', name: string, more: object = {}): Promise<{ id: string }> =>
  send('POST', '/v1/campaigns', {
    name,
    campaign_type: type === 'GIFT_VOUCHER' ? 'GIFT_VOUCHERS' : 'LOYALTY_PROGRAM',
    voucher: { type, ...(type === 'GIFT_VOUCHER' ? { gift: { amount: 50 } } : { loyalty_card: { points: 5 } }) },
    ...more,
  });
const programBody = (name: string, refereeReward: object, more: object = {}) => ({
  name,
  campaign_type: 'REFERRAL_PROGRAM' as const,
  voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'AMOUNT', amount_off: 500 } },
  referral_program: { conversion_event_type: 'redemption', referee_reward: refereeReward, ...more },
});
const of = (campaign: object, type: string, amount = 300) => ({ related_object_parent: campaign, amount, type });
/** A program and a code of it. */
const aCode = async (name: string, refereeReward: object, more: object = {}): Promise<string> => {
  await send('POST', '/v1/campaigns', programBody(name, refereeReward, more));
  const given = await send('POST', '/v1/publications', { campaign: { name }, customer: { source_id: `${name}-ada` } });
  return given.voucher.code;
};
const redeem = (code: string, customer: string) =>
  send('POST', '/v1/redemptions', {
    redeemables: [{ object: 'voucher', id: code }],
    order: { amount: 2000 },
    customer: { source_id: customer },
  });
const referralOf = async (referee: string) => (await send('GET', `/v1/referrals?referee=${referee}`)).referrals[0];
const held = async (campaignId: string) => database.sql<{ customer: string; worth: number; active: boolean }[]>`
  select c.source_id as customer, coalesce(v.gift_balance, v.loyalty_balance) as worth, v.active
  from voucher v join customer c on c.project_id = v.project_id and c.id = v.holder_id
  where v.project_id = ${shop.project.id} and v.campaign_id = ${campaignId} order by c.source_id, v.id`;

/** Puts an event that was routed back where it waits. */
const routeAgain = (type: string, customerId: string) => database.sql`
  insert into outbox (partition, project_id, event_id, customer_id)
  select ${partitionOf(customerId)}, project_id, id, customer_id from event where type = ${type} and customer_id = ${customerId}`;

test('a program says what who is brought gets, with the official SDK', async () => {
  const { id } = await cards('GIFT_VOUCHER', 'Sdk cards');
  const related = { id, name: 'Sdk cards', object: 'CAMPAIGN' as const };
  const made = await client.campaigns.create({
    name: 'By SDK',
    campaign_type: 'REFERRAL_PROGRAM',
    voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'AMOUNT', amount_off: 100 } },
    referral_program: {
      conversion_event_type: 'custom_event',
      custom_event: { id: 'ms_1', name: 'account.opened' },
      referee_reward: { related_object_parent: related, amount: 300, type: 'GIFT_VOUCHER' },
    },
  } as never);
  const program = {
    conversion_event_type: 'custom_event',
    custom_event: { name: 'account.opened' },
    referee_reward: { related_object_parent: related, amount: 300, type: 'GIFT_VOUCHER' },
  };
  expect(made.referral_program).toMatchObject(program);
  expect((await client.campaigns.get('By SDK')).referral_program).toMatchObject(program);
});

test('a redemption gives the referee credits once, though relays crash, route the event again and do so at once', async () => {
  const { id } = await cards('GIFT_VOUCHER', 'Credits');
  const code = await aCode('Credits for friends', of({ id, object: 'campaign' }, 'GIFT_VOUCHER'));
  await send('POST', '/v1/publications', { campaign: { name: 'Credits' }, customer: { source_id: 'bob' } });
  crashes = 2;
  await Promise.all(['bob', 'cleo', 'bob', 'cleo'].map((friend) => redeem(code, friend)));
  await settled();
  expect(crashes).toBe(0);
  const once = [
    { customer: 'bob', worth: 350, active: true },
    { customer: 'cleo', worth: 350, active: true },
  ];
  expect(await held(id)).toEqual(once);

  const { referee_id: bob, id: referral, referee_reward: given } = await referralOf('bob');
  expect(given).toMatchObject({ result: 'SUCCESS', amount: 300, type: 'GIFT_VOUCHER', campaign_id: id, campaign: 'Credits' });
  await routeAgain('referral.joined', bob);
  await settled();
  const events = await database.sql<EventRow[]>`select * from event where type = 'referral.joined' and customer_id = ${bob}`;
  await database.sql`update referral set referee_reward = null where id = ${referral}`;
  await Promise.all(pools.map((pool) => pool.begin((tx) => reward(tx, events))));
  // Forgotten on purpose, it was given once more, and by one of the two.
  expect(await held(id)).toEqual([{ ...once[0], worth: 650 }, once[1]]);
  const account = await send('GET', `/v1/vouchers/${given.code}/transactions`);
  expect(account.data[0]).toMatchObject({ type: 'CREDITS_ADDITION', source_id: referral });
  const told = await database.sql<{ data: Record<string, unknown> }[]>`
    select data from event where type = 'referral.reward.succeeded' and customer_id = ${bob} order by id`;
  expect(told).toHaveLength(2);
  expect(told[0]!.data).toMatchObject({ referral_id: referral, referee_reward: given });
  const known = webhookEventTypes.find(({ type }) => type === 'referral.reward.succeeded')!;
  expect(known.data.safeParse(told[0]!.data).error).toBeUndefined();
});

test('an event brings points to the card that the referee has of a loyalty program, or to one that they get', async () => {
  const { id } = await cards('LOYALTY_CARD', 'Club');
  const code = await aCode('Club friends', of({ name: 'Club' }, 'LOYALTY_CARD', 40), {
    conversion_event_type: 'custom_event',
    custom_event: { name: 'account.opened' },
  });
  await send('POST', `/v1/loyalties/${id}/members`, { customer: { source_id: 'eve' } });
  const tell = (event: string, who: string) => send('POST', '/v1/events', { event, customer: { source_id: who }, referral: { code } });
  await tell('newsletter.joined', 'dan');
  await settled();
  expect(await held(id)).toEqual([{ customer: 'eve', worth: 5, active: true }]);
  await Promise.all(['dan', 'eve', 'dan', 'eve'].map((who) => tell('account.opened', who)));
  await settled();
  expect(await held(id)).toEqual([
    { customer: 'dan', worth: 45, active: true },
    { customer: 'eve', worth: 45, active: true },
  ]);
});

test('an event that names a referral of somebody else gives nothing', async () => {
  const { id } = await cards('GIFT_VOUCHER', 'Not yours');
  const code = await aCode('Of others', of({ id }, 'GIFT_VOUCHER'));
  await redeem(code, 'fay');
  await settled();
  const { id: referral } = await referralOf('fay');
  await database.sql`update referral set referee_reward = null where id = ${referral}`;
  await send('POST', '/v1/events', { event: 'referral.joined', customer: { source_id: 'mallory' }, metadata: { referral_id: referral } });
  await settled();
  expect(await held(id)).toEqual([{ customer: 'fay', worth: 350, active: true }]);
  expect((await referralOf('fay')).referee_reward).toBeNull();
});

test('a card that cannot be used is left: a gift card is given anew, a loyalty card is not', async () => {
  const gifts = await cards('GIFT_VOUCHER', 'Anew');
  const club = await cards('LOYALTY_CARD', 'Club of one');
  for (const name of ['Anew', 'Club of one']) {
    const { voucher } = await send('POST', '/v1/publications', { campaign: { name }, customer: { source_id: 'gus' } });
    await send('POST', `/v1/vouchers/${voucher.code}/disable`);
  }
  await redeem(await aCode('Gifts anew', of({ id: gifts.id }, 'GIFT_VOUCHER')), 'gus');
  await settled();
  expect((await held(gifts.id)).map(({ worth, active }) => ({ worth, active }))).toEqual([
    { worth: 50, active: false },
    { worth: 350, active: true },
  ]);
  await redeem(await aCode('Points anew', of({ id: club.id }, 'LOYALTY_CARD')), 'gus');
  await settled();
  expect(await held(club.id)).toEqual([{ customer: 'gus', worth: 5, active: false }]);
  expect((await referralOf('gus')).referee_reward).toMatchObject({ result: 'FAILURE', type: 'LOYALTY_CARD' });
});

test('where a reward cannot be given, that is told, and nothing waits', async () => {
  const disabled = await cards('GIFT_VOUCHER', 'Disabled');
  const deleted = await cards('GIFT_VOUCHER', 'Deleted');
  const few = await cards('LOYALTY_CARD', 'Few', { type: 'STATIC' });
  const full = await cards('GIFT_VOUCHER', 'Full');
  await send('POST', '/v1/publications', { campaign: { name: 'Full' }, customer: { source_id: 'full-friend' } });
  const codes = {
    disabled: await aCode('D1', of({ id: disabled.id }, 'GIFT_VOUCHER')),
    deleted: await aCode('D2', of({ id: deleted.id }, 'GIFT_VOUCHER')),
    few: await aCode('D3', of({ id: few.id }, 'LOYALTY_CARD')),
    full: await aCode('D4', of({ id: full.id }, 'GIFT_VOUCHER', Number.MAX_SAFE_INTEGER)),
  };
  await send('POST', `/v1/campaigns/${disabled.id}/disable`);
  await send('DELETE', `/v1/campaigns/${deleted.id}`);
  for (const [name, code] of Object.entries(codes)) await redeem(code, `${name}-friend`);
  await settled();
  const reasonOf = async (name: string) => (await referralOf(`${name}-friend`)).referee_reward;
  expect(await reasonOf('disabled')).toMatchObject({ result: 'FAILURE', reason: 'The campaign Disabled is disabled' });
  expect(await reasonOf('deleted')).toMatchObject({ result: 'FAILURE', reason: 'The campaign of the reward does not exist any more' });
  expect(await reasonOf('few')).toMatchObject({ result: 'FAILURE', reason: expect.stringContaining('0 of the 1 free codes') });
  expect(await reasonOf('full')).toMatchObject({ result: 'FAILURE', reason: expect.stringContaining('below 2^53') });
  expect(await held(full.id)).toEqual([{ customer: 'full-friend', worth: 50, active: true }]);
  const failed = await database.sql<{ reason: string }[]>`
    select data -> 'referee_reward' ->> 'reason' as reason from event where type = 'referral.reward.failed' and data ->> 'campaign' like 'D_'`;
  expect(failed).toHaveLength(4);
});

test('a reward that cannot be is refused with each field that is wrong', async () => {
  await cards('GIFT_VOUCHER', 'Fits');
  const coupons = await send('POST', '/v1/campaigns', {
    name: 'Coupons',
    voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'AMOUNT', amount_off: 1 } },
  });
  const refused = async (wrong: object): Promise<string[]> => {
    const { status, body } = await call('POST', '/v1/campaigns', programBody('Refused', wrong));
    expect({ status, body }).toMatchObject({ status: 400, body: { key: 'invalid_payload' } });
    return (body.errors as { path: string }[]).map(({ path }) => path.replace('referral_program.referee_reward.', '')).toSorted();
  };
  expect(await refused(of({ name: 'Nowhere' }, 'GIFT_VOUCHER'))).toEqual(['related_object_parent.name']);
  expect(await refused(of({ id: 'camp_1', name: 'Fits' }, 'GIFT_VOUCHER'))).toEqual(['related_object_parent.id']);
  expect(await refused(of({ id: coupons.id, name: 'Fits' }, 'GIFT_VOUCHER'))).toEqual(['related_object_parent.name']);
  expect(await refused(of({ name: 'Fits' }, 'LOYALTY_CARD'))).toEqual(['type']);
  expect(await refused(of({ id: coupons.id }, 'GIFT_VOUCHER'))).toEqual(['type']);
  expect(await refused(of({ object: 'voucher' }, 'COUPON', 0))).toEqual(
    expect.arrayContaining(['amount', 'related_object_parent.object', 'type']),
  );
  expect(await refused(of({}, 'GIFT_VOUCHER', 1.5))).toEqual(['amount', 'related_object_parent.id']);
  expect(await refused(of({ name: 'Fits' }, 'GIFT_VOUCHER', 2 ** 53))).toEqual(['amount']);
  const other = await createProject(database.sql);
  expect(await api.as(other)('POST', '/v1/campaigns', programBody('Elsewhere', of({ name: 'Fits' }, 'GIFT_VOUCHER')))).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'referral_program.referee_reward.related_object_parent.name' }] },
  });
});
