import { VoucherifyClientSide, VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEY_TTL_MS } from '../../api/http/auth.ts';
import { createApiKeyRoutes } from '../../api/routes/api-keys.ts';
import { createClientCheckoutRoutes } from '../../api/routes/client-checkout.ts';
import { createClientCustomerRoutes } from '../../api/routes/client-customers.ts';
import { createConsentRoutes } from '../../api/routes/consents.ts';
import { createEventRoutes } from '../../api/routes/events.ts';
import { createOauthRoutes } from '../../api/routes/oauth.ts';
import { createPromotionCheckoutRoutes } from '../../api/routes/promotion-checkout.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, createVoucher, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';
import { until } from '../harness/relay.ts';

const ORIGIN = 'https://shop.example';

let database: TestDatabase;
let checkout: TestCheckout;
let api: TestApi;
let shop: TestProject;
let call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;
let now = () => new Date();

const sdk = (clientSecretKey: string, trackingId?: string) =>
  VoucherifyClientSide({ apiUrl: api.url, clientApplicationId: shop.appId, clientSecretKey, origin: ORIGIN, trackingId });

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  checkout = createCheckout(sql);
  await checkout.maintain();
  const deps = { sql, now: () => now() };
  const routes = [
    ...checkoutRoutes(sql, checkout),
    ...createClientCheckoutRoutes({ checkout }),
    ...createEventRoutes(deps),
    ...createApiKeyRoutes(deps),
    ...createOauthRoutes(deps),
    ...createClientCustomerRoutes(deps),
    ...createConsentRoutes(deps),
    ...createPromotionCheckoutRoutes({ ...deps, checkout }),
  ];
  api = await startApi(sql, { routes });
  shop = await createProject(sql);
  call = api.as(shop);
  await createVoucher(sql, shop.project, 'TEN');
  await createVoucher(sql, shop.project, 'ONCE', { quantity: 1, discount: { type: 'AMOUNT', amount_off: 500 } });
  await createVoucher(sql, shop.project, 'OFF', { active: false });
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

