import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVoucherStates } from '../../activities/checkout/voucher-states.ts';
import { createMetadataSchemas } from '../../api/catalogue/metadata-schemas.ts';
import { createCategoryRoutes } from '../../api/routes/categories.ts';
import { createCustomerWalletRoutes } from '../../api/routes/customer-wallet.ts';
import { createEventRoutes } from '../../api/routes/events.ts';
import { createMetadataSchemaRoutes } from '../../api/routes/metadata-schemas.ts';
import { createOrderRoutes } from '../../api/routes/orders.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let client: ReturnType<typeof VoucherifyServerSide>;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  const deps = { sql, now: () => new Date() };
  checkout = createCheckout(sql);
  await checkout.maintain();
  const metadata = createMetadataSchemas(deps);
  const routes = [
    ...checkoutRoutes(sql, checkout),
    ...createCustomerWalletRoutes(deps),
    ...createCategoryRoutes(deps),
    ...createMetadataSchemaRoutes({ ...deps, metadata }),
    ...createOrderRoutes({ ...deps, states: createVoucherStates() }),
    ...createEventRoutes(deps),
  ];
  api = await startApi(sql, { metadata, routes });
  const shop = await createProject(sql);
  call = api.as(shop);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

test('categories are made, sorted, renamed and deleted, as the SDK asks', async () => {
  const last = await client.categories.create({ name: 'last', hierarchy: 9 });
  const first = await client.categories.create({ name: 'first', hierarchy: 1 });
  expect(await client.categories.list()).toMatchObject({ data_ref: 'data', data: [{ name: 'first' }, { name: 'last' }], total: 2 });
  expect(await client.categories.get(first.id)).toEqual(first);
  expect(await client.categories.update(last.id, { name: 'later', hierarchy: 8 })).toMatchObject({ name: 'later', hierarchy: 8 });
  await expect(client.categories.update(last.id, { name: 'first', hierarchy: 8 })).rejects.toMatchObject({ key: 'duplicate_found' });
  await expect(client.categories.create({ name: 'first', hierarchy: 1 })).rejects.toMatchObject({ code: 409, key: 'duplicate_found' });
  await client.categories.delete(last.id);
  await expect(client.categories.get(last.id)).rejects.toMatchObject({ code: 404 });
});

test('metadata is held against its schemas wherever it is sent, and every wrong field is named', async () => {
  const schema = (related_object: string, properties: object, more: object = {}) =>
    call('POST', '/v1/metadata-schemas', { related_object, properties, ...more });
  expect((await schema('order', { channel: { type: 'string', eq: ['web', 'app'], optional: false } })).status).toBe(200);
  expect((await schema('order', {})).body.key).toBe('duplicate_found');
  await schema('customer', { tier: { type: 'number', gte: 1 } }, { allow_defined_only: true });
  await schema('order_item', { gift: { type: 'boolean' } });
  const order = { amount: 100, metadata: { channel: 'fax' }, items: [{ price: 100, metadata: { gift: 'yes' } }] };
  const customer = { source_id: 'schema-1', metadata: { tier: 0, more: 1 } };
  const wrong = await call('POST', '/v1/validations', { redeemables: [{ id: 'ANY' }], order, customer });
  expect(wrong).toMatchObject({ status: 400, body: { key: 'metadata_validation_failed' } });
  expect(wrong.body.errors.map((each: { path: string }) => each.path)).toEqual([
    'order.metadata.channel',
    'order.items[0].metadata.gift',
    'customer.metadata.tier',
    'customer.metadata.more',
  ]);
  expect((await call('POST', '/v1/orders', { amount: 100 })).body).toMatchObject({ errors: [{ path: 'metadata.channel' }] });
  expect((await call('POST', '/v1/customers', customer)).body.key).toBe('metadata_validation_failed');
  expect((await client.metadataSchemas.list()).schemas.map((each) => each.related_object)).toEqual(['order', 'customer', 'order_item']);
  const { id } = await client.metadataSchemas.get('order');
  expect((await call('PUT', `/v1/metadata-schemas/${id}`, { properties: { channel: { type: 'string' } } })).status).toBe(200);
  expect((await call('POST', '/v1/orders', { amount: 100 })).status).toBe(200);
  for (const each of (await client.metadataSchemas.list()).schemas) await call('DELETE', `/v1/metadata-schemas/${each.id}`);
  expect((await call('POST', '/v1/customers', customer)).status).toBe(200);
});

test('a customer sees what they hold and what happened, page by page, and is erased for good', async () => {
  await client.campaigns.create({
    name: 'Wallet',
    campaign_type: 'DISCOUNT_COUPONS',
    type: 'AUTO_UPDATE',
    voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'AMOUNT' as never, amount_off: 100 }, redemption: { quantity: 1 } },
  } as never);
  const publish = () => call('POST', '/v1/publications', { campaign: { name: 'Wallet' }, customer: { source_id: 'holder', name: 'Ada' } });
  await publish();
  await publish();
  const { body: customer } = await call('GET', '/v1/customers/holder');
  const wallet = await client.customers.listRedeemables('holder', { limit: 1, order: 'created_at' });
  expect(wallet).toMatchObject({
    total: 2,
    has_more: true,
    data: [{ voucher_type: 'DISCOUNT_VOUCHER', holder_role: 'OWNER', redeemable: { status: 'ACTIVE' } }],
  });
  const rest = await client.customers.listRedeemables('holder', {
    limit: 1,
    order: 'created_at',
    starting_after_id: wallet.more_starting_after!,
  });
  expect(rest).toMatchObject({ has_more: false, data: [{}] });
  const code = wallet.data[0]!.redeemable.voucher!.code;
  const redeemed = await call('POST', '/v1/redemptions', {
    redeemables: [{ object: 'voucher', id: code }],
    customer: { source_id: 'holder' },
    order: { source_id: 'erase-1', amount: 1000, metadata: { note: 'private' } },
  });
  expect(redeemed.status).toBe(200);
  expect((await client.customers.listRedeemables('holder', { order: 'created_at' })).data[0]!.redeemable.status).toBe('USED');
  const activity = await client.customers.listActivity('holder', { limit: 2 });
  expect(activity).toMatchObject({ has_more: true, data: [{ category: 'EFFECT' }, {}] });
  expect((await client.customers.listActivity('holder', { limit: 100, type: 'redemption.succeeded' })).data).toHaveLength(1);
  expect((await client.customers.listActivities('holder', {})).total).toBeGreaterThan(3);

  expect(await client.customers.deletePermanently('holder')).toMatchObject({
    object: 'pernament_deletion',
    status: 'DONE',
    data_json: { orders: 1, customer: 1 },
  });
  expect((await call('GET', '/v1/customers/holder')).status).toBe(404);
  const left = await database.sql<{ text: string }[]>`
    select data::text as text from event where customer_id = ${customer.id as string}
    union all select "order"::text from redemption where customer_id = ${customer.id as string} and "order" is not null`;
  expect(left).toHaveLength(1);
  expect(left[0]!.text).not.toContain('Ada');
});
