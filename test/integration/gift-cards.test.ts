import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, redeemRequest, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

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

const send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => api.as(shop)(method, path, body, headers);
const card = (code: string, gift: object) => send('POST', `/v1/vouchers/${code}`, { type: 'GIFT_VOUCHER', gift });
const giftOf = async (code: string) => (await send('GET', `/v1/vouchers/${code}`)).body.gift;
const spend = (code: string, credits?: number) => ({ object: 'voucher' as const, id: code, gift: { credits } });

describe('a gift card', () => {
  test('pays what is asked of it, with the official SDK', async () => {
    const made = await client.vouchers.create({ code: 'SDK-GIFT', type: 'GIFT_VOUCHER', gift: { amount: 5_000, balance: 5_000 } } as never);
    expect(made).toMatchObject({ type: 'GIFT_VOUCHER', gift: { amount: 5_000, balance: 5_000 }, redemption: { quantity: null } });
    expect(await client.vouchers.balance.create('SDK-GIFT', { amount: 1_000 })).toMatchObject({
      amount: 1_000,
      total: 6_000,
      balance: 6_000,
      type: 'gift_voucher',
      related_object: { type: 'voucher' },
    });
    const asked = { redeemables: [spend('SDK-GIFT', 1_500)], order: { amount: 4_000 } };
    expect(await client.validations.validateStackable(asked)).toMatchObject({
      valid: true,
      redeemables: [{ result: { gift: { balance: 6_000, credits: 1_500 } } }],
      order: { total_amount: 2_500 },
    });
    const { redemptions } = await client.redemptions.redeemStackable(asked);
    expect(redemptions[0]).toMatchObject({ gift: { amount: 1_500 }, amount: 1_500, voucher: { gift: { balance: 4_500 } } });
    expect(await client.redemptions.rollback(redemptions[0]!.id)).toMatchObject({ amount: -1_500, voucher: { gift: { balance: 6_000 } } });
    expect(await giftOf('SDK-GIFT')).toMatchObject({ amount: 6_000, balance: 6_000 });
  });

  test('pays as much as it can where nothing is asked, and of its items only where it is for them', async () => {
    await card('ALL', { amount: 3_000 });
    await card('ITEMS', { amount: 9_000, effect: 'APPLY_TO_ITEMS' });
    const rest = await send('POST', '/v1/vouchers/ALL/redemption', { order: { amount: 4_500 } });
    expect(rest.body).toMatchObject({ amount: 3_000, order: { total_amount: 1_500 }, voucher: { gift: { balance: 0 } } });
    const order = {
      amount: 5_500,
      items: [
        { product_id: 'a', price: 3_000 },
        { product_id: 'b', price: 2_000 },
      ],
    };
    const items = await send('POST', '/v1/redemptions', { redeemables: [spend('ITEMS')], order });
    expect(items.body).toMatchObject({ redemptions: [{ gift: { amount: 5_000 } }], order: { total_amount: 500 } });
  });

  test('pays what a discount before it left', async () => {
    await card('REST', { amount: 10_000 });
    await send('POST', '/v1/vouchers/HALF', { discount: { type: 'PERCENT', percent_off: 50 } });
    const stack = { redeemables: [{ object: 'voucher', id: 'HALF' }, spend('REST')], order: { amount: 6_000 } };
    const { body } = await send('POST', '/v1/redemptions', stack);
    expect(body.order).toMatchObject({ total_discount_amount: 6_000, total_amount: 0 });
    expect(await giftOf('REST')).toMatchObject({ balance: 7_000 });
    await send('POST', `/v1/redemptions/${body.parent_redemption.id}/rollbacks`, {});
    expect(await giftOf('REST')).toMatchObject({ balance: 10_000 });
  });

  test('says what it has left when more is asked', async () => {
    await card('POOR', { amount: 700 });
    const { status, body } = await send('POST', '/v1/redemptions', { redeemables: [spend('POOR', 701)], order: { amount: 5_000 } });
    expect([status, body.key]).toEqual([400, 'gift_amount_exceeded']);
    expect(body.details).toContain('700 left');
    expect((await send('POST', '/v1/redemptions', { redeemables: [spend('POOR')] })).body.key).toBe('missing_amount');
    expect((await send('POST', '/v1/redemptions', { redeemables: [spend('POOR', 700)] })).body.redemptions[0].amount).toBe(700);
    expect((await send('POST', '/v1/vouchers/POOR/balance', { amount: -1 })).body.key).toBe('gift_amount_exceeded');
    const more = await client.vouchers.update({ code: 'POOR', gift: { amount: 900 } });
    expect(more.gift).toMatchObject({ amount: 900, balance: 200 });
    expect((await send('PUT', '/v1/vouchers/POOR', { gift: { amount: 600 } })).body.key).toBe('gift_amount_exceeded');
  });

  test('has an account of all that happened to it', async () => {
    await card('BOOK', { amount: 1_000 });
    const { body } = await send('POST', '/v1/redemptions', { redeemables: [spend('BOOK', 300)], order: { source_id: 'o-1', amount: 900 } });
    const redemption = { id: body.redemptions[0].id };
    await send('POST', `/v1/redemptions/${redemption.id}/rollback`, {});
    await send('POST', '/v1/vouchers/BOOK/balance', { amount: 50, source_id: 'mine', reason: 'sorry' });
    await send('POST', '/v1/vouchers/BOOK/balance', { amount: -200 });
    const all = (await send('GET', '/v1/vouchers/BOOK/transactions?order=id')).body;
    expect(all.data).toMatchObject([
      {
        type: 'CREDITS_REDEMPTION',
        source: null,
        details: { balance: { amount: -300, balance: 700, total: 1_000 }, redemption, order: { source_id: 'o-1' } },
      },
      { type: 'CREDITS_REFUND', related_transaction_id: all.data[0].id, details: { balance: { amount: 300, balance: 1_000 }, redemption } },
      {
        type: 'CREDITS_ADDITION',
        source: 'API',
        source_id: 'mine',
        reason: 'sorry',
        details: { balance: { balance: 1_050, total: 1_050 } },
      },
      { type: 'CREDITS_REMOVAL', details: { balance: { amount: -200, balance: 850, total: 850 } } },
    ]);
    expect(await client.vouchers.listTransactions('BOOK', { order: 'id' })).toEqual(all);
    const first = (await send('GET', '/v1/vouchers/BOOK/transactions?limit=3')).body;
    expect(first).toMatchObject({ has_more: true, more_starting_after: all.data[1].id });
    const rest = (await send('GET', `/v1/vouchers/BOOK/transactions?starting_after_id=${first.more_starting_after}`)).body;
    expect(rest).toMatchObject({ has_more: false, data: [{ id: all.data[0].id }] });
  });

  test('of a campaign is made, published and told with its balance', async () => {
    const campaign = { name: 'Cards', campaign_type: 'GIFT_VOUCHERS', voucher: { type: 'GIFT_VOUCHER', gift: { amount: 2_500 } } };
    expect((await send('POST', '/v1/campaigns', { ...campaign, vouchers_count: 1 })).body.voucher).toMatchObject({
      type: 'GIFT_VOUCHER',
      discount: null,
      gift: { amount: 2_500, effect: 'APPLY_TO_ORDER' },
    });
    const publish = { campaign: { name: 'Cards', count: 2 }, customer: { source_id: 'lucky' } };
    const { body } = await send('POST', '/v1/publications', publish);
    const codes = body.vouchers.map((voucher: { code: string }) => voucher.code);
    expect(codes).toHaveLength(2);
    for (const code of codes) expect(await giftOf(code)).toMatchObject({ amount: 2_500, balance: 2_500 });
  });

  test('is refused with every field that is wrong', async () => {
    const gift = { amount: 100, balance: 200 };
    const wrong = await send('POST', '/v1/vouchers/WRONG', { type: 'GIFT_VOUCHER', discount: { type: 'AMOUNT', amount_off: 1 }, gift });
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual(['discount', 'gift.balance']);
    expect((await send('POST', '/v1/vouchers/NONE', { type: 'GIFT_VOUCHER' })).body.errors).toMatchObject([{ path: 'gift' }]);
    await send('POST', '/v1/vouchers/PLAIN', { discount: { type: 'AMOUNT', amount_off: 1 } });
    expect((await send('POST', '/v1/vouchers/PLAIN/balance', { amount: 5 })).status).toBe(400);
    expect((await send('POST', '/v1/vouchers/NOWHERE/balance', { amount: 5 })).status).toBe(404);
    expect((await send('POST', '/v1/vouchers/PLAIN/balance', { amount: 0 })).status).toBe(400);
  });
});

