import { VoucherifyServerSide } from '@voucherify/sdk';
import { parse } from 'csv-parse/sync';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDownloadRouter } from '../../api/routes/downloads.ts';
import { createExportRoutes } from '../../api/routes/exports.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { workOn } from '../harness/bulk.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

let database: TestDatabase;
let checkout: TestCheckout;
let api: TestApi;
let shop: TestProject;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;
let now = () => new Date();

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  checkout = createCheckout(sql);
  const deps = { sql, now: () => now(), downloads: { publicUrl: '', key: randomBytes(32) } };
  api = await startApi(sql, {
    routes: [...checkoutRoutes(sql, checkout), ...createExportRoutes(deps)],
    routers: [createDownloadRouter(deps)],
  });
  shop = await createProject(sql);
  call = api.as(shop);
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

type Row = Record<string, string>;

/** Asks for an export and does its work. @returns the file */
const exported = async (object: string, parameters?: object, batch?: number): Promise<string> => {
  const asked = await call('POST', '/v1/exports', { exported_object: object, parameters });
  expect(asked).toMatchObject({ status: 200, body: { object: 'export', status: 'SCHEDULED', result: null } });
  await workOn(database.sql, asked.body.id, batch);
  const done = await call('GET', `/v1/exports/${asked.body.id}`);
  expect(done.body).toMatchObject({ status: 'DONE', exported_object: object });
  const file = await fetch(api.url + done.body.result.url);
  expect(file.headers.get('content-disposition')).toContain(`attachment; filename="${object}-`);
  return file.text();
};

const rowsOf = (file: string): Row[] => parse(file, { columns: true });

test('vouchers come in pieces, one after the other, and an import takes the file back', async () => {
  await call('POST', '/v1/campaigns', {
    name: 'Spring',
    type: 'STATIC',
    vouchers_count: 40,
    voucher: { discount: { type: 'PERCENT', percent_off: 20 }, redemption: { quantity: 1 }, code_config: { pattern: 'SP-#########' } },
  });
  await call('POST', '/v1/vouchers/OWN-1', {
    discount: { type: 'AMOUNT', amount_off: 500 },
    category: '=SUM(A1)',
    redemption: { quantity: 3 },
    start_date: '2026-01-01',
    metadata: { note: 'a "b", c\r\nd' },
  });
  const file = await exported('voucher', undefined, 16);
  const rows = rowsOf(file);
  expect(rows).toHaveLength(41);
  expect(new Set(rows.map((row) => row['code'])).size).toBe(41);
  const own = rows.find((row) => row['code'] === 'OWN-1');
  expect(own).toMatchObject({
    value: '500',
    discount_type: 'AMOUNT',
    category: "'=SUM(A1)",
    redemption_quantity: '3',
    active: 'true',
    campaign: '',
  });

  await call('DELETE', '/v1/vouchers/OWN-1');
  const { body } = await api.send('/v1/vouchers/importCSV', {
    method: 'POST',
    headers: { 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey, 'Content-Type': 'text/csv' },
    body: file,
  });
  await workOn(database.sql, body.async_action_id);
  expect((await call('GET', `/v1/async-actions/${body.async_action_id}`)).body.result).toEqual({ done_count: 1, failed_count: 40 });
  expect((await call('GET', '/v1/vouchers/OWN-1')).body).toMatchObject({
    discount: { amount_off: 500 },
    category: '=SUM(A1)',
    redemption: { quantity: 3 },
    start_date: '2026-01-01T00:00:00.000Z',
    metadata: { note: 'a "b", c\r\nd' },
  });
});

test('fields, filters and an order are as asked for, over several pieces too', async () => {
  const file = await exported(
    'voucher',
    {
      fields: ['code', 'campaign', 'metadata.note'],
      order: '-code',
      filters: { junction: 'OR', campaign: { conditions: { $is: ['Spring'] } }, code: { conditions: { $starts_with: ['OWN'] } } },
    },
    1,
  );
  const rows = rowsOf(file);
  expect(rows).toHaveLength(41);
  expect(Object.keys(rows[0]!)).toEqual(['code', 'campaign', 'metadata.note']);
  const codes = rows.map((row) => row['code']!);
  expect(codes).toEqual(codes.toSorted().toReversed());
  expect(rowsOf(await exported('voucher', { filters: { category: { conditions: { $in: ['=SUM(A1)'] } } } }))).toHaveLength(1);
  expect(await exported('voucher', { fields: ['code'], filters: { code: { conditions: { $is: 'NOTHING' } } } })).toBe('code\r\n');
  expect(
    await call('POST', '/v1/exports', {
      exported_object: 'voucher',
      parameters: { fields: ['code', 'price'], order: 'x', filters: { y: 1 } },
    }),
  ).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'parameters.fields[1]' }, { path: 'parameters.order' }, { path: 'parameters.filters.y' }] },
  });
});

