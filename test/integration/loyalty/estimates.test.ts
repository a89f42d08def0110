import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixed, startEarningShop, type EarningShop } from '../../harness/earning.ts';

let on: EarningShop;
beforeAll(async () => {
  on = await startEarningShop();
});
afterAll(() => on.stop());

const byTotal = { type: 'PROPORTIONAL', calculation_type: 'ORDER_TOTAL_AMOUNT', order: { total_amount: { every: 100, points: 1 } } };
const estimate = (program: string, body: object) => on.api.as(on.shop)('POST', `/v1/loyalties/${program}/qualifications`, body);
const balanceOf = async (code: string): Promise<number> => (await on.cardOf(code)).balance;

describe('an estimate says what an order will give', () => {
  test('a cart, by all rules for paid orders that hold, and the customer’s tier', async () => {
    const adults = await on.send('POST', '/v1/validation-rules', {
      name: 'adults',
      rules: { 1: { name: 'customer.metadata', property: 'adult', conditions: { $is: [true] } } },
    });
    const { id, code, source, rules } = await on.aProgram([
      { event: 'order.paid', loyalty: byTotal, source: { banner: 'Buy' } },
      { event: 'order.paid', loyalty: fixed(5), pending_points: { period_type: 'DAY', period_value: 14 } },
      { event: 'order.paid', loyalty: fixed(1_000), validation_rule_id: adults.id },
      { event: 'order.paid', loyalty: fixed(10_000), active: false },
      { event: 'seen', loyalty: fixed(100_000) },
    ]);
    const order = { amount: 12_000, discount_amount: 2_000 };
    const customer = { source_id: source };
    const { status, body } = await estimate(id, { customer, order });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        campaign: { id, object: 'campaign' },
        points_estimation: 105,
        earning_rules: [{ id: rules[0]!.id, source: { banner: 'Buy' }, points: 100 }, { points: 5 }],
      },
    });
    expect((await estimate(id, { customer: { ...customer, metadata: { adult: true } }, order })).body.points_estimation).toBe(1_105);
    const twice = { [rules[0]!.id]: { type: 'MULTIPLY', multiplier: 2 } };
    await on.send('POST', `/v1/loyalties/${id}/tiers`, [{ name: 'Gold', points: { from: 0 }, earning_rules: twice }]);
    await on.settled();
    expect((await estimate(id, { customer, order })).body.points_estimation).toBe(205);
    expect(await on.cardOf(code)).toMatchObject({ points: 0, pending_points: 0 });
    expect(await on.send('GET', `/v1/customers/${source}`)).toMatchObject({ metadata: {} });
  });

  test('and an order that is kept gives as many once it is paid', async () => {
    const product = await on.send('POST', '/v1/products', { name: 'Tea', source_id: 'tea', price: 700 });
    const { id, code, source } = await on.aProgram([
      {
        event: 'order.paid',
        loyalty: {
          type: 'PROPORTIONAL',
          calculation_type: 'ORDER_ITEMS_QUANTITY',
          order_items: { quantity: { every: 1, points: 3, applicable_to: [{ object: 'product', id: product.id }] } },
        },
      },
      { event: 'order.paid', loyalty: byTotal },
    ]);
    const customer = { source_id: source };
    const items = [{ product_id: product.id, quantity: 4 }];
    await on.send('POST', '/v1/orders', { source_id: 'kept', customer, items, discount_amount: 300 });
    expect((await estimate(id, { customer, order: { source_id: 'kept' } })).body.points_estimation).toBe(12 + 25);
    expect(
      (await estimate(id, { customer, order: { source_id: 'kept', items: [{ ...items[0], quantity: 1 }] } })).body.points_estimation,
    ).toBe(3 + 7);
    await on.send('PUT', '/v1/orders/kept', { status: 'PAID' });
    await on.settled();
    expect(await balanceOf(code)).toBe(37);
    expect((await estimate(id, { customer, order: { source_id: 'kept' } })).body.points_estimation).toBe(37);
    expect((await estimate(id, { customer, order: { source_id: 'unknown' } })).status).toBe(404);
    expect((await estimate(id, { customer, order: {} })).status).toBe(400);
  });

  test('to members, and to whoever joins by earning', async () => {
    const closed = await on.aProgram([{ event: 'order.paid', loyalty: fixed(1) }]);
    const open = await on.aProgram([{ event: 'order.paid', loyalty: byTotal }], { auto_join: true });
    const order = { amount: 500 };
    expect(await estimate(closed.id, { customer: { source_id: 'nobody' }, order })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'customer' }] },
    });
    expect((await estimate(open.id, { customer: { source_id: 'nobody' }, order })).body.points_estimation).toBe(5);
    expect((await on.api.as(on.shop)('GET', '/v1/customers/nobody')).status).toBe(404);
    expect((await estimate(open.id, { customer: { id: 'cust_unknown' }, order })).status).toBe(404);
    await on.send('POST', `/v1/campaigns/${open.id}/disable`);
    expect((await estimate(open.id, { customer: { source_id: 'nobody' }, order })).status).toBe(400);
  });
});