describe('a session', () => {
  test('is released with the official SDK, and not twice', async () => {
    await send('POST', '/v1/vouchers/SEAT', { discount: { type: 'AMOUNT', amount_off: 100 }, redemption: { quantity: 1 } });
    const asked = { redeemables: [{ object: 'voucher' as const, id: 'SEAT' }], order: { amount: 900 } };
    const locked = await client.validations.validateStackable({ ...asked, session: { type: 'LOCK', ttl: 5, ttl_unit: 'MINUTES' } });
    expect(locked).toMatchObject({ valid: true, session: { type: 'LOCK', ttl: 5, ttl_unit: 'MINUTES' } });
    const key = locked.session!.key;
    expect(await client.validations.validateStackable(asked)).toMatchObject({ valid: false });
    expect((await send('POST', '/v1/redemptions', asked)).body.key).toBe('quantity_exceeded');
    await client.vouchers.releaseValidationSession('SEAT', key);
    expect((await send('DELETE', `/v1/vouchers/SEAT/sessions/${key}`)).status).toBe(404);
    expect(await client.redemptions.redeemStackable(asked)).toMatchObject({ redemptions: [{ result: 'SUCCESS' }] });
  });

  test('that is too long is refused', async () => {
    const session = { key: 'k', type: 'LOCK', ttl: 500, ttl_unit: 'DAYS' };
    const { status, body } = await send('POST', '/v1/validations', { redeemables: [{ id: 'SEAT' }], session });
    expect([status, body.errors]).toMatchObject([400, [{ path: 'session.ttl' }]]);
  });
});

