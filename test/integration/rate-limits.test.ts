import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRateLimitRoutes } from '../../api/routes/rate-limits.ts';
import { createApiKey } from '../../db/project/api-keys.ts';
import { DEFAULT_RATE_LIMITS } from '../../domain/rate-limit.ts';
import { startApi, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, createVoucher, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';
import { until } from '../harness/relay.ts';

const rateLimits = {
  ...DEFAULT_RATE_LIMITS,
  key_requests: 40,
  project_requests: 60,
  key_failures: 12,
  address_failures: 3,
  customer_failures: 4,
};

let database: TestDatabase;
let checkout: TestCheckout;
let api: TestApi;
/** Another process of the API: it shares nothing but the database. */
let other: TestApi;
let shop: TestProject;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  checkout = createCheckout(sql);
  await checkout.maintain();
  const routes = [...checkoutRoutes(sql, checkout), ...createRateLimitRoutes({ sql, now: () => new Date(), rateLimits })];
  const deps = { routes, rateLimits, trustedProxies: ['127.0.0.1'] };
  [api, other] = [await startApi(sql, deps), await startApi(sql, deps)];
});

afterAll(async () => {
  await api.stop();
  await other.stop();
  await checkout.traces.close();
  await database.drop();
});

const newShop = async (): Promise<TestProject> => {
  shop = await createProject(database.sql);
  await createVoucher(database.sql, shop.project, 'REAL');
  return shop;
};

const refused = {
  'x-rate-limit-remaining': '0',
  'x-rate-limit-retry': expect.stringMatching(/^[1-9]\d*$/),
  'retry-after': expect.stringMatching(/^[1-9]\d*$/),
};

const headersOf = (reply: { headers: Headers }) => Object.fromEntries(reply.headers);

describe('requests', () => {
  test('say how many are left, and are refused when the key has used its share', async () => {
    const call = api.as(await newShop());
    const first = await call('GET', '/v1/vouchers/REAL');
    expect(headersOf(first)).toMatchObject({ 'x-rate-limit-limit': '40', 'x-rate-limit-remaining': '39' });
    const replies = await Promise.all(Array.from({ length: 60 }, () => call('GET', '/v1/vouchers/REAL')));
    const passed = replies.filter(({ status }) => status === 200);
    // Some pass that the minute has filled up again meanwhile.
    expect(passed.length).toBeGreaterThanOrEqual(39);
    expect(passed.length).toBeLessThan(45);
    const late = replies.find(({ status }) => status === 429)!;
    expect(late.body).toMatchObject({ code: 429, key: 'too_many_requests' });
    expect(headersOf(late)).toMatchObject({ ...refused, 'x-rate-limit-limit': '40', 'x-rate-limit-type': 'key_requests' });
  });

  test('of two keys share what the project has', async () => {
    const { project, appId, secretKey } = await newShop();
    const { token } = await createApiKey(database.sql, { projectId: project.id, name: 'second', kind: 'secret' });
    const ask = (key: string) => api.send('/v1/vouchers/REAL', { headers: { 'X-App-Id': appId, 'X-App-Token': key } });
    const replies = [];
    for (let turn = 0; turn < 40; turn += 1) replies.push(await ask(secretKey), await ask(token));
    const types = replies.filter(({ status }) => status === 429).map((reply) => reply.headers.get('x-rate-limit-type'));
    expect(new Set(types)).toEqual(new Set(['project_requests']));
  });

  test('go by limits that the project sets for itself', async () => {
    const call = api.as(await newShop());
    expect((await call('GET', '/v1/rate-limits')).body).toEqual({ object: 'rate_limits', ...rateLimits });
    const set = await call('PUT', '/v1/rate-limits', { key_requests: 0, project_requests: 0 });
    expect(set).toMatchObject({ status: 200, body: { key_requests: 0, key_failures: 12 } });
    await until('it counts', async () => !(await call('GET', '/v1/vouchers/REAL')).headers.has('x-rate-limit-limit'));
    const replies = await Promise.all(Array.from({ length: 100 }, () => call('GET', '/v1/vouchers/REAL')));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    const back = await call('PUT', '/v1/rate-limits', { key_requests: null });
    expect(back.body).toMatchObject({ key_requests: 40, project_requests: 0 });
    expect(await call('PUT', '/v1/rate-limits', { key_requests: -1, other: 1 })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'key_requests' }, { path: 'other' }] },
    });
  });
});

