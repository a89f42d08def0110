import { MockActivityEnvironment } from '@temporalio/testing';
import { VoucherifyServerSide } from '@voucherify/sdk';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBulkActivities } from '../../activities/bulk/bulk-activities.ts';
import type { BulkProgress } from '../../activities/bulk/bulk-kind.ts';
import { createVoucherStates } from '../../activities/checkout/voucher-states.ts';
import { createOrderRoutes } from '../../api/routes/orders.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let client: ReturnType<typeof VoucherifyServerSide>;
let call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  checkout = createCheckout(sql);
  await checkout.maintain();
  const orders = createOrderRoutes({ sql, states: createVoucherStates(), now: () => new Date() });
  api = await startApi(sql, { routes: [...checkoutRoutes(sql, checkout), ...orders] });
  const shop = await createProject(sql);
  call = api.as(shop);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const voucher = async (code: string, discount: object, more: object = {}): Promise<void> => {
  const { status, body } = await call('POST', `/v1/vouchers/${code}`, { discount, ...more });
  expect(status, JSON.stringify(body)).toBe(200);
};

const redeem = (codes: string[], order: object, more: object = {}) =>
  call('POST', '/v1/redemptions', { redeemables: codes.map((id) => ({ object: 'voucher', id })), order, ...more });

const redeemedQuantity = async (code: string): Promise<number> =>
  (await call('GET', `/v1/vouchers/${code}`)).body.redemption.redeemed_quantity as number;

const eventsOf = async (orderId: string): Promise<string[]> => {
  const rows = await database.sql<
    { type: string }[]
  >`select type from event where data->'order'->>'id' = ${orderId} and type like 'order.%' order by id`;
  return rows.map((row) => row.type);
};

const CART = {
  items: [
    { source_id: 'shirt', price: 2000, quantity: 3 },
    { source_id: 'mug', price: 1000, quantity: 1 },
  ],
};

