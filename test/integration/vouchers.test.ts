import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  api = await startApi(database.sql);
  shop = await createProject(database.sql);
  call = api.as(shop);
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

const tenPercent = { discount: { type: 'PERCENT', percent_off: 10 } };
const eventsOf = async (type: string, id: string) => database.sql<{ type: string }[]>`
  select type from event where project_id = ${shop.project.id} and type = ${type} and data->'voucher'->>'id' = ${id}`;

describe('a voucher', () => {
  test('is made from the compact form as it stands, with the code that its pattern is', async () => {
    const made = await call('POST', '/v1/vouchers', {
      category: 'New Customers',
      type: 'DISCOUNT_VOUCHER',
      discount: { percent_off: 10.0, type: 'PERCENT' },
      start_date: '2026-01-01T00:00:00Z',
      expiration_date: '2036-12-31T23:59:59Z',
      redemption: { quantity: 1 },
      code_config: { pattern: 'NEW123' },
    });
    expect(made).toMatchObject({
      status: 200,
      body: {
        object: 'voucher',
        code: 'NEW123',
        category: 'New Customers',
        type: 'DISCOUNT_VOUCHER',
        discount: { type: 'PERCENT', percent_off: 10, effect: 'APPLY_TO_ORDER' },
        start_date: '2026-01-01T00:00:00.000Z',
        active: true,
        redemption: { quantity: 1, redeemed_quantity: 0 },
      },
    });
    expect(await eventsOf('voucher.created', made.body.id)).toHaveLength(1);
    expect((await call('GET', '/v1/vouchers/new123')).body).toEqual(made.body);
  });

  test('has a code that nobody else has, however the letters are written', async () => {
    await call('POST', '/v1/vouchers/SPRING', tenPercent);
    const again = await call('POST', '/v1/vouchers/spring', tenPercent);
    expect(again).toMatchObject({ status: 409, body: { key: 'duplicate_found', resource_id: 'spring', resource_type: 'voucher' } });
  });

  test('gets a random code where none is asked for, with or without a slash at the end', async () => {
    const codes = await Promise.all([call('POST', '/v1/vouchers', tenPercent), call('POST', '/v1/vouchers/', tenPercent)]);
    for (const { status, body } of codes) {
      expect(status).toBe(200);
      expect(body.code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    }
    expect(codes[0].body.code).not.toBe(codes[1].body.code);
  });

  test('takes codes with characters that a path must escape', async () => {
    const code = '50% off/you & me? #1';
    expect((await call('POST', `/v1/vouchers/${encodeURIComponent(code)}`, tenPercent)).body.code).toBe(code);
    expect((await call('GET', `/v1/vouchers/${encodeURIComponent(code)}`)).body.code).toBe(code);
  });

  test('is changed field by field, with a revision for each change', async () => {
    const made = await call('POST', '/v1/vouchers/CHANGE-ME', { ...tenPercent, category: 'a', metadata: { a: 1 } });
    expect(made.body.revision).toBe(1);
    const changed = await call('PUT', '/v1/vouchers/CHANGE-ME', {
      category: null,
      expiration_date: '2030-01-01',
      redemption: { quantity: 5 },
    });
    expect(changed.body).toMatchObject({
      category: null,
      expiration_date: '2030-01-01T00:00:00.000Z',
      redemption: { quantity: 5 },
      metadata: { a: 1 },
      revision: 2,
    });
    expect(await eventsOf('voucher.updated', made.body.id)).toHaveLength(1);
  });

  test('keeps at least the quantity that is redeemed', async () => {
    await call('POST', '/v1/vouchers/USED-TWICE', { ...tenPercent, redemption: { quantity: 3 } });
    await database.sql`update voucher set redeemed_quantity = 2 where project_id = ${shop.project.id} and code = 'USED-TWICE'`;
    const refused = await call('PUT', '/v1/vouchers/USED-TWICE', { redemption: { quantity: 1 } });
    expect(refused).toMatchObject({ status: 400, body: { key: 'invalid_payload', errors: [{ path: 'redemption.quantity' }] } });
    expect((await call('PUT', '/v1/vouchers/USED-TWICE', { redemption: { quantity: 2 } })).status).toBe(200);
  });

  test('cannot be changed to end before it starts', async () => {
    await call('POST', '/v1/vouchers/WINDOW', { ...tenPercent, start_date: '2027-01-01' });
    const refused = await call('PUT', '/v1/vouchers/WINDOW', { expiration_date: '2026-01-01' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'expiration_date', message: 'must be after start_date' }] } });
  });

  test('is disabled and enabled', async () => {
    const made = await call('POST', '/v1/vouchers/SWITCH', tenPercent);
    expect((await call('POST', '/v1/vouchers/SWITCH/disable', {})).body.active).toBe(false);
    expect((await call('POST', '/v1/vouchers/SWITCH/enable', {})).body.active).toBe(true);
    expect(await eventsOf('voucher.disabled', made.body.id)).toHaveLength(1);
    expect(await eventsOf('voucher.enabled', made.body.id)).toHaveLength(1);
  });

  test('is gone when it was deleted', async () => {
    const made = await call('POST', '/v1/vouchers/GONE', tenPercent);
    const deleted = await call('DELETE', '/v1/vouchers/GONE?force=true');
    expect(deleted.status).toBe(204);
    expect(await call('GET', '/v1/vouchers/GONE')).toMatchObject({ status: 404, body: { key: 'not_found', resource_id: 'GONE' } });
    expect(await eventsOf('voucher.deleted', made.body.id)).toHaveLength(1);
  });

  test('belongs to its project alone', async () => {
    await call('POST', '/v1/vouchers/MINE', tenPercent);
    const other = api.as(await createProject(database.sql));
    expect((await other('GET', '/v1/vouchers/MINE')).status).toBe(404);
    expect((await other('POST', '/v1/vouchers/MINE', tenPercent)).status).toBe(200);
  });
});

