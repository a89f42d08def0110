import { VoucherifyServerSide } from '@voucherify/sdk';
import { pino } from 'pino';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adjustPoints, lockLoyaltyCards } from '../../../activities/loyalty/card.ts';
import { sweepTiers } from '../../../activities/loyalty/tiers.ts';
import { createRoute } from '../../../relay/route.ts';
import { createTierChanges } from '../../../relay/tier-changes.ts';
import { startApi, type TestApi } from '../../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProgram, join } from '../../harness/loyalty.ts';
import { createProject, type TestProject } from '../../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let shop: TestProject;
let client: ReturnType<typeof VoucherifyServerSide>;

beforeAll(async () => {
  database = await createDatabase();
  checkout = createCheckout(database.sql);
  await checkout.maintain();
  api = await startApi(database.sql, { routes: checkoutRoutes(database.sql, checkout) });
  shop = await createProject(database.sql);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const send = (method: string, path: string, body?: unknown) => api.as(shop)(method, path, body);
const tiers = [
  { name: 'Silver', points: { from: 100, to: 499 } },
  { name: 'Gold', points: { from: 500 } },
];

/** Has the relay act on all that happened. */
const settle = async (now = new Date()): Promise<void> => {
  const route = createRoute(
    { sql: database.sql, routes: [createTierChanges({ now: () => now })], log: pino({ level: 'silent' }) },
    () => {},
  );
  while ((await route()).busy);
};

const add = (code: string, points: number, now = new Date()) =>
  database.sql.begin(async (tx) => {
    const [card] = await lockLoyaltyCards(tx, shop.project, { codes: [code] }, now);
    await adjustPoints(tx, shop.project, card!, { points, expires: 'NON_EXPIRING', sourceId: null, reason: null }, now);
  });

const tierOf = async (code: string) => (await client.loyalties.listMemberLoyaltyTiers(code)).data[0];

/** What was told of a customer's tiers, in order. */
const movesOf = async (customer: string) => {
  const rows = await database.sql<{ type: string }[]>`
    select e.type from event e join customer c on c.project_id = e.project_id and c.id = e.customer_id
    where e.project_id = ${shop.project.id} and c.source_id = ${customer} and e.type like 'customer.loyalty.tier.%' order by e.id`;
  return rows.map(({ type }) => type.replace('customer.loyalty.tier.', ''));
};

describe('tiers of a program', () => {
  test('are kept with the official SDK', async () => {
    await createProgram(database.sql, shop, 'Kept', { points: 0 });
    const made = await client.loyalties.createTiers('Kept', tiers);
    expect(made).toMatchObject([
      { name: 'Silver', points: { from: 100, to: 499 }, config: { points: { from: 100, to: 499 } }, object: 'loyalty_tier' },
      { name: 'Gold', points: { from: 500 } },
    ]);
    const [silver, gold] = made;
    expect(await client.loyalties.getTier('Kept', gold!.id)).toEqual(gold);
    expect(await client.loyalties.listTiers('Kept', { limit: 1 })).toMatchObject({ total: 2, data_ref: 'data', data: [silver] });
    const wrong = await send('POST', '/v1/loyalties/Kept/tiers', [{ name: 'Platinum', points: { from: 900 } }]);
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ path: 'points' }] } });
    const narrower = await send('PUT', `/v1/loyalties/Kept/tiers/${gold!.id}`, {
      points: { from: 500, to: 899 },
      metadata: { colour: 'yellow' },
    });
    expect(narrower.body).toMatchObject({ points: { from: 500, to: 899 }, metadata: { colour: 'yellow' }, name: 'Gold' });
    expect((await send('POST', '/v1/loyalties/Kept/tiers', [{ name: 'Platinum', points: { from: 900 } }])).status).toBe(200);
    expect((await send('DELETE', `/v1/loyalties/Kept/tiers/${gold!.id}`)).status).toBe(204);
    expect((await send('GET', `/v1/loyalties/Kept/tiers/${gold!.id}`)).status).toBe(404);
    const unknown = {
      rewards: { rew_none: { type: 'MULTIPLY', multiplier: 2 } },
      earning_rules: { ern_none: { type: 'CUSTOM', points: 1 } },
    };
    const refused = await send('PUT', `/v1/loyalties/Kept/tiers/${silver!.id}`, unknown);
    expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual(['earning_rules.ern_none', 'rewards.rew_none']);
  });

  test('have members by the points that these have, also those that were there before', async () => {
    await createProgram(database.sql, shop, 'Balance', { points: 150 });
    const code = await join(send, 'Balance', 'ada');
    await client.loyalties.createTiers('Balance', tiers);
    expect(await tierOf(code)).toMatchObject({ name: 'Silver', expiration: { expiration_date: null } });
    await add(code, 400);
    await settle();
    expect(await tierOf(code)).toMatchObject({ name: 'Gold' });
    await add(code, -100);
    await add(code, -400);
    await settle();
    expect(await tierOf(code)).toBeUndefined();
    const late = await join(send, 'Balance', 'bob');
    await settle();
    expect(await tierOf(late)).toMatchObject({ name: 'Silver' });
    expect(await movesOf('ada')).toEqual(['joined', 'upgraded', 'left']);
    expect(await movesOf('bob')).toEqual(['joined']);
  });

  test('are left by who spends', async () => {
    await createProgram(database.sql, shop, 'Spent', { points: 520 });
    const code = await join(send, 'Spent', 'cid');
    const reward = await client.rewards.create({ name: 'Off', parameters: { coin: { exchange_ratio: 1, points_ratio: 1 } } } as never);
    await client.loyalties.createRewardAssignments('Spent', [{ reward: reward.id } as never]);
    await client.loyalties.createTiers('Spent', tiers);
    const { id } = await client.loyalties.redeemReward('Spent', code, {
      reward: { id: reward.id, points: 100 } as never,
      order: { amount: 90_000 },
    });
    await settle();
    expect(await tierOf(code)).toMatchObject({ name: 'Silver' });
    await client.redemptions.rollback(id);
    await settle();
    expect(await movesOf('cid')).toEqual(['joined', 'downgraded', 'upgraded']);
  });

  test('are reached by the points of a period, and end with it', async () => {
    await createProgram(database.sql, shop, 'Monthly', { points: 300 });
    const rules = { qualification_type: 'POINTS_IN_PERIOD', qualification_period: 'MONTH' };
    const changed = await send('PUT', '/v1/loyalties/Monthly', { loyalty_tiers_expiration: rules });
    expect(changed.body.loyalty_tiers_expiration).toEqual({
      ...rules,
      start_date: { type: 'IMMEDIATE' },
      expiration_date: { type: 'END_OF_PERIOD' },
    });
    const code = await join(send, 'Monthly', 'dan');
    await client.loyalties.createTiers('Monthly', tiers);
    expect(await tierOf(code)).toBeUndefined();
    await add(code, 120);
    await add(code, -400);
    await settle();
    const { expiration } = (await tierOf(code))!;
    const next = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1, 1)).toISOString();
    expect(expiration!.expiration_date).toBe(next);
    await sweepTiers(database.sql, new Date(Date.parse(next) - 1));
    expect(await tierOf(code)).toMatchObject({ name: 'Silver' });
    await sweepTiers(database.sql, new Date(next));
    expect(await tierOf(code)).toBeUndefined();
    expect(await movesOf('dan')).toEqual(['joined', 'left']);
  });

  test('begin with the next period for what was collected in this one, also where nobody does anything then', async () => {
    await createProgram(database.sql, shop, 'Next', { points: 0 });
    const rules = { qualification_type: 'POINTS_IN_PERIOD', qualification_period: 'MONTH', start_date: { type: 'NEXT_PERIOD' } };
    await send('PUT', '/v1/loyalties/Next', { loyalty_tiers_expiration: rules });
    await client.loyalties.createTiers('Next', tiers);
    const code = await join(send, 'Next', 'fay');
    const first = (months: number) => new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + months, 1));
    await add(code, 600);
    await settle();
    expect(await tierOf(code)).toBeUndefined();
    await sweepTiers(database.sql, new Date(first(1).getTime() - 1));
    expect(await tierOf(code)).toBeUndefined();
    await Promise.all([sweepTiers(database.sql, first(1)), sweepTiers(database.sql, first(1))]);
    expect(await tierOf(code)).toMatchObject({
      name: 'Gold',
      expiration: { start_date: first(1).toISOString(), expiration_date: first(2).toISOString() },
    });
    // What is collected in that month is not enough for as much in the next.
    await add(code, 150, new Date(first(1).getTime() + 1));
    await settle(new Date(first(1).getTime() + 2));
    expect(await tierOf(code)).toMatchObject({ name: 'Gold' });
    await sweepTiers(database.sql, first(2));
    expect(await tierOf(code)).toMatchObject({ name: 'Silver' });
    await sweepTiers(database.sql, first(3));
    expect(await tierOf(code)).toBeUndefined();
    expect(await movesOf('fay')).toEqual(['joined', 'downgraded', 'left']);
    const looks = await database.sql`select 1 from loyalty_tier_look where due_at <= ${first(3)}`;
    expect(looks).toHaveLength(0);
  });

  test('last for a time from when they are reached, whatever becomes of the points', async () => {
    await createProgram(database.sql, shop, 'Lasting', { points: 0 });
    const custom = { type: 'CUSTOM', extend: 'P3M', rounding: { type: 'QUARTER', strategy: 'END' } };
    const rules = { qualification_type: 'BALANCE', expiration_date: custom };
    const changed = await send('PUT', '/v1/loyalties/Lasting', { loyalty_tiers_expiration: rules });
    expect(changed.body.loyalty_tiers_expiration).toEqual({ ...rules, start_date: { type: 'IMMEDIATE' } });
    await client.loyalties.createTiers('Lasting', tiers);
    const code = await join(send, 'Lasting', 'gus');
    const reached = new Date('2026-01-15T10:00:00Z');
    await add(code, 600, reached);
    await settle(reached);
    await add(code, -600, reached);
    await settle(reached);
    expect(await tierOf(code)).toMatchObject({ name: 'Gold', expiration: { expiration_date: '2026-07-01T00:00:00.000Z' } });
    await sweepTiers(database.sql, new Date('2026-06-30T23:59:59.999Z'));
    expect(await tierOf(code)).toMatchObject({ name: 'Gold' });
    await sweepTiers(database.sql, new Date('2026-07-01T00:00:00Z'));
    expect(await tierOf(code)).toBeUndefined();
    expect(await movesOf('gus')).toEqual(['joined', 'left']);
    for (const wrong of [
      { type: 'CUSTOM' },
      { type: 'CUSTOM', extend: 'PT1H' },
      { type: 'CUSTOM', extend: 'P3M', rounding: { type: 'CUSTOM' } },
      { type: 'CUSTOM', extend: 'P3M', rounding: { type: 'MONTH', value: 3 } },
      { type: 'END_OF_PERIOD' },
    ]) {
      const reply = await send('PUT', '/v1/loyalties/Lasting', { loyalty_tiers_expiration: { ...rules, expiration_date: wrong } });
      expect(reply.status, JSON.stringify(wrong)).toBe(400);
    }
  });

  test('of a large program are told in sets', async () => {
    const program = await createProgram(database.sql, shop, 'Large', { points: 100 });
    await database.sql`
      insert into customer (project_id, id, source_id) select ${shop.project.id}, 'cust_' || n, 'large ' || n from generate_series(1, 1200) n`;
    await database.sql`
      insert into voucher (project_id, id, code, code_key, type, campaign_id, template_revision, holder_id, loyalty_points, loyalty_balance,
        loyalty_expired, loyalty_subtracted)
      select ${shop.project.id}, 'v_large_' || n, 'LARGE-' || n, 'LARGE-' || n, 'LOYALTY_CARD', ${program}, 1, 'cust_' || n, 100, 100, 0, 0
      from generate_series(1, 1200) n`;
    await client.loyalties.createTiers('Large', tiers);
    const members = async () => {
      const [row] = await database.sql<{ count: number }[]>`select count(*) from loyalty_tier_member where campaign_id = ${program}`;
      return row!.count;
    };
    expect(await members()).toBe(500);
    expect(await sweepTiers(database.sql, new Date())).toBe(2);
    expect(await members()).toBe(1_200);
  });
});