describe('a limit', () => {
  const redeem = (code: string, customer: string) =>
    send('POST', '/v1/redemptions', { redeemables: [{ id: code }], order: { amount: 1_000 }, customer: { source_id: customer } });

  test('of a campaign is set, told, raised and taken away over HTTP, and what was redeemed counts', async () => {
    const voucher = { discount: { type: 'AMOUNT', amount_off: 100 }, limits: { per_customer: 1 } };
    await send('POST', '/v1/campaigns', { name: 'Limited', voucher, limits: { campaign_total: 1 } });
    for (const code of ['L1', 'L2', 'L3']) await send('POST', `/v1/campaigns/Limited/vouchers/${code}`, {});
    expect((await redeem('L1', 'ada')).status).toBe(200);
    expect((await redeem('L2', 'bob')).body).toMatchObject({
      key: 'quantity_exceeded',
      details: 'campaign.limits.campaign_total is 1, and 1 is used',
    });
    const raised = await send('PUT', '/v1/campaigns/Limited', { limits: { campaign_total: 2, campaign_budget: { orders_amount: 2_000 } } });
    expect(raised.body).toMatchObject({
      limits: { campaign_total: 2, campaign_budget: { orders_amount: 2_000 } },
      voucher: { limits: { per_customer: 1 } },
    });
    expect((await redeem('L1', 'ada')).body.key).toBe('customer_rules_violated');
    expect((await redeem('L2', 'ada')).status).toBe(200);
    expect((await redeem('L3', 'cid')).body.key).toBe('quantity_exceeded');
    expect((await send('PUT', '/v1/campaigns/Limited', { limits: null })).body.limits).toBeNull();
    expect((await redeem('L3', 'cid')).status).toBe(200);
    await send('PUT', '/v1/campaigns/Limited', { limits: { campaign_budget: { orders_amount: 3_500 } } });
    expect((await redeem('L3', 'dan')).body).toMatchObject({
      key: 'redemption_rules_violated',
      details: 'campaign.limits.campaign_budget.orders_amount is 3500, of which 3000 is used, and this needs 1000',
    });
  });

  test('of a day begins anew at midnight where the project is, and is told to a validation', async () => {
    let now = new Date();
    const travelling = createCheckout(database.sql, { now: () => now });
    const { project } = await createProject(database.sql, { timezone: 'Europe/Berlin' });
    const own = redeemRequest(project, 'DAILY');
    await database.sql`
      insert into voucher (project_id, id, code, code_key, type, definition)
      values (${project.id}, 'v_daily', 'DAILY', 'DAILY', 'DISCOUNT_VOUCHER', ${database.sql.json({
        type: 'DISCOUNT_VOUCHER',
        discount: { type: 'AMOUNT', amount_off: 1 },
        redemption: { quantity: null },
        limits: { daily: 1 },
      })})`;
    const at = async (time: string) => {
      now = new Date(time);
      const valid = (await travelling.validate(own)) as { valid: boolean };
      const redeemed = await travelling.redeem({ ...own, idempotencyKey: time });
      return [valid.valid, 'status' in redeemed && redeemed.status];
    };
    expect(await at('2026-03-29T12:00:00+02:00')).toEqual([true, 200]);
    expect(await at('2026-03-29T23:59:59+02:00')).toEqual([false, 400]);
    expect(await at('2026-03-30T00:00:00+02:00')).toEqual([true, 200]);
    expect(await at('2026-03-30T23:30:00+02:00')).toEqual([false, 400]);
    await travelling.traces.close();
  });
});

