import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixed, startEarningShop, type EarningShop } from '../../harness/earning.ts';

let on: EarningShop;
beforeAll(async () => {
  on = await startEarningShop();
});
afterAll(() => on.stop());

const send = (method: string, path: string, body?: unknown) => on.send(method, path, body);
const settled = () => on.settled();
const aProgram: EarningShop['aProgram'] = (...asked) => on.aProgram(...asked);
const balanceOf = async (code: string): Promise<number> => (await on.cardOf(code)).balance;
const accountOf = (code: string) => on.accountOf(code);
const tell: EarningShop['tell'] = (...told) => on.tell(...told);

describe('earning rules, with the official SDK', () => {
  test('are made, found, changed, switched and deleted', async () => {
    const { id, rules } = await aProgram([
      { event: 'order.paid', loyalty: { type: 'PROPORTIONAL', order: { amount: { every: 1000, points: 2 } } }, source: { banner: 'Buy' } },
      { event: 'custom_event', custom_event: { schema_id: 'reviewed' }, loyalty: fixed(10) },
    ]);
    const [bought, reviewed] = rules;
    expect(bought).toMatchObject({
      event: 'order.paid',
      loyalty: { type: 'PROPORTIONAL', calculation_type: 'ORDER_AMOUNT' },
      source: { banner: 'Buy', object_id: id, object_type: 'campaign' },
      active: true,
      object: 'earning_rule',
    });
    expect(await on.client.loyalties.listEarningRules(id)).toMatchObject({ total: 2, data_ref: 'data' });
    expect(await on.client.loyalties.getEarningRule(id, reviewed!.id)).toMatchObject({
      event: 'custom_event',
      custom_event: { schema_id: 'reviewed' },
    });
    const changed = await on.client.loyalties.updateEarningRule(id, {
      id: reviewed!.id,
      loyalty: { points: 15 },
      source: { banner: 'Review' },
    });
    expect(changed).toMatchObject({ loyalty: { type: 'FIXED', points: 15 }, source: { banner: 'Review' } });
    expect(await on.client.loyalties.disableEarningRule(id, reviewed!.id)).toMatchObject({ active: false });
    expect(await on.client.loyalties.enableEarningRule(id, reviewed!.id)).toMatchObject({ active: true });
    await on.client.loyalties.deleteEarningRule(id, reviewed!.id);
    await expect(on.client.loyalties.getEarningRule(id, reviewed!.id)).rejects.toMatchObject({ code: 404 });
  });

  test('are refused where they name what does not exist, or would never end', async () => {
    const { id } = await aProgram([{ event: 'seen', loyalty: fixed(1) }]);
    const wrong = [
      { event: 'customer.segment.entered', segment: { id: 'seg_unknown' }, loyalty: fixed(1) },
      { event: 'customer.segment.entered', loyalty: fixed(1) },
      { event: 'voucher.loyalty_card.points_added', loyalty: fixed(1) },
      { event: 'seen', loyalty: { type: 'PROPORTIONAL', calculation_type: 'ORDER_AMOUNT', order: { amount: { every: 1, points: 1 } } } },
      { event: 'seen', loyalty: fixed(1), validation_rule_id: 'val_unknown' },
      { event: 'customer.loyalty.tier.joined', loyalty_tier: { id: 'ltr_unknown' }, loyalty: fixed(1) },
      {
        event: 'order.paid',
        loyalty: {
          type: 'PROPORTIONAL',
          calculation_type: 'ORDER_ITEMS_QUANTITY',
          order_items: { quantity: { every: 1, points: 1, object: 'product', id: 'prod_x' } },
        },
      },
    ];
    for (const rule of wrong)
      expect((await on.api.as(on.shop)('POST', `/v1/loyalties/${id}/earning-rules`, [rule])).status, JSON.stringify(rule)).toBe(400);
  });
});