describe('an order', () => {
  test('is created, read by either name, changed and listed, as the SDK asks', async () => {
    const made = await client.orders.create({ source_id: 'sdk-1', customer: { source_id: 'ada' }, ...CART, metadata: { channel: 'web' } });
    expect(made).toMatchObject({
      object: 'order',
      source_id: 'sdk-1',
      status: 'CREATED',
      amount: 7000,
      total_amount: 7000,
      customer: { source_id: 'ada' },
    });
    expect(await client.orders.get('sdk-1')).toEqual(made);
    expect(await client.orders.get(made.id)).toEqual(made);
    // Whole objects are sent back, with what was answered.
    const paid = await client.orders.update({ ...(made as unknown as { id: string }), status: 'PAID', metadata: { note: 'x' } });
    expect(paid).toMatchObject({ status: 'PAID', amount: 7000, metadata: { channel: 'web', note: 'x' } });
    expect(await client.orders.list({ limit: 1 })).toMatchObject({
      data_ref: 'orders',
      orders: [{ id: made.id, customer: { source_id: 'ada' } }],
    });
    expect(await eventsOf(made.id)).toEqual(['order.created', 'order.updated', 'order.paid']);
    await expect(client.orders.create({ source_id: 'sdk-1' })).rejects.toMatchObject({ code: 409, key: 'duplicate_found' });
    await expect(client.orders.get('nobody')).rejects.toMatchObject({ code: 404, key: 'not_found' });
  });

  test('keeps a discount of the shop itself, and says where it is too much', async () => {
    const made = await client.orders.create({ source_id: 'own', amount: 1000, discount_amount: 250 });
    expect(made).toMatchObject({ amount: 1000, total_discount_amount: 250, total_amount: 750 });
    expect(await call('POST', '/v1/orders', { amount: 1000, discount_amount: 1001 })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'discount_amount' }] },
    });
  });

  test('is kept with its redemption, with the share of each line, and told of', async () => {
    await voucher('SEVEN', { type: 'AMOUNT', amount_off: 700 });
    const { body } = await redeem(['SEVEN'], { source_id: 'kept-1', ...CART, status: 'PAID' }, { customer: { source_id: 'ada' } });
    const kept = (await call('GET', '/v1/orders/kept-1')).body;
    expect(kept).toMatchObject({
      id: body.order.id,
      status: 'PAID',
      total_amount: 6300,
      customer: { source_id: 'ada' },
      items: [
        { source_id: 'shirt', amount: 6000, total_applied_discount_amount: 600 },
        { source_id: 'mug', amount: 1000, total_applied_discount_amount: 100 },
      ],
    });
    expect(Object.keys(kept.redemptions)).toEqual([body.redemptions[0].id]);
    expect(await eventsOf(kept.id)).toEqual(['order.created', 'order.paid']);
    // An order without a name is there as well.
    const nameless = await redeem(['SEVEN'], { amount: 1000 });
    expect((await call('GET', `/v1/orders/${nameless.body.order.id}`)).body).toMatchObject({ total_amount: 300, source_id: null });
  });

  test('is one, however many redeem for it at once, and no line is taken more than once', async () => {
    const codes = Array.from({ length: 8 }, (_, n) => `ONCE${n}`);
    for (const code of codes) await voucher(code, { type: 'AMOUNT', amount_off: 300 });
    const replies = await Promise.all(codes.map((code) => redeem([code], { source_id: 'raced', amount: 2000 })));
    expect(replies.map((reply) => reply.status)).toEqual(codes.map(() => 200));
    expect(new Set(replies.map((reply) => reply.body.order.id)).size).toBe(1);
    const kept = (await call('GET', '/v1/orders/raced')).body;
    expect(Object.keys(kept.redemptions)).toHaveLength(8);
    expect(kept).toMatchObject({ total_discount_amount: 2000, total_amount: 0 });
  });

  test('counts a redemption no more once it was taken back', async () => {
    await voucher('BACK', { type: 'PERCENT', percent_off: 10 });
    const { body } = await redeem(['BACK'], { source_id: 'back-1', amount: 1000 });
    await client.redemptions.rollback(body.redemptions[0].id);
    const kept = (await call('GET', '/v1/orders/back-1')).body;
    expect(kept).toMatchObject({ total_discount_amount: 0, total_amount: 1000 });
    expect(kept.redemptions[body.redemptions[0].id]).toHaveProperty('rollback_id');
  });

  test('that is canceled gives back what was redeemed for it, once, and takes nothing more', async () => {
    await voucher('CANCEL1', { type: 'AMOUNT', amount_off: 100 }, { redemption: { quantity: 1 } });
    await voucher('CANCEL2', { type: 'AMOUNT', amount_off: 50 }, { redemption: { quantity: 1 } });
    await redeem(['CANCEL1', 'CANCEL2'], { source_id: 'cancel-1', amount: 1000 });
    const canceled = await Promise.all([1, 2, 3].map(() => call('PUT', '/v1/orders/cancel-1', { status: 'CANCELED' })));
    expect(canceled.map((reply) => reply.status)).toEqual([200, 200, 200]);
    expect((await call('GET', '/v1/orders/cancel-1')).body).toMatchObject({ status: 'CANCELED', total_discount_amount: 0 });
    expect([await redeemedQuantity('CANCEL1'), await redeemedQuantity('CANCEL2')]).toEqual([0, 0]);
    expect(await redeem(['CANCEL1'], { source_id: 'cancel-1', amount: 1000 })).toMatchObject({
      status: 400,
      body: { key: 'invalid_order' },
    });
    expect(await call('PUT', '/v1/orders/cancel-1', { status: 'PAID' })).toMatchObject({ status: 400, body: { key: 'invalid_order' } });
  });

  test('keeps its lines once discounts were taken of them', async () => {
    await voucher('LINES', { type: 'AMOUNT', amount_off: 100 });
    await redeem(['LINES'], { source_id: 'lines-1', ...CART });
    expect(await call('PUT', '/v1/orders/lines-1', { items: [{ source_id: 'shirt', price: 1, quantity: 1 }] })).toMatchObject({
      body: { key: 'invalid_order' },
    });
    const { body } = await call('GET', '/v1/orders/lines-1');
    expect(await call('PUT', '/v1/orders/lines-1', { ...body, status: 'FULFILLED' })).toMatchObject({
      status: 200,
      body: { status: 'FULFILLED', total_amount: 6900 },
    });
  });
});