describe('the official SDK in a browser', () => {
  test('validates a code with its order in the query', async () => {
    const client = sdk(shop.publishableKey, 'visitor-7');
    expect(await client.validate('TEN')).toMatchObject({ valid: true, code: 'TEN', discount: { type: 'PERCENT', percent_off: 10 } });
    const answer = await client.validate({
      code: ' ten\n',
      amount: 20_000,
      items: [{ product_id: 'shirt', quantity: 2, amount: 20_000 }],
      customer: { source_id: 'ada' },
      metadata: { till: '3' },
      orderMetadata: { gift: 'yes' },
    });
    expect(answer).toMatchObject({
      valid: true,
      order: { amount: 20_000, total_discount_amount: 2_000, total_amount: 18_000, items: [{ product_id: 'shirt', quantity: 2 }] },
      tracking_id: 'visitor-7',
    });
  });

  test('sees which promotions apply to its order', async () => {
    const tier = { name: 'Ten off', banner: 'Ten off', action: { discount: { type: 'AMOUNT', amount_off: 1_000 } } };
    const made = await call('POST', '/v1/campaigns', { name: 'Fair', campaign_type: 'PROMOTION', promotion: { tiers: [tier] } });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    const answer = await sdk(shop.publishableKey, 'visitor-8').validate({ amount: 5_000, customer: { source_id: 'ada' } });
    expect(answer).toMatchObject({
      valid: true,
      promotions: [{ object: 'promotion_tier', name: 'Ten off', discount_amount: 1_000, order: { total_amount: 4_000 } }],
      tracking_id: 'visitor-8',
    });
  });

  test('makes a customer, who learns nothing of what was known', async () => {
    await call('POST', '/v1/customers', { source_id: 'known', email: 'known@example.com', metadata: { tier: 'gold' } });
    const told = await sdk(shop.publishableKey).createCustomer({ source_id: 'known', name: 'Kim' });
    expect(told).toMatchObject({ object: 'customer', source_id: 'known', name: 'Kim', id: expect.stringMatching(/^cust_/) });
    expect(told).not.toHaveProperty('email');
    expect((await call('GET', '/v1/customers/known')).body).toMatchObject({
      name: 'Kim',
      email: 'known@example.com',
      metadata: { tier: 'gold' },
    });
  });

  test('says what the customer agrees to, which their server reads', async () => {
    const consent = await call('POST', '/v1/consents', { name: 'Newsletter', category: 'email' });
    expect(consent.body).toMatchObject({ object: 'consent', name: 'Newsletter' });
    expect((await call('POST', '/v1/consents', { name: 'Newsletter' })).body).toMatchObject({ code: 409, key: 'duplicate_found' });
    const client = sdk(shop.publishableKey);
    const { id } = consent.body;
    expect(await client.listConsents()).toMatchObject({
      groups: { total: 1, data: [{ name: 'email', consents: [id] }] },
      consents: { total: 1, data: [{ id }] },
    });
    await client.createCustomer({ source_id: 'agreeing' });
    await client.updateConsents('agreeing', { [id]: true });
    const server = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
    expect(await server.consents.list()).toMatchObject({ consents: { data: [{ id, name: 'Newsletter' }] } });
    expect((await call('GET', '/v1/customers/agreeing/consents')).body.data).toMatchObject([{ id, given: true }]);
    expect(await server.customers.updateConsents('agreeing', { Newsletter: false })).toMatchObject({ data: [{ id, given: false }] });
    await server.customers.updateConsents('agreeing', { Newsletter: false });
    const { body: events } = await call('GET', '/v1/events?customer=agreeing');
    expect(events.events.map((event: { type: string }) => event.type)).toEqual([
      'customer.consents.revoked',
      'customer.consents.given',
      'customer.created',
    ]);
    expect((await call('PUT', '/v1/customers/agreeing/consents', { SMS: true })).body).toMatchObject({
      code: 400,
      errors: [{ path: 'SMS', message: 'is the id or name of no consent' }],
    });
    expect((await call('PUT', '/v1/customers/nobody/consents', {})).status).toBe(404);
    expect((await call('DELETE', `/v1/consents/${id}`)).status).toBe(204);
    expect((await call('GET', '/v1/customers/agreeing/consents')).body.data).toEqual([]);
  });

  test('lists codes only where its key was made for that', async () => {
    await expect(sdk(shop.publishableKey).listVouchers()).rejects.toMatchObject({ code: 403 });
    const made = await call('POST', '/v1/api-keys', { name: 'kiosk', kind: 'publishable', origins: [ORIGIN], scopes: ['vouchers:read'] });
    const list = await sdk(made.body.token).listVouchers({ limit: 2 });
    expect(list).toMatchObject({
      object: 'list',
      data_ref: 'vouchers',
      vouchers: [{ object: 'voucher', active: expect.any(Boolean) }, {}],
    });
    expect(list.vouchers[0]).not.toHaveProperty('discount');
  });

  test('learns no reason why a code does not apply', async () => {
    const client = sdk(shop.publishableKey);
    const [off, unknown] = [await client.validate('OFF'), await client.validate('NOTHING')];
    const same = { valid: false, error: { key: 'not_found' }, reason: 'Resource not found' };
    expect(off).toMatchObject({ ...same, code: 'OFF' });
    expect(unknown).toMatchObject({ ...same, code: 'NOTHING' });
    expect(Object.keys(off).sort()).toEqual(Object.keys(unknown).sort());
    await expect(client.redeem('OFF')).rejects.toMatchObject({ code: 404, key: 'not_found' });
  });

  test('redeems, once', async () => {
    const client = sdk(shop.publishableKey, 'visitor-8');
    const redeemed = await client.redeem('ONCE', { order: { amount: 2_000 } });
    expect(redeemed).toMatchObject({
      object: 'redemption',
      result: 'SUCCESS',
      voucher: { code: 'ONCE' },
      order: { amount: 2_000, total_amount: 1_500 },
    });
    await expect(client.redeem('ONCE')).rejects.toMatchObject({ code: 404, key: 'not_found' });
    const listed = await call('GET', '/v1/vouchers/ONCE/redemption');
    expect(listed.body).toMatchObject({
      redeemed_quantity: 1,
      redemption_entries: [{ failure_code: 'quantity_exceeded' }, { id: redeemed.id }],
    });
  });

  test('validates and redeems stacks, and tracks events', async () => {
    const client = sdk(shop.publishableKey);
    const question = { redeemables: [{ object: 'voucher' as const, id: 'TEN' }], order: { amount: 1_000 } };
    expect(await client.validateStackable(question as never)).toMatchObject({ valid: true, order: { total_amount: 900 } });
    expect(await client.redeemStackable(question as never)).toMatchObject({ redemptions: [{ result: 'SUCCESS' }] });
    expect(await client.track('cart viewed', { source_id: 'grace' }, { items: 3 })).toMatchObject({ object: 'event', type: 'cart viewed' });
  });

  test('publishes with a key that may', async () => {
    await call('POST', '/v1/campaigns', {
      name: 'Popup',
      vouchers_count: 2,
      voucher: { discount: { type: 'PERCENT', percent_off: 10 }, code_config: { pattern: 'P-########' } },
    });
    await expect(sdk(shop.publishableKey, 'visitor-9').publish('Popup')).rejects.toMatchObject({ code: 403 });
    const made = await call('POST', '/v1/api-keys', {
      name: 'popup',
      kind: 'publishable',
      scopes: ['publications:write'],
      origins: [ORIGIN],
    });
    expect(made).toMatchObject({ status: 200, body: { token: expect.stringMatching(/^pk_/), role: 'storefront' } });
    const published = await sdk(made.body.token, 'visitor-9').publish('Popup');
    expect(published).toMatchObject({ voucher: { code: expect.stringMatching(/^P-/) } });
  });
});

