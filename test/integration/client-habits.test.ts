import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEventRoutes } from '../../api/routes/events.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

/** What the official clients of several languages send, and expect of what they get. */
let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  checkout = createCheckout(database.sql);
  await checkout.maintain();
  api = await startApi(database.sql, {
    routes: [...checkoutRoutes(database.sql, checkout), ...createEventRoutes({ sql: database.sql, now: () => new Date() })],
  });
  call = api.as(await createProject(database.sql));
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const discount = { type: 'AMOUNT', amount_off: 1000 };

describe('a customer without an id or a source id', () => {
  const publish = (customer: unknown) => call('POST', '/v1/publications', { campaign: { name: 'Anybody' }, customer });

  test('is known by their email, or is somebody new', async () => {
    await call('POST', '/v1/campaigns', { name: 'Anybody', voucher: { type: 'DISCOUNT_VOUCHER', discount } });
    const [first, again, other, another] = [
      await publish({ email: 'ada@example.com' }),
      await publish({ email: 'ada@example.com' }),
      await publish({ name: 'Bob' }),
      await publish({ name: 'Bob' }),
    ];
    expect([first, again, other, another].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(again.body.customer_id).toBe(first.body.customer_id);
    expect(another.body.customer_id).not.toBe(other.body.customer_id);
    expect(await publish({})).toMatchObject({ status: 400, body: { errors: [{ path: 'customer.source_id' }] } });
  });

  test('may ask, redeem and do something', async () => {
    await call('POST', '/v1/vouchers/NAMELESS', { discount });
    const request = {
      redeemables: [{ object: 'voucher', id: 'NAMELESS' }],
      customer: { name: 'Bob', metadata: { vip: true } },
      order: { amount: 5000 },
    };
    expect(await call('POST', '/v1/validations', request)).toMatchObject({ status: 200, body: { valid: true } });
    expect((await call('POST', '/v1/redemptions', request)).body.redemptions[0].customer_id).toMatch(/^cust_/);
    expect(
      await call('POST', '/v1/events', { event: 'seen', customer: { email: 'eve@example.com' }, metadata: null, referral: null }),
    ).toMatchObject({
      status: 200,
      body: { customer: { source_id: 'eve@example.com', email: 'eve@example.com', name: null }, referral: null, loyalty: null },
    });
  });
});

test('what an answer told of a customer, a campaign and a voucher can be sent back whole', async () => {
  const { body: customer } = await call('POST', '/v1/customers', { source_id: 'whole' });
  const { body: campaign } = await call('POST', '/v1/campaigns', { name: 'Whole', voucher: { discount }, vouchers_count: 1 });
  expect(await call('POST', '/v1/publications', { customer, campaign, voucher: null, channel: null, metadata: null })).toMatchObject({
    status: 200,
  });
  const { body: voucher } = await call('POST', '/v1/vouchers', { discount });
  expect(await call('POST', '/v1/publications', { customer, campaign: null, voucher })).toMatchObject({
    status: 200,
    body: { voucher: { code: voucher.code } },
  });
});

test('a customer tells what they redeemed and ordered', async () => {
  await call('POST', '/v1/vouchers/SUMMED', { discount });
  const order = { amount: 6000, status: 'PAID' };
  const customer = { source_id: 'summed', metadata: { a: 1 } };
  const { body } = await call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: 'SUMMED' }], customer, order });
  await call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: 'SUMMED-NOT' }], customer, order });
  await call('POST', `/v1/redemptions/${body.redemptions[0].id}/rollback`, {});
  expect((await call('GET', '/v1/customers/summed')).body).toMatchObject({
    metadata: { a: 1 },
    summary: {
      redemptions: {
        total_redeemed: 0,
        total_succeeded: 1,
        total_rolled_back: 1,
        total_rollback_succeeded: 1,
        gift: { redeemed_amount: 0 },
      },
      orders: { total_count: 1, total_amount: 6000, average_amount: 6000, last_order_amount: 6000 },
    },
    referrals: { total: 0, campaigns: [] },
    system_metadata: {},
  });
});

describe('a campaign', () => {
  test('is of the type that its vouchers say', async () => {
    const card = { name: 'Cards', voucher: { type: 'LOYALTY_CARD', loyalty_card: { points: 10 } } };
    expect((await call('POST', '/v1/campaigns', card)).body).toMatchObject({
      campaign_type: 'LOYALTY_PROGRAM',
      join_once: true,
      auto_join: false,
    });
    const tiers = [{ name: 'Without a discount' }];
    expect((await call('POST', '/v1/campaigns', { name: 'Tiers', promotion: { tiers } })).body).toMatchObject({
      campaign_type: 'PROMOTION',
      type: 'STATIC',
      promotion: { tiers: [{ action: { discount: { type: 'AMOUNT', amount_off: 0 } } }] },
      creation_status: 'DONE',
      protected: false,
    });
  });

  test('has no dates where it has none', async () => {
    const { body } = await call('POST', '/v1/campaigns', {
      name: 'Dated',
      voucher: { discount },
      expiration_date: '2090-10-08T12:57:09.386Z',
    });
    expect(body).toMatchObject({ expiration_date: '2090-10-08T12:57:09.386Z' });
    expect((await call('PUT', `/v1/campaigns/${body.id}`, { expiration_date: null })).body).not.toHaveProperty('expiration_date');
  });

  test('gets as many vouchers as the body says', async () => {
    await call('POST', '/v1/campaigns', { name: 'Counted', voucher: { discount } });
    expect(await call('POST', '/v1/campaigns/Counted/vouchers', 5)).toMatchObject({
      status: 200,
      body: { async_action_id: expect.any(String) },
    });
  });
});