describe('a refund', () => {
  const order = async (name: string, onRefund: string): Promise<string> => {
    const code = `REF-${name}`;
    await voucher(code, { type: 'AMOUNT', amount_off: 700 }, { redemption: { quantity: 1 }, on_refund: onRefund });
    expect((await redeem([code], { source_id: name, ...CART })).status).toBe(200);
    return code;
  };
  const refund = (name: string, body: object, headers?: Record<string, string>) =>
    call('POST', `/v1/orders/${name}/refunds`, body, headers);

  test('gives each line its share back, and the code when all came back', async () => {
    const code = await order('refund-1', 'full_return');
    expect(await refund('refund-1', { items: [{ source_id: 'shirt', quantity: 1 }] })).toMatchObject({
      status: 200,
      body: {
        object: 'order_refund',
        amount: 1800,
        discount_amount: 200,
        redemptions: [],
        order: { refunded_amount: 1800, total_amount: 6300 },
      },
    });
    expect(await redeemedQuantity(code)).toBe(1);
    expect(await refund('refund-1', { items: [{ index: 0 }, { source_id: 'mug' }], reason: 'too small' })).toMatchObject({
      body: { amount: 4500, discount_amount: 500, redemptions: [expect.any(String)], order: { refunded_amount: 6300, total_amount: 6300 } },
    });
    expect(await redeemedQuantity(code)).toBe(0);
    expect((await call('GET', '/v1/orders/refund-1/refunds')).body).toMatchObject({ data_ref: 'refunds', total: 2 });
  });

  test('gives the code back for any part, or never, as the code says', async () => {
    const any = await order('refund-any', 'any_return');
    const keep = await order('refund-keep', 'keep');
    for (const name of ['refund-any', 'refund-keep']) await refund(name, { amount: 10 });
    expect([await redeemedQuantity(any), await redeemedQuantity(keep)]).toEqual([0, 1]);
  });

  test('is made once for one key, and never more than was paid, however many ask at once', async () => {
    await order('refund-race', 'any_return');
    const same = await Promise.all(
      [1, 2, 3].map(() => refund('refund-race', { items: [{ source_id: 'mug' }] }, { 'Idempotency-Key': 'refund-mug' })),
    );
    expect(same.map((reply) => reply.body.id)).toEqual(same.map(() => same[0]!.body.id));
    const many = await Promise.all(
      Array.from({ length: 6 }, () => refund('refund-race', { items: [{ source_id: 'shirt', quantity: 1 }] })),
    );
    expect(many.filter((reply) => reply.status === 200)).toHaveLength(3);
    expect(many.filter((reply) => reply.status === 400).every((reply) => reply.body.key === 'invalid_refund')).toBe(true);
    expect((await call('GET', '/v1/orders/refund-race')).body).toMatchObject({ refunded_amount: 6300 });
  });

  test('names what is wrong with it', async () => {
    await order('refund-bad', 'keep');
    expect(await refund('refund-bad', { items: [{ source_id: 'hat' }, { source_id: 'mug', quantity: 2 }] })).toMatchObject({
      status: 400,
      body: { key: 'invalid_refund', errors: [{ path: 'items[0]' }] },
    });
    expect(await refund('refund-bad', { amount: 6301 })).toMatchObject({ status: 400, body: { errors: [{ path: 'amount' }] } });
    expect(await refund('refund-bad', { items: [{ index: 0 }], amount: 1 })).toMatchObject({
      status: 400,
      body: { key: 'invalid_payload' },
    });
    expect(await refund('nobody', { amount: 1 })).toMatchObject({ status: 404 });
  });
});

describe('many at once', () => {
  /** Does the work of an action in this process, as the worker does. */
  const work = async ({ async_action_id: actionId }: { async_action_id: string }) => {
    const { workOnAction } = createBulkActivities({ sql: database.sql, now: () => new Date(), randomBytes });
    for (;;) {
      const progress: BulkProgress = await new MockActivityEnvironment().run(workOnAction, { actionId });
      if (progress.finished) break;
    }
    return (await call('GET', `/v1/async-actions/${actionId}/errors`)).body;
  };

  test('orders are imported, changed where they are known, and what is wrong is told by line', async () => {
    await client.orders.create({ source_id: 'import-1', amount: 100 });
    const answer = await client.orders.import([
      { source_id: 'import-1', status: 'PAID' },
      { source_id: 'import-2', ...CART, customer: { source_id: 'imported' } },
      { source_id: 'import-3', amount: -1 },
      { source_id: 'import-4', amount: 100, discount_amount: 101 },
    ]);
    const errors = await work(answer);
    expect(JSON.stringify(errors)).toMatch(/"line":3.*"line":4/);
    expect(await client.orders.get('import-1')).toMatchObject({ status: 'PAID', amount: 100 });
    expect(await client.orders.get('import-2')).toMatchObject({ amount: 7000, customer: { source_id: 'imported' } });
    await expect(client.orders.get('import-4')).rejects.toMatchObject({ code: 404 });
  });

  test('customers are made and changed, and their metadata where they are known', async () => {
    await work(
      await client.customers.updateInBulk([
        { source_id: 'bulk-1', name: 'One' },
        { source_id: 'bulk-2', metadata: { a: 1 } },
      ]),
    );
    expect((await call('GET', '/v1/customers/bulk-1')).body).toMatchObject({ name: 'One' });
    const errors = await work(
      await client.customers.updateMetadataInBulk({ source_ids: ['bulk-1', 'bulk-2', 'nobody'], metadata: { b: 2 } }),
    );
    expect(JSON.stringify(errors)).toContain('nobody');
    expect((await call('GET', '/v1/customers/bulk-2')).body).toMatchObject({ metadata: { a: 1, b: 2 } });
    expect((await call('GET', '/v1/customers/nobody')).status).toBe(404);
  });
});