describe('members earn points', () => {
  test('by events of the shop, each rule once for each event', async () => {
    const { code, source } = await aProgram([
      { event: 'reviewed', loyalty: fixed(10) },
      {
        event: 'reviewed',
        loyalty: {
          type: 'PROPORTIONAL',
          calculation_type: 'CUSTOM_EVENT_METADATA',
          custom_event: { metadata: { every: 2, points: 3, property: 'stars' } },
        },
      },
      { event: 'other', loyalty: fixed(1000) },
    ]);
    await tell(source, 'reviewed', { metadata: { stars: 5 } });
    await settled();
    expect(await balanceOf(code)).toBe(16);
    expect(await accountOf(code)).toMatchObject([
      { type: 'POINTS_ACCRUAL', details: { balance: { points: 10, operation_type: 'AUTOMATIC' }, event: { type: 'reviewed' } } },
      { type: 'POINTS_ACCRUAL', details: { balance: { points: 6, balance: 16 } } },
    ]);
  });

  test('exactly, however many events come at once to two relays, and once where an event is routed again', async () => {
    const { code, source } = await aProgram([{ event: 'visited', loyalty: fixed(7) }]);
    await Promise.all(Array.from({ length: 60 }, () => tell(source, 'visited')));
    await settled();
    expect(await balanceOf(code)).toBe(420);
    // As if a relay had given points and its work had been told to nobody: the same events come again.
    await on.sql`
      insert into outbox (partition, project_id, event_id, customer_id)
      select 0, e.project_id, e.id, e.customer_id from event e where e.type = 'visited' and e.project_id = ${on.shop.project.id}`;
    await settled();
    expect(await balanceOf(code)).toBe(420);
    expect(await accountOf(code)).toHaveLength(60);
  });

  test('by orders, once they are paid', async () => {
    const product = await send('POST', '/v1/products', { name: 'Shirt', source_id: 'shirt', price: 2_000 });
    const { code, source } = await aProgram(
      [
        {
          event: 'order.paid',
          loyalty: { type: 'PROPORTIONAL', calculation_type: 'ORDER_AMOUNT', order: { amount: { every: 1000, points: 1 } } },
        },
        {
          event: 'order.paid',
          loyalty: { type: 'PROPORTIONAL', calculation_type: 'ORDER_TOTAL_AMOUNT', order: { total_amount: { every: 1000, points: 100 } } },
        },
        {
          event: 'order.paid',
          loyalty: {
            type: 'PROPORTIONAL',
            calculation_type: 'ORDER_METADATA',
            order: { metadata: { every: 1, points: 10_000, property: 'trees' } },
          },
        },
        {
          event: 'order.paid',
          loyalty: {
            type: 'PROPORTIONAL',
            calculation_type: 'ORDER_ITEMS_QUANTITY',
            order_items: { quantity: { every: 1, points: 100_000, object: 'product', id: product.id } },
          },
        },
        {
          event: 'order.paid',
          loyalty: {
            type: 'PROPORTIONAL',
            calculation_type: 'ORDER_ITEMS_AMOUNT',
            order_items: { amount: { every: 4_000, points: 1_000_000, applicable_to: [{ object: 'product', id: product.id }] } },
          },
        },
        {
          event: 'order.paid',
          loyalty: {
            type: 'PROPORTIONAL',
            calculation_type: 'CUSTOMER_METADATA',
            customer: { metadata: { every: 1, points: 10_000_000, property: 'children' } },
          },
        },
      ],
      { customer: { metadata: { children: 2 } } },
    );
    const order = {
      source_id: 'order-1',
      customer: { source_id: source },
      amount: 9_500,
      discount_amount: 1_500,
      items: [
        { product_id: product.id, quantity: 2, price: 2_000 },
        { product_id: 'other', quantity: 5, price: 1_100 },
      ],
      metadata: { trees: 3 },
    };
    await send('POST', '/v1/orders', order);
    await settled();
    expect(await balanceOf(code)).toBe(0);
    await send('PUT', '/v1/orders/order-1', { status: 'PAID' });
    await send('PUT', '/v1/orders/order-1', { status: 'FULFILLED' });
    await send('PUT', '/v1/orders/order-1', { status: 'PAID' });
    await settled();
    expect(await balanceOf(code)).toBe(9 + 800 + 30_000 + 200_000 + 1_000_000 + 20_000_000);
    const [first] = await accountOf(code);
    expect(first).toMatchObject({ details: { order: { source_id: 'order-1' }, event: { type: 'order.paid' } } });
  });

  test('and give back those of orders that are canceled or come back, as far as they are there', async () => {
    const { code, source } = await aProgram([
      {
        event: 'order.paid',
        loyalty: { type: 'PROPORTIONAL', calculation_type: 'ORDER_AMOUNT', order: { amount: { every: 100, points: 1 } } },
      },
      { event: 'order.paid', loyalty: fixed(5) },
    ]);
    const paid = (id: string, amount: number) =>
      send('POST', '/v1/orders', { source_id: id, customer: { source_id: source }, amount, status: 'PAID' });
    await paid('back-1', 10_000);
    await settled();
    expect(await balanceOf(code)).toBe(105);
    await send('POST', '/v1/orders/back-1/refunds', { amount: 2_550 });
    await settled();
    expect(await balanceOf(code)).toBe(80);
    await send('POST', '/v1/orders/back-1/refunds', { amount: 7_450 });
    await settled();
    expect(await balanceOf(code)).toBe(0);
    await paid('back-2', 4_000);
    await settled();
    await on.client.loyalties.addOrRemoveCardBalance(code, { points: -25 });
    await send('PUT', '/v1/orders/back-2', { status: 'CANCELED' });
    await settled();
    expect(await balanceOf(code)).toBe(0);
    expect((await accountOf(code)).filter(({ type }) => type === 'POINTS_CANCELLATION')).not.toHaveLength(0);
  });

  test('by entering a segment', async () => {
    const segment = await send('POST', '/v1/segments', { name: 'vip', type: 'static', customers: [] });
    const other = await send('POST', '/v1/segments', { name: 'not', type: 'static', customers: [] });
    const { code, source } = await aProgram([{ event: 'customer.segment.entered', segment: { id: segment.id }, loyalty: fixed(50) }]);
    const { id } = await send('GET', `/v1/customers/${source}`);
    await send('PUT', `/v1/segments/${other.id}`, { customers: [id] });
    await send('PUT', `/v1/segments/${segment.id}`, { customers: [id] });
    await settled();
    expect(await balanceOf(code)).toBe(50);
    expect(await accountOf(code)).toMatchObject([{ details: { segment: { id: segment.id, name: 'vip' } } }]);
  });

  test('only within a rule’s time, and where its validation rule holds', async () => {
    const gold = await send('POST', '/v1/validation-rules', {
      name: 'gold',
      rules: { 1: { name: 'customer.metadata', property: 'level', conditions: { $is: ['gold'] } } },
    });
    const past = { start_date: '2020-01-01T00:00:00Z', expiration_date: '2020-02-01T00:00:00Z' };
    const { id, code, source, rules } = await aProgram([
      { event: 'seen', loyalty: fixed(1), ...past },
      { event: 'seen', loyalty: fixed(10), start_date: '2999-01-01T00:00:00Z' },
      { event: 'seen', loyalty: fixed(100), active: false },
      { event: 'seen', loyalty: fixed(1000), validation_rule_id: gold.id },
      { event: 'seen', loyalty: fixed(10_000), validity_day_of_week: [0, 1, 2, 3, 4, 5, 6] },
      { event: 'seen', loyalty: fixed(100_000), validity_day_of_week: [(new Date().getUTCDay() + 3) % 7] },
    ]);
    expect(rules[3]).toMatchObject({ validation_rule_id: gold.id });
    await tell(source, 'seen');
    await settled();
    expect(await balanceOf(code)).toBe(10_000);
    await tell(source, 'seen', { customer: { source_id: source, metadata: { level: 'gold' } } });
    await settled();
    expect(await balanceOf(code)).toBe(21_000);
    await send('POST', `/v1/campaigns/${id}/disable`);
    await tell(source, 'seen');
    await settled();
    expect(await balanceOf(code)).toBe(21_000);
    const counting = await send('POST', '/v1/validation-rules', {
      name: 'once',
      rules: { 1: { name: 'redemption.count.per_customer', conditions: { $less_than_or_equal: [1] } } },
    });
    expect(
      (await on.api.as(on.shop)('PUT', `/v1/loyalties/${id}/earning-rules/${rules[4]!.id}`, { validation_rule_id: counting.id })).status,
    ).toBe(400);
  });

  test('by coming to a tier, and more on it', async () => {
    const { id, code, source, rules } = await aProgram([
      { event: 'seen', loyalty: fixed(100) },
      { event: 'customer.loyalty.tier.joined', loyalty: fixed(7) },
    ]);
    const twice = { [rules[0]!.id]: { type: 'MULTIPLY', multiplier: 2 } };
    const [gold] = await send('POST', `/v1/loyalties/${id}/tiers`, [{ name: 'Gold', points: { from: 100 }, earning_rules: twice }]);
    expect(await on.client.loyalties.listLoyaltyTierEarningRules(id, gold.id)).toMatchObject({
      total: 2,
      data: expect.arrayContaining([
        expect.objectContaining({ id: rules[0]!.id, loyalty: { type: 'FIXED', points: 200 }, object: 'earning_rule' }),
        expect.objectContaining({ id: rules[1]!.id, loyalty: { type: 'FIXED', points: 7 } }),
      ]) as unknown[],
    });
    await tell(source, 'seen');
    await settled();
    expect(await balanceOf(code)).toBe(107);
    await tell(source, 'seen');
    await settled();
    expect(await balanceOf(code)).toBe(307);
    expect(await accountOf(code)).toMatchObject([
      { details: { earning_rule: { id: rules[0]!.id } } },
      { details: { loyalty_tier: { id: gold.id } } },
      { details: { holder_loyalty_tier: { id: gold.id, name: 'Gold' } } },
    ]);
  });

  test('on the card that the event names, where it is theirs', async () => {
    const one = await aProgram([{ event: 'scanned', loyalty: fixed(5) }]);
    const other = await aProgram([{ event: 'scanned', loyalty: fixed(5) }]);
    await send('POST', `/v1/loyalties/${other.id}/members`, { customer: { source_id: one.source } });
    await tell(one.source, 'scanned', { loyalty: { code: one.code } });
    const foreign = { event: 'scanned', customer: { source_id: one.source }, loyalty: { code: other.code } };
    expect(await on.api.as(on.shop)('POST', '/v1/events', foreign)).toMatchObject({ status: 404, body: { key: 'not_found' } });
    await settled();
    expect(await balanceOf(one.code)).toBe(5);
    expect(await balanceOf(other.code)).toBe(0);
    expect((await send('GET', `/v1/customers/${one.source}`)).loyalty.points).toBe(5);
  });

  test('and join where the program says that who earns joins', async () => {
    const { id } = await aProgram([{ event: 'joined in', loyalty: fixed(3) }], { auto_join: true });
    await Promise.all([tell('newcomer', 'joined in'), tell('newcomer', 'joined in')]);
    await settled();
    const members = await on.client.loyalties.listMembers(id);
    expect(members.total).toBe(2);
    expect((await send('GET', '/v1/customers/newcomer')).loyalty.points).toBe(6);
    expect(on.api.errors).toEqual([]);
  });
});