describe('two processes', () => {
  test('let through together what a key has, and two more at most', async () => {
    await newShop();
    const since = performance.now();
    const replies = await Promise.all(
      Array.from({ length: 120 }, (_, turn) => (turn % 2 === 0 ? api : other).as(shop)('GET', '/v1/vouchers/REAL')),
    );
    const passed = replies.filter(({ status }) => status === 200).length;
    const refilled = Math.ceil(((performance.now() - since) / 60_000) * 40);
    expect(passed).toBeGreaterThanOrEqual(40);
    expect(passed).toBeLessThanOrEqual(40 + 2 + refilled);
  });

  test('count together what somebody guesses, and refuse both', async () => {
    await newShop();
    const guess = (at: TestApi, turn: number) =>
      at.as(shop)('POST', '/v1/validations', {
        redeemables: [{ object: 'voucher', id: `NO-${turn}` }],
        customer: { source_id: 'mallory' },
      });
    const since = performance.now();
    const replies: { at: TestApi; status: number }[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      const at = turn % 2 === 0 ? api : other;
      replies.push({ at, status: (await guess(at, turn)).status });
    }
    const refilled = Math.floor(((performance.now() - since) / 60_000) * 4);
    expect(replies.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(4 + 1 + refilled);
    expect(new Set(replies.filter(({ status }) => status === 429).map(({ at }) => at.url))).toEqual(new Set([api.url, other.url]));
  });
});

describe('who guesses codes', () => {
  const guess = (call: ReturnType<TestApi['as']>, code: string, customer?: string) =>
    call('POST', '/v1/validations', {
      redeemables: [{ object: 'voucher', id: code }],
      ...(customer && { customer: { source_id: customer } }),
    });

  test('has to wait: the customer first, whatever is asked; others go on', async () => {
    const call = api.as(await newShop());
    for (let turn = 0; turn < 4; turn += 1) expect((await guess(call, `GUESS-${turn}`, 'mallory')).status).toBe(200);
    const late = await guess(call, 'REAL', 'mallory');
    expect(late).toMatchObject({ status: 429, body: { key: 'too_many_requests' } });
    expect(headersOf(late)).toMatchObject({ ...refused, 'x-rate-limit-type': 'customer_failures' });
    const redemption = { customer: { source_id: 'mallory' } };
    expect((await call('POST', '/v1/vouchers/REAL/redemption', redemption)).status).toBe(429);
    expect((await guess(call, 'REAL', 'alice')).body).toMatchObject({ valid: true });
  });

  test('has to wait: then the key, by redemptions and by the older calls too', async () => {
    const call = api.as(await newShop());
    for (let turn = 0; turn < 6; turn += 1) {
      expect((await call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: `NO-${turn}` }] })).status).toBe(404);
      expect((await call('POST', `/v1/vouchers/NO-${turn}/validate`, {})).body).toMatchObject({ valid: false });
    }
    const late = await guess(call, 'REAL');
    expect(late.status).toBe(429);
    expect(late.headers.get('x-rate-limit-type')).toBe('key_failures');
    expect((await call('GET', '/v1/vouchers/REAL')).status).toBe(200);
  });

  test('has to wait in a browser by the address that our proxy saw, where every code that is refused counts', async () => {
    const { appId, publishableKey, project } = await newShop();
    await createVoucher(database.sql, project, 'OFF', { active: false });
    const ask = (address: string, code: string) =>
      api.send('/client/v1/validations', {
        method: 'POST',
        headers: {
          Origin: 'https://shop.example',
          'X-Client-Application-Id': appId,
          'X-Client-Token': publishableKey,
          'X-Forwarded-For': `203.0.113.99, ${address}`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({ redeemables: [{ object: 'voucher', id: code }] }),
      });
    for (let turn = 0; turn < 3; turn += 1) expect((await ask('2001:db8::1', 'OFF')).status).toBe(200);
    // The same /64.
    const late = await ask('2001:db8::2', 'REAL');
    expect(late.status).toBe(429);
    expect(late.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(late.headers.get('x-rate-limit-type')).toBe('address_failures');
    expect((await ask('2001:db8:0:1::1', 'REAL')).body).toMatchObject({ valid: true });
    expect((await ask('198.51.100.7', 'REAL')).body).toMatchObject({ valid: true });
  });
});
