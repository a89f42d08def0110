import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type TestApi } from '../harness/api.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

/** The official SDK as a shop uses it: nothing is changed but its apiUrl. */
let database: TestDatabase;
let api: TestApi;
let client: ReturnType<typeof VoucherifyServerSide>;

beforeAll(async () => {
  database = await createDatabase();
  api = await startApi(database.sql);
  const shop = await createProject(database.sql);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

const percentOff = (percent: number) => ({ type: 'PERCENT' as never, percent_off: percent });
const amountOff = (amount: number) => ({ type: 'AMOUNT' as never, amount_off: amount });

describe('customers', () => {
  test('are created, read, updated and deleted', async () => {
    const made = await client.customers.create({ source_id: 'sdk-1', name: 'Ada', email: 'ada@example.com', metadata: { tier: 1 } });
    expect(made).toMatchObject({ object: 'customer', source_id: 'sdk-1', name: 'Ada' });
    expect(await client.customers.get('sdk-1')).toEqual(made);
    expect(await client.customers.update({ source_id: 'sdk-1', name: 'Ada L.' })).toMatchObject({
      name: 'Ada L.',
      email: 'ada@example.com',
    });
    const id = 'id' in made ? made.id : '';
    expect(await client.customers.update({ id, phone: '+49' })).toMatchObject({ name: 'Ada L.', phone: '+49' });
    await client.customers.delete(id);
    await expect(client.customers.get(id)).rejects.toMatchObject({ code: 404, key: 'resource_not_found' });
  });

  test('are listed and scrolled through without losing one', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, n) => client.customers.create({ source_id: `scroll-${n}` })));
    const page = await client.customers.list({ limit: 10, order: 'created_at' });
    expect(page).toMatchObject({ object: 'list', data_ref: 'customers', has_more: true });
    expect(page.customers).toHaveLength(10);
    const seen = new Set<string>();
    const everybody = client.customers.scroll({ limit: 7, order: '-created_at' }) as AsyncIterable<{ id: string }>;
    for await (const customer of everybody) seen.add(customer.id);
    expect(seen.size).toBe(25);
  });
});

describe('vouchers', () => {
  test('are created with a code, or without one', async () => {
    const named = await client.vouchers.create({
      code: 'SDK-10',
      type: 'DISCOUNT_VOUCHER',
      discount: percentOff(10),
      redemption: { quantity: 1 },
    });
    expect(named).toMatchObject({ object: 'voucher', code: 'SDK-10', active: true, discount: { percent_off: 10 } });
    const random = await client.vouchers.create({ discount: amountOff(500), code_config: { pattern: 'SDK-####', suffix: '-X' } });
    expect(random.code).toMatch(/^SDK-.{4}-X$/);
    await expect(client.vouchers.create({ code: 'SDK-10', discount: percentOff(10) })).rejects.toMatchObject({
      code: 409,
      key: 'duplicate_found',
    });
  });

  test('are read, updated, listed, disabled, enabled and deleted', async () => {
    await client.vouchers.create({ code: 'SDK-20', discount: percentOff(20), category: 'spring' });
    expect(await client.vouchers.update({ code: 'SDK-20', category: 'summer', metadata: { a: 1 } })).toMatchObject({
      category: 'summer',
      metadata: { a: 1 },
    });
    expect(await client.vouchers.list({ category: 'summer', order: 'code' })).toMatchObject({ total: 1, vouchers: [{ code: 'SDK-20' }] });
    const filters = { junction: 'AND', code: { conditions: { $in: ['SDK-20', 'nothing'] } } };
    expect(await client.vouchers.list({ filters, created_at: { after: '2020-01-01' } })).toMatchObject({ total: 1 });
    expect(await client.vouchers.disable('SDK-20')).toMatchObject({ active: false });
    expect(await client.vouchers.enable('SDK-20')).toMatchObject({ active: true });
    await client.vouchers.delete('SDK-20', { force: true });
    await expect(client.vouchers.get('SDK-20')).rejects.toMatchObject({ code: 404, key: 'resource_not_found', resource_id: 'SDK-20' });
  });
});

describe('campaigns', () => {
  test('are created, read, updated, listed and deleted, and give vouchers', async () => {
    const made = await client.campaigns.create({
      name: 'SDK campaign',
      campaign_type: 'DISCOUNT_COUPONS',
      type: 'AUTO_UPDATE',
      voucher: {
        type: 'DISCOUNT_VOUCHER',
        discount: percentOff(15),
        redemption: { quantity: 1 },
        code_config: { prefix: 'C-', length: 8 },
      },
      vouchers_count: 2,
      expiration_date: '2036-01-01T00:00:00Z',
    });
    expect(made).toMatchObject({ object: 'campaign', vouchers_count: 2, active: true });
    expect(await client.campaigns.get('SDK campaign')).toMatchObject({ id: made.id });
    expect(await client.campaigns.update(made.id, { description: 'for the fair' } as never)).toMatchObject({ description: 'for the fair' });
    expect(await client.campaigns.addVoucher('SDK campaign', {}, { vouchers_count: 1 })).toMatchObject({
      object: 'voucher',
      campaign: 'SDK campaign',
      code: expect.stringMatching(/^C-.{8}$/),
    });
    expect(await client.campaigns.addVoucher(made.id, {}, { vouchers_count: 5 })).toMatchObject({ total: 5 });
    expect(await client.campaigns.addCertainVoucher('SDK campaign', 'SDK-VIP')).toMatchObject({ code: 'SDK-VIP' });
    expect(await client.campaigns.list({ limit: 5 })).toMatchObject({ total: 1, campaigns: [{ id: made.id }] });
    await client.campaigns.disable(made.id);
    await client.campaigns.enable(made.id);
    await client.campaigns.delete('SDK campaign', { force: true });
    await expect(client.campaigns.get(made.id)).rejects.toMatchObject({ code: 404 });
  });
});

test('an error comes with its key, and with every field that is wrong', async () => {
  const refused = client.vouchers.create({
    code: 'BAD',
    discount: percentOff(200),
    start_date: '2027-01-01',
    expiration_date: '2026-01-01',
  });
  await expect(refused).rejects.toMatchObject({ code: 400, key: 'invalid_payload', request_id: expect.stringMatching(/^req_/) });
});