describe('the same key again', () => {
  test('gives the same voucher, and five at once make one', async () => {
    const key = { 'Idempotency-Key': 'order-4711' };
    const replies = await Promise.all(Array.from({ length: 5 }, () => call('POST', '/v1/vouchers', tenPercent, key)));
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]));
    expect(new Set(replies.map((reply) => reply.body.code)).size).toBe(1);
  });

  test('for another body is refused', async () => {
    const key = { 'Idempotency-Key': 'order-4712' };
    await call('POST', '/v1/vouchers', tenPercent, key);
    const other = await call('POST', '/v1/vouchers', { ...tenPercent, category: 'other' }, key);
    expect(other).toMatchObject({ status: 422, body: { key: 'idempotency_key_reused' } });
  });
});

describe('the list of vouchers', () => {
  test('is filtered by campaign, code, holder and active, and pages by cursor without gaps', async () => {
    const seller = await createProject(database.sql);
    const sell = api.as(seller);
    const campaign = await sell('POST', '/v1/campaigns', { name: 'Paged', type: 'STATIC', voucher: tenPercent, vouchers_count: 25 });
    await sell('POST', '/v1/vouchers/ALONE', { ...tenPercent, active: false });

    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 10; pages += 1) {
      const { body } = await sell('GET', `/v1/vouchers?campaign=Paged&limit=10&order=created_at${cursor}`);
      expect(body).toMatchObject({ object: 'list', total: 25, data_ref: 'vouchers' });
      seen.push(...body.vouchers.map((voucher: { code: string }) => voucher.code));
      if (!body.has_more) break;
      cursor = `&starting_after=${body.vouchers.at(-1).id}`;
    }
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);

    expect((await sell('GET', `/v1/vouchers?campaign=${campaign.body.id}&page=3`)).body.vouchers).toHaveLength(5);
    expect((await sell('GET', '/v1/vouchers?active=false')).body.vouchers).toMatchObject([{ code: 'ALONE' }]);
    expect((await sell('GET', '/v1/vouchers?code=alone')).body.total).toBe(1);
    const filtered = await sell(
      'GET',
      `/v1/vouchers?filters[junction]=AND&filters[code][conditions][$in][0]=ALONE&filters[code][conditions][$in][1]=${seen[0]}`,
    );
    expect(filtered.body.total).toBe(2);
    expect((await sell('GET', '/v1/vouchers?customer=nobody')).body.total).toBe(0);
    expect((await sell('GET', '/v1/vouchers?order=code&limit=100')).body.vouchers.map((v: { code: string }) => v.code)).toEqual(
      [...seen, 'ALONE'].sort(),
    );
    expect((await sell('GET', `/v1/vouchers?created_at[after]=2099-01-01`)).body.total).toBe(0);
  });
});
