import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAnalyticsRoutes } from '../../api/routes/analytics.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';
import { until } from '../harness/relay.ts';

let database: TestDatabase;
let checkout: TestCheckout;
let api: TestApi;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;
/** The time of the ledger: Berlin turned its clocks forward on 29 March 2026. */
let clock = new Date('2026-03-28T12:00:00Z');

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  const now = () => clock;
  checkout = createCheckout(sql, { now });
  api = await startApi(sql, { routes: [...checkoutRoutes(sql, checkout), ...createAnalyticsRoutes({ sql, now })] });
  call = api.as(await createProject(sql, { timezone: 'Europe/Berlin', currency: 'EUR' }));
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const redeem = async (at: string, codes: string[], customer: string, amount: number): Promise<Reply> => {
  clock = new Date(at);
  return call('POST', '/v1/redemptions', {
    redeemables: codes.map((id) => ({ object: 'voucher', id })),
    customer: { source_id: customer },
    order: { amount },
  });
};

test('the figures of a campaign are those of its ledger, by the days of the project', async () => {
  const voucher = { discount: { type: 'AMOUNT', amount_off: 500 }, redemption: { quantity: 10 } };
  const campaign = await call('POST', '/v1/campaigns', { name: 'Spring', type: 'STATIC', voucher });
  expect(campaign.status).toBe(200);
  for (const code of ['A', 'B', 'ONCE']) {
    const quantity = code === 'ONCE' ? 1 : 10;
    expect((await call('POST', `/v1/campaigns/Spring/vouchers/${code}`, { redemption: { quantity } })).status).toBe(200);
  }
  await call('POST', '/v1/vouchers/OTHER', { discount: { type: 'AMOUNT', amount_off: 100 } });

  // 23:30 on the 28th in Berlin; then, an hour later, 0:30 on the 29th.
  await redeem('2026-03-28T22:30:00Z', ['A'], 'ada', 10_000);
  await redeem('2026-03-28T23:30:00Z', ['A', 'B'], 'ada', 20_000);
  // The 29th ends at 22:00 UTC: the clocks have gone forward.
  const late = await redeem('2026-03-29T21:59:00Z', ['ONCE'], 'bob', 3_000);
  await redeem('2026-03-29T22:00:00Z', ['ONCE'], 'bob', 4_000);
  await redeem('2026-03-30T08:00:00Z', ['OTHER'], 'bob', 999);
  clock = new Date('2026-03-30T09:00:00Z');
  const back = await call('POST', `/v1/redemptions/${late.body.redemptions[0].id}/rollback`, {});
  expect(back.status).toBe(200);
  await redeem('2026-03-30T10:00:00Z', ['B'], 'bob', 7_000);
  clock = new Date();
  await checkout.maintain();
  await call('POST', '/v1/validations', { redeemables: [{ object: 'voucher', id: 'A' }], order: { amount: 1_000 } });
  await call('PUT', '/v1/vouchers/B', { active: false });
  await call('POST', '/v1/validations', { redeemables: [{ object: 'voucher', id: 'B' }], order: { amount: 1_000 } });
  await call('POST', '/v1/publications', { voucher: 'A', customer: { source_id: 'ada' } });

  const { status, body } = await call('GET', '/v1/analytics?campaign=Spring&from=2026-03-28&to=2026-03-31&interval=day');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    currency: 'EUR',
    timezone: 'Europe/Berlin',
    from: '2026-03-27T23:00:00.000Z',
    to: '2026-03-31T22:00:00.000Z',
  });
  expect(body.periods).toMatchObject([
    { period: '2026-03-27T23:00:00.000Z', redeemed: 1, orders: 1, order_value: 10_000, discount_given: 500, repeat_purchases: 0 },
    // A stack of two codes is one order; bob's purchase was taken back, so it is none that others repeat.
    { period: '2026-03-28T23:00:00.000Z', redeemed: 3, orders: 2, order_value: 23_000, discount_given: 1_500, repeat_purchases: 1 },
    {
      period: '2026-03-29T22:00:00.000Z',
      redeemed: 1,
      failed: 1,
      failures: { quantity_exceeded: 1 },
      rolled_back: 1,
      discount_given: 500,
      discount_rolled_back: 500,
      order_value: 7_000,
      order_value_rolled_back: 3_000,
      repeat_purchases: 0,
    },
    { period: '2026-03-30T22:00:00.000Z', redeemed: 0, failed: 0, failures: {}, orders: 0 },
  ]);
  expect(body.totals).toMatchObject({ redeemed: 5, failed: 1, rolled_back: 1, discount_given: 2_500, orders: 4, order_value: 40_000 });
  const week = (await call('GET', '/v1/analytics?campaign=Spring&from=2026-03-23&to=2026-04-05&interval=week')).body;
  expect(week.periods).toMatchObject([
    { period: '2026-03-22T23:00:00.000Z', redeemed: 4 },
    { period: '2026-03-29T22:00:00.000Z', redeemed: 1 },
  ]);
  await redeem(new Date().toISOString(), ['OTHER'], 'ada', 999);
  clock = new Date(Date.now() + 1_000);
  expect((await call('GET', '/v1/analytics?interval=month')).body).toMatchObject({
    campaign: null,
    totals: { redeemed: 1, order_value: 999 },
  });

  await until('the validations are counted', async () => {
    const today = await call('GET', '/v1/analytics?campaign=Spring&interval=month');
    return today.body.totals.validated === 2 && today.body.totals.published === 1;
  });
  const csv = await call('GET', '/v1/analytics?campaign=Spring&from=2026-03-28&to=2026-03-31&format=csv');
  expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(parse(csv.body as string, { columns: true })[2]).toMatchObject({
    redeemed: '1',
    failures: '{"quantity_exceeded":1}',
    order_value: '7000',
  });

  const summary = (await call('GET', '/v1/campaigns/Spring/summary')).body;
  expect(summary).toMatchObject({
    object: 'campaign_summary',
    campaign: { name: 'Spring' },
    redemptions: 6,
    redemptions_succeeded: 5,
    redemptions_failed: 1,
    rollbacks: 1,
    validations: 2,
    validations_failed: 1,
    orders_amount: 40_000,
    orders_rolledback_amount: 3_000,
    vouchers_created: 3,
    publications_succeeded: 1,
    discounted_amount: 2_500,
    rolledback_discounted_amount: 500,
  });
  const part = await call('GET', '/v1/campaigns/Spring/summary?start_date=2026-03-29&end_date=2026-03-29');
  expect(part.body).toMatchObject({ redemptions_succeeded: 3, rollbacks: 0, orders_amount: 23_000 });
});

test.each([
  ['/v1/analytics?from=2026-02-01&to=2026-01-01', 'to'],
  ['/v1/analytics?from=1990-01-01', 'interval'],
  ['/v1/analytics?from=yesterday', 'from'],
  ['/v1/analytics?interval=hour', 'interval'],
  ['/v1/campaigns/Spring/summary?start_date=2026-01-01', 'end_date'],
])('%s is refused by its %s', async (path, field) => {
  expect(await call('GET', path)).toMatchObject({ status: 400, body: { errors: [{ path: field }] } });
});