describe('the same Idempotency-Key', () => {
  test('gives refusals again, though what was missing is there by now', async () => {
    const key = { 'Idempotency-Key': 'refused-1' };
    const first = await send('PUT', '/v1/vouchers/LATER', { active: false }, key);
    expect([first.status, first.body.key]).toEqual([404, 'not_found']);
    await send('POST', '/v1/vouchers/LATER', { discount: { type: 'AMOUNT', amount_off: 1 } });
    const again = await send('PUT', '/v1/vouchers/LATER', { active: false }, key);
    expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([404, first.body, 'true']);
    expect((await send('PUT', '/v1/vouchers/LATER', { active: true }, key)).status).toBe(422);

    const twice = { 'Idempotency-Key': 'refused-2' };
    const taken = await send('POST', '/v1/vouchers/LATER', { discount: { type: 'AMOUNT', amount_off: 1 } }, twice);
    expect(taken.status).toBe(409);
    await send('DELETE', '/v1/vouchers/LATER');
    expect(await send('POST', '/v1/vouchers/LATER', { discount: { type: 'AMOUNT', amount_off: 1 } }, twice)).toMatchObject({ status: 409 });
  });

  test('may be sent again with what was wrong put right', async () => {
    const key = { 'Idempotency-Key': 'mended-1' };
    expect((await send('POST', '/v1/vouchers/MENDED', { discount: { type: 'AMOUNT' } }, key)).status).toBe(400);
    expect((await send('POST', '/v1/vouchers/MENDED', { discount: { type: 'AMOUNT', amount_off: 1 } }, key)).status).toBe(200);
  });

  test('gives a refused rollback again, and redemptions for customers who are not there', async () => {
    const key = { 'Idempotency-Key': 'refused-3' };
    const first = await send('POST', '/v1/redemptions/r_none/rollback', {}, key);
    expect(first.status).toBe(404);
    expect(await send('POST', '/v1/redemptions/r_none/rollback', {}, key)).toMatchObject({ status: 404, body: first.body });
    const unknown = { redeemables: [{ id: 'MENDED' }], customer: { id: 'cust_none' } };
    const asked = await send('POST', '/v1/redemptions', unknown, { 'Idempotency-Key': 'refused-4' });
    expect([asked.status, asked.body.resource_type]).toEqual([404, 'customer']);
    const replayed = await send('POST', '/v1/redemptions', unknown, { 'Idempotency-Key': 'refused-4' });
    expect([replayed.body, replayed.headers.get('idempotent-replayed')]).toEqual([asked.body, 'true']);
  });
});