describe('keys over HTTP', () => {
  test('are made once under one Idempotency-Key, and shown without themselves', async () => {
    const ask = () => call('POST', '/v1/api-keys', { name: 'till', kind: 'secret', role: 'viewer' }, { 'Idempotency-Key': 'till-1' });
    const [first, again] = [await ask(), await ask()];
    expect(first.body.token).toMatch(/^sk_/);
    expect(again.body).toEqual({ ...first.body, token: undefined });
    const listed = await call('GET', '/v1/api-keys');
    expect(listed.body.api_keys.filter((key: { name: string }) => key.name === 'till')).toEqual([again.body]);
    expect(JSON.stringify(listed.body)).not.toContain(first.body.token);
    const [kept] = await database.sql<{ body: string }[]>`select body from idempotency where key = 'till-1'`;
    expect(kept!.body).not.toContain(first.body.token);
  });

  test('grant no more than the key that makes them, and take no nonsense', async () => {
    const limited = await call('POST', '/v1/api-keys', { name: 'keys', kind: 'secret', scopes: ['api-keys:*', 'vouchers:read'] });
    const as = (body: object) =>
      api.send('/v1/api-keys', {
        method: 'POST',
        headers: { Authorization: `Bearer ${limited.body.token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await as({ name: 'a', kind: 'secret' })).status).toBe(403);
    expect((await as({ name: 'b', kind: 'secret', scopes: ['vouchers:*'] })).status).toBe(403);
    expect((await as({ name: 'c', kind: 'secret', scopes: ['vouchers:read'] })).status).toBe(200);
    expect(await call('POST', '/v1/api-keys', { name: '', kind: 'both', scopes: ['all'], origins: ['shop.example'] })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'name' }, { path: 'kind' }, { path: 'scopes[0]' }, { path: 'origins[0]' }] },
    });
  });

  test('can be changed and revoked', async () => {
    const made = await call('POST', '/v1/api-keys', { name: 'blog', kind: 'publishable' });
    const client = sdk(made.body.token);
    await expect(client.validate('TEN')).rejects.toMatchObject({ code: 403 });
    expect((await call('PUT', `/v1/api-keys/${made.body.id}`, { origins: [ORIGIN] })).body.origins).toEqual([ORIGIN]);
    await until('the origin counts', async () => (await client.validate('TEN').catch(() => null)) !== null);
    expect((await call('DELETE', `/v1/api-keys/${made.body.id}`)).status).toBe(204);
    expect((await call('DELETE', `/v1/api-keys/${made.body.id}`)).status).toBe(404);
  });
});

describe('OAuth client credentials', () => {
  const basic = (): string => `Basic ${Buffer.from(`${shop.appId}:${shop.secretKey}`).toString('base64')}`;
  const form = (path: string, fields: Record<string, string>, authorization = basic()) =>
    api.send(path, {
      method: 'POST',
      headers: { Authorization: authorization, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });
  const as = (token: string, path: string) => api.send(path, { headers: { Authorization: `Bearer ${token}` } });

  test('give a token of a quarter of an hour, with the scopes that were asked for', async () => {
    const { status, headers, body } = await form('/v1/oauth/token', {
      grant_type: 'client_credentials',
      scope: 'vouchers:read campaigns',
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        access_token: expect.stringMatching(/^at_/),
        token_type: 'Bearer',
        expires_in: 900,
        scope: 'vouchers:read campaigns:*',
      },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    const token = body.access_token as string;
    expect((await as(token, '/v1/vouchers/TEN')).status).toBe(200);
    expect((await as(token, '/v1/campaigns')).status).toBe(200);
    expect((await as(token, '/v1/customers')).status).toBe(403);
    expect((await form('/v1/oauth/token', { grant_type: 'client_credentials' }, `Bearer ${token}`)).status).toBe(403);
    expect((await form('/v1/oauth/token/introspect', { token })).body).toMatchObject({ active: true, client_id: shop.appId });
  });

  test('are asked for in the query too, and refused where something is wrong', async () => {
    const asked = await call('POST', '/v1/oauth/token?grant_type=client_credentials&scope=api');
    expect(asked.body).toMatchObject({ scope: '*:*' });
    expect((await form('/v1/oauth/token', {})).body.errors).toMatchObject([{ path: 'grant_type' }]);
    expect((await form('/v1/oauth/token', { grant_type: 'password' })).status).toBe(400);
    expect((await form('/v1/oauth/token', { grant_type: 'client_credentials' }, 'Basic bm9ib2R5Om5vdGhpbmc=')).status).toBe(401);
  });

  test('end, by themselves, by revocation and with their key', async () => {
    const real = now;
    const ask = async (authorization?: string): Promise<string> =>
      (await form('/v1/oauth/token', { grant_type: 'client_credentials' }, authorization)).body.access_token;
    now = () => new Date(Date.now() - 15 * 60_000 + 500);
    const old = await ask();
    now = real;
    await until('it has ended', async () => (await as(old, '/v1/vouchers/TEN')).status === 401);

    const { body: key } = await call('POST', '/v1/api-keys', { name: 'batch', kind: 'secret', scopes: ['vouchers:read'] });
    const [revoked, orphan] = [await ask(), await ask(`Bearer ${key.token}`)];
    expect([(await as(revoked, '/v1/vouchers/TEN')).status, (await as(orphan, '/v1/vouchers/TEN')).status]).toEqual([200, 200]);
    expect((await form('/v1/oauth/token/revoke', { token: revoked })).status).toBe(200);
    await call('DELETE', `/v1/api-keys/${key.id}`);
    const isOut = async (token: string) => (await as(token, '/v1/vouchers/TEN')).status === 401;
    await until('both are out', async () => (await isOut(revoked)) && (await isOut(orphan)), KEY_TTL_MS + 2_000);
    expect((await form('/v1/oauth/token/introspect', { token: revoked })).body).toEqual({ active: false });
  });
});