describe('a tier', () => {
  test('has prices of its own', async () => {
    await createProgram(database.sql, shop, 'Prices', { points: 200 });
    const code = await join(send, 'Prices', 'eve');
    const product = await client.products.create({ source_id: `mug ${randomBytes(4).toString('hex')}`, name: 'Mug' });
    const mug = await client.rewards.create({ name: 'Mug', parameters: { product: { id: product.id } } });
    const coin = await client.rewards.create({ name: 'Off', parameters: { coin: { exchange_ratio: 10, points_ratio: 100 } } } as never);
    await client.loyalties.createRewardAssignments('Prices', [
      { reward: mug.id, parameters: { loyalty: { points: 300 } } },
      { reward: coin.id } as never,
    ]);
    expect((await client.loyalties.listMemberRewards(code, { affordable_only: true })).data).toMatchObject([{ reward: { id: coin.id } }]);
    const rewards = { [mug.id]: { type: 'MULTIPLY' as const, multiplier: 0.5 }, [coin.id]: { type: 'MULTIPLY' as const, multiplier: 0.2 } };
    const [silver] = await client.loyalties.createTiers('Prices', [{ name: 'Silver', points: { from: 1 }, rewards }]);
    expect(await client.loyalties.listLoyaltyTierRewards('Prices', silver!.id)).toMatchObject({
      total: 2,
      data: [{ reward: { id: mug.id }, assignment: { parameters: { loyalty: { points: 150 } } }, object: 'loyalty_tier_reward' }, {}],
    });
    const affordable = await client.loyalties.listMemberRewards(code, { affordable_only: true });
    expect(affordable).toMatchObject({
      total: 2,
      data: [{ assignment: { parameters: { loyalty: { points: 150 } } }, object: 'loyalty_reward' }, {}],
    });
    const redeemed = await client.loyalties.redeemReward('Prices', code, { reward: { id: mug.id } });
    expect(redeemed).toMatchObject({ amount: 150, reward: { loyalty_tier_id: silver!.id }, voucher: { loyalty_card: { balance: 50 } } });
    const paid = await client.loyalties.redeemReward('Prices', code, { reward: { id: coin.id }, order: { amount: 2_500 } });
    expect(paid).toMatchObject({ amount: 40, order: { total_amount: 500 } });
    const custom = { rewards: { [coin.id]: { type: 'CUSTOM', points: 5 } } };
    expect((await send('PUT', `/v1/loyalties/Prices/tiers/${silver!.id}`, custom)).body.errors).toMatchObject([
      { path: `rewards.${coin.id}` },
    ]);
  });
});