test('redemptions, publications, customers and orders are exported too', async () => {
  const customer = { source_id: 'ada', name: 'Ada', email: 'ada@example.com', address: { city: 'Bern' } };
  await call('POST', '/v1/publications', { campaign: { name: 'Spring' }, customer });
  const order = { id: 'order-1', amount: 2_000 };
  expect((await call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: 'OWN-1' }], customer, order })).status).toBe(200);
  await call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: 'NOTHING' }], customer });
  const redemptions = rowsOf(await exported('redemption'));
  expect(redemptions).toMatchObject([
    { voucher_code: 'OWN-1', customer_source_id: 'ada', discount_amount: '500', order_amount: '2000', result: 'SUCCESS' },
    { voucher_code: 'NOTHING', result: 'FAILURE', failure_code: 'not_found' },
  ]);
  expect(rowsOf(await exported('publication'))).toMatchObject([{ customer_source_id: 'ada', campaign: 'Spring', result: 'SUCCESS' }]);
  const fields = ['source_id', 'address_city', 'redemptions_total_succeeded', 'redemptions_total_failed', 'orders_total_count'];
  expect(rowsOf(await exported('customer', { fields }))).toMatchObject([
    { source_id: 'ada', address_city: 'Bern', redemptions_total_succeeded: '1', redemptions_total_failed: '1' },
  ]);
  const orders = rowsOf(await exported('order'));
  expect(orders).toMatchObject([{ id: 'order-1', amount: '2000', total_discount_amount: '500', total_amount: '1500' }]);
});

describe('a file', () => {
  test('is had by its link alone, and for an hour', async () => {
    const asked = await call('POST', '/v1/exports', { exported_object: 'customer' });
    const { id } = asked.body;
    await workOn(database.sql, id);
    const { url } = (await call('GET', `/v1/exports/${id}`)).body.result as { url: string };
    const status = async (link: string): Promise<number> => (await fetch(api.url + link)).status;
    expect(await status(url)).toBe(200);
    expect(await status(url.slice(0, -2))).toBe(404);
    expect(await status(url.replace(/aa_\w+/, 'aa_other'))).toBe(404);
    expect(await status(`/downloads/${id}`)).toBe(404);
    const real = now;
    now = () => new Date(Date.now() + 3_600_001);
    expect(await status(url)).toBe(404);
    now = real;
    expect(await status(url)).toBe(200);
    expect((await call('DELETE', `/v1/exports/${id}`)).status).toBe(204);
    expect(await status(url)).toBe(404);
    expect((await call('GET', `/v1/exports/${id}`)).status).toBe(404);
  });

  test('is asked for, listed and deleted by the official SDK', async () => {
    const client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
    const made = await client.distributions.exports.create({
      exported_object: 'voucher',
      parameters: { order: '-created_at', fields: ['code'] },
    });
    expect(await client.distributions.exports.get(made.id)).toMatchObject({
      id: made.id,
      status: 'SCHEDULED',
      parameters: { fields: ['code'] },
    });
    expect(await client.distributions.exports.list({ limit: 1, page: 1, order: '-created_at' })).toMatchObject({
      data_ref: 'exports',
      exports: [{ id: made.id }],
    });
    await client.distributions.exports.delete(made.id);
    await expect(client.distributions.exports.get(made.id)).rejects.toMatchObject({ code: 404 });
  });
});

test("the account of a gift card comes with the SDK's call, and of no other card", async () => {
  for (const code of ['CARD-1', 'CARD-2']) {
    await call('POST', `/v1/vouchers/${code}`, { type: 'GIFT_VOUCHER', gift: { amount: 1_000 } });
    await call('POST', `/v1/vouchers/${code}/balance`, { amount: 500, source_id: `top-up ${code}` });
  }
  await call('POST', '/v1/redemptions', { redeemables: [{ id: 'CARD-1', gift: { credits: 300 } }], order: { amount: 900 } });
  const client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
  const asked = await client.vouchers.exportTransactions('CARD-1', { parameters: { fields: ['type', 'amount', 'balance', 'source_id'] } });
  expect(asked).toMatchObject({ object: 'export', exported_object: 'voucher_transactions', status: 'SCHEDULED' });
  await workOn(database.sql, asked.id);
  const { result } = (await call('GET', `/v1/exports/${asked.id}`)).body;
  expect(rowsOf(await (await fetch(api.url + result.url)).text())).toEqual([
    { type: 'CREDITS_ADDITION', amount: '500', balance: '1500', source_id: 'top-up CARD-1' },
    { type: 'CREDITS_REDEMPTION', amount: '-300', balance: '1200', source_id: '' },
  ]);
  expect((await call('POST', '/v1/vouchers/NOWHERE/transactions/export', {})).status).toBe(404);
});
