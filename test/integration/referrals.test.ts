import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEventRoutes } from '../../api/routes/events.ts';
import { createReferralRoutes } from '../../api/routes/referrals.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  checkout = createCheckout(sql);
  await checkout.maintain();
  const routes = [
    ...checkoutRoutes(sql, checkout),
    ...createEventRoutes({ sql, now: () => new Date() }),
    ...createReferralRoutes({ sql, now: () => new Date(), randomBytes, random: Math.random }),
  ];
  api = await startApi(sql, { routes });
  call = api.as(await createProject(sql));
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const program = async (name: string, more: object = {}): Promise<string> => {
  const made = await call('POST', '/v1/campaigns', {
    name,
    campaign_type: 'REFERRAL_PROGRAM',
    voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'AMOUNT', amount_off: 500 } },
    ...more,
  });
  expect(made, JSON.stringify(made.body)).toMatchObject({
    status: 200,
    body: { campaign_type: 'REFERRAL_PROGRAM', voucher: { is_referral_code: true } },
  });
  const given = await call('POST', '/v1/publications', { campaign: { name }, customer: { source_id: 'ada' } });
  return (given.body.voucher?.code ?? given.body.vouchers?.[0]) as string;
};

const redeem = (code: string, customer?: string) =>
  call('POST', '/v1/redemptions', {
    redeemables: [{ object: 'voucher', id: code }],
    order: { amount: 2000 },
    ...(customer && { customer: { source_id: customer } }),
  });

const brought = async (query: string): Promise<string[]> => {
  const { body } = await call('GET', `/v1/referrals?${query}&limit=100`);
  return (body.referrals as { referee_id: string }[]).map((each) => each.referee_id);
};

test('a referral code is for everybody but who holds it, and keeps who came by it, once', async () => {
  const code = await program('Bring a friend');
  expect(await redeem(code, 'ada')).toMatchObject({ status: 400, body: { key: 'referrer_not_permitted_to_redeem' } });
  expect(await redeem(code)).toMatchObject({ status: 400, body: { key: 'missing_customer' } });
  const friends = ['bob', 'cleo', 'dan', 'eve'];
  const replies = await Promise.all([...friends, ...friends].map((friend) => redeem(code, friend)));
  expect(replies.map((reply) => reply.status)).toEqual(replies.map(() => 200));
  expect(await brought('referrer=ada')).toHaveLength(4);
  const other = (await call('POST', '/v1/publications', { campaign: { name: 'Bring a friend' }, customer: { source_id: 'zoe' } })).body
    .voucher.code;
  await redeem(other as string, 'bob');
  expect(await brought('referrer=zoe')).toEqual([]);
  const events = await database.sql<{ type: string; count: number }[]>`
    select type, count(*)::int as count from event where type in ('customer.referred', 'referral.joined') group by type order by type`;
  expect(events).toEqual([
    { type: 'customer.referred', count: 4 },
    { type: 'referral.joined', count: 4 },
  ]);
});

test('an event with the code brings a customer too, where the program counts it', async () => {
  const code = await program('By event', {
    referral_program: { conversion_event_type: 'custom_event', custom_event: { name: 'account.opened' } },
  });
  const tell = (event: string, who: string, referral: string) =>
    call('POST', '/v1/events', { event, customer: { source_id: who }, referral: { code: referral } });
  expect((await tell('newsletter.joined', 'fay', code)).status).toBe(200);
  expect(await brought('campaign=By%20event')).toEqual([]);
  await Promise.all([1, 2, 3].map(() => tell('account.opened', 'fay', code)));
  expect(await brought('campaign=By%20event')).toHaveLength(1);
  expect(await tell('account.opened', 'ada', code)).toMatchObject({ status: 400, body: { key: 'referrer_not_permitted_to_redeem' } });
  expect(await tell('account.opened', 'gus', 'NOBODY')).toMatchObject({ status: 404 });
});

test('what a program says is checked', async () => {
  const body = { name: 'Wrong', voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'AMOUNT', amount_off: 1 } } };
  expect(await call('POST', '/v1/campaigns', { ...body, referral_program: {} })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'referral_program' }] },
  });
  expect(
    await call('POST', '/v1/campaigns', {
      ...body,
      campaign_type: 'REFERRAL_PROGRAM',
      referral_program: { conversion_event_type: 'custom_event' },
    }),
  ).toMatchObject({ status: 400, body: { errors: [{ path: 'referral_program.custom_event' }] } });
});