describe('a validation', () => {
  test('has no list of what is left out where nothing is, unless something may be', async () => {
    await call('POST', '/v1/vouchers/LISTED', { discount });
    const asked = { redeemables: [{ object: 'voucher', id: 'LISTED' }], customer: null, order: { amount: 20_000 } };
    const { body } = await call('POST', '/v1/validations', asked);
    expect(body).toMatchObject({ valid: true, order: { total_amount: 19_000 } });
    expect(body).not.toHaveProperty('inapplicable_redeemables');
    expect(body).not.toHaveProperty('skipped_redeemables');
    const partial = { ...asked, options: { stacking_rules: { redeemables_application_mode: 'PARTIAL' } } };
    expect((await call('POST', '/v1/validations', partial)).body).toMatchObject({ inapplicable_redeemables: [], skipped_redeemables: [] });
    const unknown = await call('POST', '/v1/validations', { ...asked, redeemables: [{ object: 'voucher', id: 'UNLISTED' }] });
    expect(unknown.body).toMatchObject({ valid: false, inapplicable_redeemables: [{ result: { error: { key: 'not_found' } } }] });
  });
});

test('a rule, a campaign and a tier tell what counts where nothing was said', async () => {
  const { body: rule } = await call('POST', '/v1/validation-rules', {
    name: 'Large',
    type: 'basic',
    rules: { 1: { name: 'order.amount', conditions: { $more_than: [500] }, rules: {} } },
  });
  expect(rule).toMatchObject({ type: 'basic', rules: { logic: '1' } });
  const { body: campaign } = await call('POST', '/v1/campaigns', { name: 'Eight', voucher: { discount }, validation_rules: [rule.id] });
  const { body: voucher } = await call('POST', `/v1/campaigns/${campaign.id}/vouchers`, {});
  expect(voucher.validation_rules_assignments).toMatchObject({ total: 1, data: [{ rule_id: rule.id, related_object_type: 'campaign' }] });
  expect(campaign.voucher.code_config).toMatchObject({ length: 8, pattern: '########', charset: expect.any(String) });
});

test('an order may say whose it is', async () => {
  await call('POST', '/v1/vouchers/WHOSE', { discount });
  const order = { amount: 5000, customer: { source_id: 'whose' }, customer_id: null, referrer_id: null };
  const { body } = await call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: 'WHOSE' }], order });
  expect((await call('GET', '/v1/customers/whose')).body.id).toBe(body.redemptions[0].customer_id);
});

describe('lists are filtered by what exports are', () => {
  const codes = (reply: Reply): string[] => reply.body.vouchers.map((voucher: { code: string }) => voucher.code).sort();

  test('vouchers, by any field, all together or one of them', async () => {
    const { body: campaign } = await call('POST', '/v1/campaigns', { name: 'Listed', voucher: { discount } });
    await call('POST', `/v1/campaigns/${campaign.id}/vouchers/LIST-A`);
    await call('POST', '/v1/vouchers/LIST-B', { discount: { type: 'PERCENT', percent_off: 12 } });
    const either = `filters[junction]=OR&filters[campaign_ids][conditions][$in][0]=${campaign.id}&filters[code][conditions][$is]=LIST-B`;
    expect(codes(await call('GET', `/v1/vouchers?${either}`))).toEqual(['LIST-A', 'LIST-B']);
    expect(codes(await call('GET', '/v1/vouchers?filters[value][conditions][$is][0]=12'))).toEqual(['LIST-B']);
    expect(codes(await call('GET', `/v1/vouchers?campaign_id=${campaign.id}`))).toEqual(['LIST-A']);
    expect(codes(await call('GET', `/v1/vouchers?campaign_id=${campaign.id}&filters[code][conditions][$in][0]=LIST-B`))).toEqual([]);
  });

  test('redemptions too, and what cannot be asked is named', async () => {
    await call('POST', '/v1/vouchers/LIST-C', { discount });
    await call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: 'LIST-C' }], order: { amount: 4000 } });
    const { body } = await call('GET', '/v1/redemptions?filters[voucher_code][conditions][$is]=LIST-C');
    expect(body.redemptions).toMatchObject([{ voucher: { code: 'LIST-C' } }]);
    expect((await call('GET', '/v1/redemptions?filters[voucher_code][conditions][$is_not]=LIST-C')).body.total).toBeGreaterThan(0);
    expect(await call('GET', '/v1/redemptions?filters[colour][conditions][$is]=red')).toMatchObject({
      status: 400,
      body: { key: 'invalid_query_params', errors: [{ path: 'filters.colour' }] },
    });
  });
});

describe('a body that is not what it should be is a wrong request, not a failure', () => {
  test.each<[string, string, unknown]>([
    ['nothing for an earning rule', '/v1/loyalties/x/earning-rules', [null]],
    ['nothing at all', '/v1/vouchers', null],
    ['an empty duration', '/v1/vouchers', { discount, start_date: '2026-01-01', validity_timeframe: { interval: '', duration: '' } }],
    [
      'a month that there is not',
      '/v1/campaigns',
      {
        name: 'Month',
        campaign_type: 'LOYALTY_PROGRAM',
        voucher: {
          type: 'LOYALTY_CARD',
          loyalty_card: { points: 1, expiration_rules: { period_type: 'FIXED_DAY_OF_YEAR', fixed_month: 0, fixed_day: 1 } },
        },
      },
    ],
  ])('%s', async (_, path, body) => {
    expect(await call('POST', path, body)).toMatchObject({ status: 400, body: { key: 'invalid_payload', errors: expect.any(Array) } });
  });
});
