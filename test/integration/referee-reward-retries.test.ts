import { randomBytes } from 'node:crypto';
import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRefereeRewards, retryRefereeRewards } from '../../activities/referral/referee-rewards.ts';
import { createDeadLetterRoutes } from '../../api/routes/dead-letters.ts';
import { createEventRoutes } from '../../api/routes/events.ts';
import { createReferralRoutes } from '../../api/routes/referrals.ts';
import type { EventRow } from '../../db/event/events.ts';
import { webhookEventTypes } from '../../domain/webhook/event-types.ts';
import { startApi, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let shop: TestProject;
/** How far the time of what tries rewards again is ahead. */
let aheadMs = 0;
const deps = { now: () => new Date(Date.now() + aheadMs), randomBytes, random: () => 0.5 };

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  checkout = createCheckout(sql);
  await checkout.maintain();
  const routes = [
    ...checkoutRoutes(sql, checkout),
    ...createEventRoutes({ sql, now: deps.now }),
    ...createReferralRoutes({ sql, ...deps }),
    ...createDeadLetterRoutes({ sql }),
  ];
  api = await startApi(sql, { routes });
  shop = await createProject(sql);
});
afterAll(async () => {
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
/** Gives what referrals that nobody decided on promise, as the relay does once it routes their events. */
const route = () =>
  database.sql.begin(async (tx) => {
    const joined = await tx<EventRow[]>`select * from event where type = 'referral.joined' and project_id = ${shop.project.id}`;
    await createRefereeRewards(deps)(tx, joined);
  });
const retry = () => retryRefereeRewards(database.sql, deps);

/** A campaign of gift cards without a code, and a code of a program that promises a card of it. */
const aProgram = async (name: string, amount = 300) => {
  const gift = { type: 'GIFT_VOUCHER', gift: { amount: 50 } };
  const cards = await send('POST', '/v1/campaigns', {
    name: `${name} cards`,
    campaign_type: 'GIFT_VOUCHERS',
    type: 'STATIC',
    voucher: gift,
  });
  const promise = (worth: number) => ({
    conversion_event_type: 'redemption',
    referee_reward: { related_object_parent: { id: cards.id }, amount: worth, type: 'GIFT_VOUCHER' },
  });
  const voucher = { type: 'DISCOUNT_VOUCHER', discount: { type: 'AMOUNT', amount_off: 500 } };
  await send('POST', '/v1/campaigns', { name, campaign_type: 'REFERRAL_PROGRAM', voucher, referral_program: promise(amount) });
  const { voucher: code } = await send('POST', '/v1/publications', { campaign: { name }, customer: { source_id: `${name}-ada` } });
  const addCard = () => send('POST', `/v1/campaigns/${cards.id}/vouchers`, {});
  return { code: code.code as string, cards: cards.id as string, promise, addCard };
};
const come = (code: string, customer: string) =>
  send('POST', '/v1/redemptions', {
    redeemables: [{ object: 'voucher', id: code }],
    order: { amount: 2000 },
    customer: { source_id: customer },
  });
const referralOf = async (referee: string) => (await send('GET', `/v1/referrals?referee=${referee}`)).referrals[0];
const balances = async (campaignId: string) => {
  const rows = await database.sql<{ giftBalance: number }[]>`
    select gift_balance from voucher where campaign_id = ${campaignId} and holder_id is not null order by id`;
  return rows.map(({ giftBalance }) => giftBalance);
};
const toldOf = async (referral: string) => {
  const rows = await database.sql<{ type: string; data: { referee_reward: Record<string, unknown> } }[]>`
    select type, data from event where type like 'referral.reward.%' and data ->> 'referral_id' = ${referral} order by id`;
  for (const { type, data } of rows)
    expect(webhookEventTypes.find((known) => known.type === type)!.data.safeParse(data).error).toBeUndefined();
  return rows.map(({ type, data }) => [type.split('.').at(-1), data.referee_reward['attempts'] ?? null]);
};

test('what could not be given is tried again when it is due, and given once though several try', async () => {
  aheadMs = 0;
  const { code, cards, addCard } = await aProgram('Due');
  await come(code, 'bob');
  await route();
  const { id, referee_reward: failed } = await referralOf('bob');
  expect(failed).toMatchObject({ result: 'FAILURE', attempts: 1, reason: expect.stringContaining('0 of the 1 free codes') });
  expect(Math.round((Date.parse(failed.next_attempt_at) - Date.now()) / 60_000)).toBe(1);
  await addCard();
  expect([await retry(), await balances(cards)]).toEqual([0, []]);
  aheadMs = 2 * 60_000;
  await Promise.all([retry(), retry(), route(), retry()]);
  expect(await balances(cards)).toEqual([350]);
  expect((await referralOf('bob')).referee_reward).toMatchObject({ result: 'SUCCESS', amount: 300, campaign_id: cards });
  expect(await retry()).toBe(0);
  expect(await toldOf(id)).toEqual([
    ['failed', 1],
    ['succeeded', null],
  ]);
});

test('what cannot be given for days is given up, is seen with its reason, and is given once somebody asks for it', async () => {
  aheadMs = 0;
  const { code, cards, addCard } = await aProgram('Long');
  await come(code, 'cleo');
  await route();
  for (let days = 1; days <= 10; days += 1) {
    aheadMs = days * DAY_MS;
    await retry();
  }
  const { id, referee_id: customer, referee_reward: up } = await referralOf('cleo');
  expect(up).toMatchObject({ result: 'FAILURE', attempts: 9, next_attempt_at: null });
  expect(await toldOf(id)).toEqual([
    ['failed', 1],
    ['failed', 9],
  ]);
  const path = `/v1/referrals/${id}/reward/retry`;
  const letters = () => send('GET', '/v1/dead-letters?kind=referee_reward');
  expect(await letters()).toMatchObject({
    total: 1,
    counts: { referee_reward: 1 },
    dead_letters: [
      { kind: 'referee_reward', id, state: 'failed', cause: up.reason, subject: 'Long cards', customer_id: customer, retry: { path } },
    ],
  });
  // It still has none: from now on it is tried by itself again.
  expect((await send('POST', path)).referee_reward).toMatchObject({ result: 'FAILURE', attempts: 1, next_attempt_at: expect.any(String) });
  expect((await letters()).total).toBe(0);
  await addCard();
  const answers = await Promise.all([call('POST', path), call('POST', path), call('POST', path)]);
  for (const { status, body } of answers.filter((each) => each.status !== 409))
    expect({ status, body }).toMatchObject({ status: 200, body: { referee_reward: { result: 'SUCCESS', campaign_id: cards } } });
  expect((await call('POST', path)).status).toBe(409);
  expect(await balances(cards)).toEqual([350]);
  aheadMs += DAY_MS;
  expect(await retry()).toBe(0);

  const other = await createProject(database.sql);
  expect((await api.as(other)('POST', path)).status).toBe(404);
  expect((await call('POST', '/v1/referrals/rfl_none/reward/retry')).status).toBe(404);
});

test('a campaign that was deleted does not come back: its rewards are given up at once', async () => {
  aheadMs = 0;
  const { code, cards } = await aProgram('Gone');
  await send('DELETE', `/v1/campaigns/${cards}`);
  await come(code, 'dan');
  await route();
  const { id, referee_reward: up } = await referralOf('dan');
  expect(up).toMatchObject({ result: 'FAILURE', attempts: 1, next_attempt_at: null });
  expect(await toldOf(id)).toEqual([['failed', 1]]);
  expect(await send('POST', `/v1/referrals/${id}/reward/retry`)).toMatchObject({ referee_reward: { next_attempt_at: null } });
});

test('a program that is changed counts for who comes from then on', async () => {
  aheadMs = 0;
  const { code, cards, promise, addCard } = await aProgram('Changed');
  for (let count = 0; count < 3; count += 1) await addCard();
  await come(code, 'eve');
  expect(await send('PUT', '/v1/campaigns/Changed', { referral_program: promise(700) })).toMatchObject({
    referral_program: {
      conversion_event_type: 'redemption',
      referee_reward: { amount: 700, related_object_parent: { name: 'Changed cards' } },
    },
  });
  await come(code, 'fay');
  const byEvent = { ...promise(800), conversion_event_type: 'custom_event', custom_event: { name: 'account.opened' } };
  await send('PUT', '/v1/campaigns/Changed', { referral_program: byEvent });
  const client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
  expect(await client.campaigns.get('Changed')).toMatchObject({ referral_program: { custom_event: { name: 'account.opened' } } });
  const opened = (who: string) => send('POST', '/v1/events', { event: 'account.opened', customer: { source_id: who }, referral: { code } });
  await opened('gus');
  await send('PUT', '/v1/campaigns/Changed', { referral_program: { conversion_event_type: 'redemption' } });
  await come(code, 'hal');
  await route();
  expect(await balances(cards)).toEqual([350, 750, 850]);
  expect((await referralOf('hal')).referee_reward).toBeNull();
  await send('PUT', '/v1/campaigns/Changed', { description: 'as it was' });
  expect((await send('GET', '/v1/campaigns/Changed')).referral_program).toEqual({ conversion_event_type: 'redemption' });

  const refused = async (campaign: string, program: object) =>
    (await call('PUT', `/v1/campaigns/${campaign}`, { referral_program: program })).body.errors?.map(({ path }: { path: string }) => path);
  const loyalty = { ...promise(1).referee_reward, type: 'LOYALTY_CARD' };
  expect(await refused('Changed', { ...promise(1), referee_reward: loyalty })).toEqual(['referral_program.referee_reward.type']);
  expect(await refused('Changed', { conversion_event_type: 'custom_event' })).toEqual(['referral_program.custom_event']);
  expect(await refused('Changed', promise(0))).toEqual(['referral_program.referee_reward.amount']);
  expect(await refused(cards, promise(1))).toEqual(['referral_program']);
});
