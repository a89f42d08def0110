import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '../../db/client.ts';
import { upsertCustomers } from '../../db/customer/customers.ts';
import type { Reply, TestApi } from '../harness/api.ts';
import { createVoucher } from '../harness/checkout.ts';
import { MODES, startContractShop, type ContractShop } from '../harness/checkout-contract.ts';
import type { TestProject } from '../harness/project.ts';

/** One contract, whoever runs the activities: the API's own process, or a worker by way of Temporal. */
describe.each(MODES)('a checkout, %s,', (mode) => {
  let on: ContractShop;
  let sql: Sql;
  let api: TestApi;
  let shop: TestProject;
  let made = 0;

  beforeAll(async () => {
    on = await startContractShop(mode);
    ({ sql, api, shop } = on);
  });

  afterAll(() => on.stop());

  beforeEach(() => {
    made += 1;
  });

  const code = (name: string) => `${name}-${made}`;
  const post = (path: string, body: unknown, headers?: Record<string, string>): Promise<Reply> => api.as(shop)('POST', path, body, headers);
  const vouchers = (...codes: string[]) => codes.map((id) => ({ object: 'voucher', id }));
  const cart = { amount: 11_499 };
  const redeemedQuantity = async (of: string) => (await api.as(shop)('GET', `/v1/vouchers/${of}/redemption`)).body.redeemed_quantity;
  const customer = async (sourceId: string) =>
    (await sql.begin((tx) => upsertCustomers(tx, shop.project.id, [{ sourceId }], new Date())))[0]!;

  describe('asks whether codes apply', () => {
    test('and hears what they take of the order', async () => {
      await createVoucher(sql, shop.project, code('TEN'));
      const { status, body } = await post('/v1/validations', { redeemables: vouchers(code('TEN')), order: cart });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        valid: true,
        redeemables: [
          {
            status: 'APPLICABLE',
            id: code('TEN'),
            object: 'voucher',
            order: { amount: 11_499, total_discount_amount: 1_150, total_amount: 10_349 },
            result: { discount: { type: 'PERCENT', percent_off: 10, effect: 'APPLY_TO_ORDER' } },
          },
        ],
        order: { amount: 11_499, initial_amount: 11_499, discount_amount: 1_150, total_discount_amount: 1_150, total_amount: 10_349 },
        stacking_rules: { redeemables_limit: 30, redeemables_application_mode: 'ALL' },
      });
      expect(body.tracking_id).toMatch(/^track_/);
    });

    test('whatever their case, as the project says', async () => {
      await createVoucher(sql, shop.project, code('CASE'));
      const { body } = await post('/v1/validations', { redeemables: vouchers(code('case')), order: cart });
      expect(body).toMatchObject({ valid: true, redeemables: [{ id: code('CASE') }] });
    });

    test('and hears that several apply in turn', async () => {
      await createVoucher(sql, shop.project, code('A'), { discount: { type: 'AMOUNT', amount_off: 1_499 } });
      await createVoucher(sql, shop.project, code('B'));
      const { body } = await post('/v1/validations', { redeemables: vouchers(code('A'), code('B')), order: cart });
      expect(body.redeemables.map((each: { order: { total_amount: number } }) => each.order.total_amount)).toEqual([10_000, 9_000]);
      expect(body.order).toMatchObject({ total_discount_amount: 2_499, total_applied_discount_amount: 2_499, total_amount: 9_000 });
    });

    test('and hears why one does not, with 200', async () => {
      await createVoucher(sql, shop.project, code('OK'));
      await createVoucher(sql, shop.project, code('GONE'), { expirationDate: new Date('2020-01-01T00:00:00Z') });
      const asked = vouchers(code('OK'), code('GONE'), code('NEXT'));
      const { status, body } = await post('/v1/validations', { redeemables: asked, order: cart });
      expect(status).toBe(200);
      expect(body.valid).toBe(false);
      expect(body.redeemables).toMatchObject([
        { status: 'APPLICABLE' },
        { status: 'INAPPLICABLE', id: code('GONE'), result: { error: { code: 400, key: 'voucher_expired' } } },
        { status: 'SKIPPED', result: { details: { key: 'preceding_validation_failed' } } },
      ]);
      expect(body.inapplicable_redeemables).toHaveLength(1);
      expect(body.skipped_redeemables).toHaveLength(1);
    });

    test('and hears of a code that does not exist', async () => {
      const { status, body } = await post('/v1/validations', { redeemables: vouchers('NOWHERE'), order: cart });
      expect({ status, valid: body.valid }).toEqual({ status: 200, valid: false });
      expect(body.redeemables[0].result.error).toMatchObject({ code: 404, key: 'not_found' });
    });

    test('by the older call, too', async () => {
      await createVoucher(sql, shop.project, code('OLD'));
      expect((await post(`/v1/vouchers/${code('OLD')}/validate`, { order: cart })).body).toMatchObject({
        valid: true,
        code: code('OLD'),
        discount: { percent_off: 10 },
        order: { total_amount: 10_349 },
      });
      expect((await post('/v1/vouchers/NOWHERE/validate', {})).body).toMatchObject({ valid: false, error: { key: 'not_found' } });
    });

    test('and changes nothing by it', async () => {
      await createVoucher(sql, shop.project, code('LOOK'), { quantity: 1 });
      const body = { redeemables: vouchers(code('LOOK')), order: cart, customer: { source_id: `looker-${made}`, name: 'Ada' } };
      await post('/v1/validations', body);
      await post('/v1/validations', body);
      expect(await redeemedQuantity(code('LOOK'))).toBe(0);
      expect((await api.as(shop)('GET', `/v1/customers/looker-${made}`)).status).toBe(404);
    });
  });

  describe('redeems', () => {
    test('and gets the redemption, whose voucher is counted', async () => {
      const id = await createVoucher(sql, shop.project, code('BUY'), { quantity: 5 });
      const { status, body } = await post('/v1/redemptions', {
        redeemables: vouchers(code('BUY')),
        order: { ...cart, source_id: 'order-1' },
        customer: { source_id: `buyer-${made}`, email: 'ada@example.com' },
        tracking_id: 'basket-7',
        metadata: { till: 3 },
      });
      expect(status).toBe(200);
      expect(body.redemptions).toMatchObject([
        {
          object: 'redemption',
          result: 'SUCCESS',
          tracking_id: 'basket-7',
          metadata: { till: 3 },
          related_object_id: id,
          order: { source_id: 'order-1', total_amount: 10_349 },
          customer: { source_id: `buyer-${made}`, object: 'customer' },
          voucher: { id, code: code('BUY'), redemption: { quantity: 5, redeemed_quantity: 1 } },
        },
      ]);
      expect(body.parent_redemption).toMatchObject({ object: 'redemption', result: 'SUCCESS' });
      expect(body.order).toMatchObject({ amount: 11_499, total_amount: 10_349 });

      const buyer = (await api.as(shop)('GET', `/v1/customers/buyer-${made}`)).body;
      expect(buyer).toMatchObject({ email: 'ada@example.com' });
      const read = await api.as(shop)('GET', `/v1/redemptions/${body.redemptions[0].id}`);
      expect(read.body).toMatchObject({ id: body.redemptions[0].id, result: 'SUCCESS', amount: 1_150, voucher: { code: code('BUY') } });
      const [event] = await sql`select type, customer_id, data from event where data->>'redemption_id' = ${body.redemptions[0].id}`;
      expect(event).toMatchObject({
        type: 'redemption.succeeded',
        customerId: buyer.id,
        data: {
          voucher_id: id,
          code: code('BUY'),
          discount_amount: 1_150,
          order: { amount: 11_499, total_amount: 10_349 },
          tracking_id: 'basket-7',
        },
      });
    });

    test('several codes for one order, or none of them', async () => {
      const codes = [code('S1'), code('S2'), code('S3')];
      await createVoucher(sql, shop.project, codes[0]!);
      await createVoucher(sql, shop.project, codes[1]!, { discount: { type: 'AMOUNT', amount_off: 349 } });
      await createVoucher(sql, shop.project, codes[2]!, { quantity: 1 });
      const first = await post('/v1/redemptions', { redeemables: vouchers(...codes), order: cart });
      expect(first.body.redemptions.map((each: { amount: number }) => each.amount)).toEqual([1_150, 349, 1_000]);
      expect(first.body.order).toMatchObject({ total_amount: 9_000 });
      const parent = first.body.parent_redemption.id;
      expect(first.body.redemptions.every((each: { redemption: string }) => each.redemption === parent)).toBe(true);

      const second = await post('/v1/redemptions', { redeemables: vouchers(...codes), order: cart });
      expect(second).toMatchObject({ status: 400, body: { key: 'quantity_exceeded', resource_id: codes[2] } });
      for (const each of codes) expect(await redeemedQuantity(each)).toBe(1);
    });

    test.each([
      ['a code that does not exist', () => Promise.resolve(), {}, 404, 'not_found'],
      ['one that is used up', (name: string) => createVoucher(sql, shop.project, name, { quantity: 0 }), {}, 400, 'quantity_exceeded'],
      ['one that is disabled', (name: string) => createVoucher(sql, shop.project, name, { active: false }), {}, 400, 'voucher_disabled'],
      [
        'one that is not valid yet',
        (name: string) => createVoucher(sql, shop.project, name, { startDate: new Date('2999-01-01T00:00:00Z') }),
        {},
        400,
        'voucher_not_active',
      ],
    ])('not %s, and it is told and recorded why', async (_, make, more, status, key) => {
      await make(code('NO'));
      const reply = await post(`/v1/vouchers/${code('NO')}/redemption`, { order: cart, ...more });
      expect(reply).toMatchObject({ status, body: { code: status, key, resource_id: code('NO'), resource_type: 'voucher' } });
      expect(reply.body.request_id).toMatch(/^req_/);
      const { body } = await api.as(shop)('GET', '/v1/redemptions?result=FAILURE&limit=1');
      expect(body.redemptions[0]).toMatchObject({ result: 'FAILURE', failure_code: key, voucher: { code: code('NO') } });
      const [event] = await sql`select data from event where type = 'redemption.failed' and data->>'code' = ${code('NO')}`;
      expect(event).toMatchObject({ data: { failure_code: key } });
    });

    test("a personal code for its holder alone, by the holder's name or none", async () => {
      const [ada, bob] = [await customer(`ada-${made}`), await customer(`bob-${made}`)];
      await createVoucher(sql, shop.project, code('MINE'), { holderId: ada.id });
      const redeem = (who: object) => post('/v1/redemptions', { redeemables: vouchers(code('MINE')), order: cart, ...who });
      expect(await redeem({ customer: { source_id: bob.sourceId } })).toMatchObject({
        status: 400,
        body: { key: 'customer_rules_violated' },
      });
      expect(await redeem({})).toMatchObject({ status: 400, body: { key: 'missing_customer' } });
      expect(await redeem({ customer: { id: ada.id } })).toMatchObject({ status: 200 });
      expect(await redeem({ customer: { source_id: ada.sourceId } })).toMatchObject({ status: 200 });
    });

    test('for a customer by an id that nobody has: refused, and nothing is redeemed', async () => {
      await createVoucher(sql, shop.project, code('WHO'));
      const reply = await post('/v1/redemptions', { redeemables: vouchers(code('WHO')), customer: { id: 'cust_nobody' } });
      expect(reply).toMatchObject({ status: 404, body: { key: 'not_found', resource_type: 'customer' } });
      expect(await redeemedQuantity(code('WHO'))).toBe(0);
    });
  });

  describe('sends an Idempotency-Key', () => {
    test('and gets the same answer to the same again, a refusal too', async () => {
      await createVoucher(sql, shop.project, code('KEY'), { quantity: 1 });
      const send = (key: string) =>
        post('/v1/redemptions', { redeemables: vouchers(code('KEY')), order: cart }, { 'Idempotency-Key': key });
      const first = await send(`first-${made}`);
      const again = await send(`first-${made}`);
      expect(again).toMatchObject({ status: first.status, body: first.body });
      expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
      const refused = await send(`second-${made}`);
      expect(refused).toMatchObject({ status: 400, body: { key: 'quantity_exceeded' } });
      expect((await send(`second-${made}`)).body).toEqual(refused.body);
      expect(await redeemedQuantity(code('KEY'))).toBe(1);
    });

    test('with another body, and is refused', async () => {
      await createVoucher(sql, shop.project, code('REUSE'));
      const key = { 'Idempotency-Key': `reuse-${made}` };
      await post('/v1/redemptions', { redeemables: vouchers(code('REUSE')), order: cart }, key);
      const other = await post('/v1/redemptions', { redeemables: vouchers(code('REUSE')), order: { amount: 1 } }, key);
      expect(other).toMatchObject({ status: 422, body: { key: 'idempotency_key_reused' } });
    });

    test('with a body that is wrong, which keeps nothing', async () => {
      await createVoucher(sql, shop.project, code('FIX'));
      const key = { 'Idempotency-Key': `fix-${made}` };
      expect((await post('/v1/redemptions', { redeemables: [] }, key)).status).toBe(400);
      expect((await post('/v1/redemptions', { redeemables: vouchers(code('FIX')) }, key)).status).toBe(200);
    });
  });

  test('from a browser learns nothing of why a code fails', async () => {
    await createVoucher(sql, shop.project, code('USED'), { quantity: 0 });
    const browser = {
      'X-Client-Application-Id': shop.appId,
      'X-Client-Token': shop.publishableKey,
      Origin: 'https://shop.example',
      'Content-Type': 'application/json',
    };
    const ask = (path: string, id: string) =>
      api.send(path, { method: 'POST', headers: browser, body: JSON.stringify({ redeemables: vouchers(id), order: cart }) });
    const without = (reply: Reply, id: string) =>
      JSON.stringify(reply.body)
        .replaceAll(id, 'CODE')
        .replaceAll(/(req|valid|track)_\w+/g, '');
    for (const path of ['/client/v1/validations', '/client/v1/redemptions']) {
      const [used, unknown] = [await ask(path, code('USED')), await ask(path, code('NONE'))];
      expect(used.status).toBe(unknown.status);
      expect(without(used, code('USED'))).toBe(without(unknown, code('NONE')));
    }
    await createVoucher(sql, shop.project, code('FINE'));
    expect(await ask('/client/v1/redemptions', code('FINE'))).toMatchObject({ status: 200 });
  });

  test('that is asked wrongly names every wrong field', async () => {
    const reply = await post('/v1/redemptions', {
      redeemables: [{ object: 'gift_card', id: 'A' }],
      order: { amount: -1, currency: 'usd', items: [{ price: 1.5 }, { price: 100, quantity: 2, amount: 100 }] },
      customer: {},
      surprise: true,
    });
    expect(reply.status).toBe(400);
    expect(reply.body.errors.map((each: { path: string }) => each.path)).toEqual(
      expect.arrayContaining([
        'redeemables[0].object',
        'order.amount',
        'order.currency',
        'order.items[0].price',
        'customer.source_id',
        'surprise',
      ]),
    );
    expect(await post('/v1/validations', { redeemables: vouchers('A', 'a') })).toMatchObject({ body: { key: 'duplicated_redeemables' } });
    expect(await post('/v1/validations', { redeemables: vouchers('A'), order: { amount: 5, currency: 'EUR' } })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'order.currency' }] },
    });
    expect(await post('/v1/validations', { redeemables: vouchers('A'), order: { amount: 5, items: [{ amount: 6 }] } })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'order.amount' }] },
    });
    expect(api.errors).toEqual([]);
  });
});