describe('a formula says how many points', () => {
  test('an event earns, by the order, the customer and the event', async () => {
    const { id, code, source, rules } = await on.aProgram(
      [
        {
          event: 'order.paid',
          loyalty: { type: 'FIXED', points: 1, points_formula: 'IF(CUSTOMER_METADATA("club");ORDER_AMOUNT * 1.5;2)' },
        },
        {
          event: 'order.paid',
          loyalty: {
            type: 'PROPORTIONAL',
            calculation_type: 'ORDER_AMOUNT',
            order: { amount: { every: 1_000, points: 1, points_formula: 'ORDER_METADATA("rate")' } },
          },
        },
        { event: 'rated', loyalty: { type: 'FIXED', points_formula: 'CUSTOM_EVENT_METADATA("stars") * 100' } },
      ],
      { customer: { metadata: { club: true } } },
    );
    const order = { amount: 2_550, metadata: { rate: 1_000 } };
    // 25.50 times 1.5 is 38.25; and 1,000 for each full 10.00.
    expect((await estimate(id, { customer: { source_id: source }, order })).body.points_estimation).toBe(38 + 2_000);
    await on.send('POST', '/v1/orders', { ...order, customer: { source_id: source }, status: 'PAID' });
    await on.tell(source, 'rated', { metadata: { stars: 4 } });
    await on.tell(source, 'rated', {});
    await on.settled();
    expect(await balanceOf(code)).toBe(2_038 + 400);
    expect(await on.send('PUT', `/v1/loyalties/${id}/earning-rules/${rules[0]!.id}`, { loyalty: { points: 3 } })).toMatchObject({
      loyalty: { points: 3, points_formula: 'IF(CUSTOMER_METADATA("club");ORDER_AMOUNT * 1.5;2)' },
    });
  });

  test('and is refused where it cannot be read, or asks for what the event has not', async () => {
    const { id, rules } = await on.aProgram([{ event: 'seen', loyalty: fixed(1) }]);
    const path = `/v1/loyalties/${id}/earning-rules`;
    for (const [event, formula, said] of [
      ['order.paid', 'ORDER_TOTAL * 2', 'is not known here'],
      ['order.paid', 'ORDER_ITEM_PRICE', 'one by one'],
      ['order.paid', 'VOUCHER_REDEEMED_QUANTITY', 'what is redeemed'],
      ['seen', 'ORDER_AMOUNT', 'the event has none'],
    ] as const) {
      const reply = await on.api.as(on.shop)('POST', path, { event, loyalty: { type: 'FIXED', points: 1, points_formula: formula } });
      expect([reply.status, JSON.stringify(reply.body)], formula).toEqual([400, expect.stringContaining(said)]);
    }
    const change = { loyalty: { type: 'FIXED', points_formula: 'ORDER_AMOUNT' } };
    expect((await on.api.as(on.shop)('PUT', `${path}/${rules[0]!.id}`, change)).status).toBe(400);
    expect((await on.api.as(on.shop)('POST', path, { event: 'seen', loyalty: { type: 'FIXED' } })).status).toBe(400);
    expect(on.api.errors).toEqual([]);
  });
});
