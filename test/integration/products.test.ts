import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createVoucherStates } from '../../activities/checkout/voucher-states.ts';
import { createOrderRoutes } from '../../api/routes/orders.ts';
import { workOn } from '../harness/bulk.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

let database: TestDatabase;
let checkout: TestCheckout;
let api: TestApi;
let shop: TestProject;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  checkout = createCheckout(database.sql);
  await checkout.maintain();
  const orders = createOrderRoutes({ sql: database.sql, states: createVoucherStates(), now: () => new Date() });
  api = await startApi(database.sql, { routes: [...checkoutRoutes(database.sql, checkout), ...orders] });
  shop = await createProject(database.sql, { currency: 'EUR' });
  call = api.as(shop);
});

afterAll(async () => {
  await checkout.traces.close();
  await api.stop();
  await database.drop();
});

const ok = async (method: string, path: string, body?: unknown): Promise<Reply['body']> => {
  const reply = await call(method, path, body);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body;
};

describe('the catalogue', () => {
  test('a product and its SKUs are made, read, changed and deleted as the SDK does it', async () => {
    const product = await ok('POST', '/v1/products', {
      name: 'Shirt',
      source_id: 'shirt',
      price: 2000,
      attributes: ['size'],
      metadata: { brand: 'Acme' },
    });
    expect(product).toMatchObject({
      id: expect.stringMatching(/^prod_/),
      source_id: 'shirt',
      price: 2000,
      attributes: ['size'],
      object: 'product',
    });
    const again = await ok('POST', '/v1/products', { source_id: 'shirt', price: 2100 });
    expect(again).toMatchObject({ id: product.id, name: 'Shirt', price: 2100, metadata: { brand: 'Acme' } });
    const renamed = await ok('PUT', '/v1/products/shirt', { name: 'Fine shirt', price: null });
    expect(renamed).toMatchObject({ id: product.id, name: 'Fine shirt', price: null });

    const sku = await ok('POST', `/v1/products/${product.id}/skus`, {
      sku: 'Shirt L',
      source_id: 'shirt-l',
      price: 2200,
      attributes: { size: 'L' },
      currency: 'EUR',
    });
    expect(sku).toMatchObject({
      id: expect.stringMatching(/^sku_/),
      product_id: product.id,
      sku: 'Shirt L',
      attributes: { size: 'L' },
      object: 'sku',
    });
    expect(await ok('GET', `/v1/skus/${sku.id}`)).toEqual(sku);
    expect(await ok('GET', `/v1/products/shirt/skus/shirt-l`)).toEqual(sku);
    expect(await ok('PUT', `/v1/products/${product.id}/skus/${sku.id}`, { price: 2300 })).toMatchObject({ price: 2300, sku: 'Shirt L' });
    expect(await ok('GET', `/v1/products/${product.id}/skus`)).toMatchObject({ total: 1, skus: [{ id: sku.id }] });
    expect(await ok('GET', `/v1/products/${product.id}`)).toMatchObject({ skus: { total: 1, data: [{ id: sku.id }] } });
    expect(await ok('GET', '/v1/products?limit=1')).toMatchObject({ data_ref: 'products', products: [{ id: product.id }] });

    expect((await call('DELETE', `/v1/products/${product.id}/skus/${sku.id}`)).status).toBe(204);
    expect((await call('GET', `/v1/skus/${sku.id}`)).status).toBe(404);
    expect((await call('DELETE', `/v1/products/${product.id}`)).status).toBe(204);
    expect((await call('GET', `/v1/products/${product.id}`)).status).toBe(404);
  });

  test('what is wrong is named', async () => {
    const { body } = await call('POST', '/v1/products', { price: 10.5, attributes: 'size', colour: 'red' });
    expect(body.errors.map(({ path }: { path: string }) => path)).toEqual(['price', 'attributes', 'colour']);
    const cap = await ok('POST', '/v1/products', { source_id: 'cap-1' });
    expect((await call('PUT', `/v1/products/${cap.id}`, { source_id: 'cap-2' })).body.errors[0].path).toBe('source_id');
    expect((await call('POST', `/v1/products/${cap.id}/skus`, { currency: 'USD' })).body.errors[0].path).toBe('currency');
    expect((await call('POST', '/v1/products/none/skus', {})).status).toBe(404);
    await ok('POST', `/v1/products/${cap.id}/skus`, { source_id: 'one-size' });
    const other = await ok('POST', '/v1/products', {});
    expect((await call('POST', `/v1/products/${other.id}/skus`, { source_id: 'one-size' })).status).toBe(409);
  });

  test('a collection lists what it is told, or finds it', async () => {
    const dear = await ok('POST', '/v1/products', { name: 'Coat', price: 90_000, metadata: { line: 'winter' } });
    const cheap = await ok('POST', '/v1/products', { name: 'Gloves', price: 1000, metadata: { line: 'winter' } });
    const sku = await ok('POST', `/v1/products/${cheap.id}/skus`, { sku: 'Gloves XL', price: 95_000 });
    const fixed = await ok('POST', '/v1/product-collections', {
      name: 'Chosen',
      type: 'STATIC',
      products: [
        { id: sku.id, object: 'sku', product_id: cheap.id },
        { id: dear.id, object: 'product' },
      ],
    });
    expect(fixed).toMatchObject({
      id: expect.stringMatching(/^pc_/),
      products: [
        { id: sku.id, object: 'sku', product_id: cheap.id },
        { id: dear.id, object: 'product' },
      ],
      object: 'products_collection',
    });
    expect((await ok('GET', `/v1/product-collections/${fixed.id}/products`)).data.map(({ id }: { id: string }) => id)).toEqual([
      sku.id,
      dear.id,
    ]);
    const found = await ok('POST', '/v1/product-collections', {
      name: 'Dear',
      type: 'AUTO_UPDATE',
      filter: { price: { conditions: { $more_than: [50_000] } }, 'metadata.line': { conditions: { $is: ['winter'] } } },
    });
    const dears = await ok('GET', `/v1/product-collections/${found.id}/products`);
    expect(dears).toMatchObject({ total: 2 });
    expect(new Set(dears.data.map(({ id }: { id: string }) => id))).toEqual(new Set([dear.id, sku.id]));
    expect((await ok('GET', '/v1/product-collections')).total).toBe(2);
    const nothing = await call('POST', '/v1/product-collections', {
      name: 'X',
      type: 'STATIC',
      products: [{ id: 'prod_0', object: 'product' }],
    });
    expect(nothing.body.errors).toEqual([{ path: 'products[0].id', message: 'names the product prod_0, which does not exist' }]);
    expect((await call('DELETE', `/v1/product-collections/${fixed.id}`)).status).toBe(204);
    expect((await call('GET', `/v1/product-collections/${fixed.id}`)).status).toBe(404);
  });
});

describe('an order', () => {
  const redeem = (code: string, order: object) =>
    call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: code }], order });

  test('costs what its products cost where it says no price', async () => {
    const product = await ok('POST', '/v1/products', { source_id: 'mug', price: 1500 });
    const sku = await ok('POST', `/v1/products/${product.id}/skus`, { source_id: 'mug-blue', price: 1700 });
    const plain = await ok('POST', `/v1/products/${product.id}/skus`, { source_id: 'mug-plain' });
    await ok('POST', '/v1/vouchers/MUGS', { discount: { type: 'PERCENT', percent_off: 10 } });
    const items = [
      { product_id: product.id, quantity: 2 },
      { source_id: 'mug-blue', related_object: 'sku' },
      { sku_id: plain.id },
      { product_id: product.id, price: 100 },
    ];
    const validated = await ok('POST', '/v1/validations', { redeemables: [{ object: 'voucher', id: 'MUGS' }], order: { items } });
    expect(validated.order).toMatchObject({ amount: 3000 + 1700 + 1500 + 100, total_discount_amount: 630 });
    expect(validated.order.items.map(({ amount }: { amount: number }) => amount)).toEqual([3000, 1700, 1500, 100]);
    const redeemed = await redeem('MUGS', { items });
    expect(redeemed.body.order).toMatchObject({ amount: 6300, total_amount: 5670 });
    const kept = await ok('POST', '/v1/orders', { source_id: 'of-mugs', items: [{ product_id: product.id, quantity: 2 }] });
    expect(kept.amount).toBe(3000);
    const unknown = await redeem('MUGS', { items: [{ product_id: 'of-the-shop' }] });
    expect(unknown.body.key).toBe('missing_amount');
    const told = await ok('POST', '/v1/validations', {
      redeemables: [{ object: 'voucher', id: 'MUGS' }],
      order: { amount: 1000, items: [{ sku_id: sku.id }] },
    });
    expect(told.order.amount).toBe(1000);
  });

  test('meets rules on products, SKUs, collections and their metadata', async () => {
    const product = await ok('POST', '/v1/products', { source_id: 'tea', price: 800, metadata: { organic: true } });
    const sku = await ok('POST', `/v1/products/${product.id}/skus`, { source_id: 'tea-green', metadata: { colour: 'green' } });
    const collection = await ok('POST', '/v1/product-collections', {
      name: 'Teas',
      type: 'STATIC',
      products: [{ id: product.id, object: 'product' }],
    });
    const found = await ok('POST', '/v1/product-collections', {
      name: 'Green',
      type: 'AUTO_UPDATE',
      filter: { 'metadata.colour': { conditions: { $is: ['green'] } } },
    });
    const rules: [object, boolean, boolean][] = [
      [{ name: 'product.id', conditions: { $is: [{ id: product.id, object: 'product' }] } }, true, true],
      [{ name: 'product.sku', conditions: { $is: [{ id: sku.id, object: 'sku' }] } }, false, true],
      [{ name: 'product.collection', conditions: { $is: [collection.id] } }, true, true],
      [{ name: 'product.collection', conditions: { $is: [found.id] } }, false, true],
      [{ name: 'product.metadata', property: 'organic', conditions: { $is: [true] } }, true, true],
      [{ name: 'product.metadata', property: 'colour', conditions: { $is: ['green'] } }, false, true],
      [{ name: 'order.items.every', conditions: { $is: [{ id: collection.id, object: 'products_collection' }] } }, true, true],
    ];
    for (const [index, [node, byProduct, bySku]] of rules.entries()) {
      const code = `TEA${index}`;
      const rule = await ok('POST', '/v1/validation-rules', { name: code, rules: { '1': node, logic: '1' } });
      await ok('POST', `/v1/vouchers/${code}`, { discount: { type: 'AMOUNT', amount_off: 100 }, validation_rules: [rule.id] });
      const valid = async (item: object) =>
        (await ok('POST', '/v1/validations', { redeemables: [{ object: 'voucher', id: code }], order: { items: [item] } })).valid;
      expect([await valid({ source_id: 'tea', related_object: 'product' }), await valid({ sku_id: sku.id })], JSON.stringify(node)).toEqual(
        [byProduct, bySku],
      );
      expect(await valid({ product_id: 'hat', amount: 500 })).toBe(false);
    }
    expect((await call('DELETE', `/v1/products/${product.id}`)).body).toMatchObject({ key: 'resource_in_use' });
    expect((await call('DELETE', `/v1/product-collections/${collection.id}`)).body).toMatchObject({ key: 'resource_in_use' });
    expect((await call('DELETE', `/v1/products/${product.id}?force=true`)).status).toBe(204);
  });
});

describe('many products', () => {
  const done = async (reply: Reply): Promise<{ errors: { line: number; errors: { path: string }[] }[] }> => {
    expect(reply.status, JSON.stringify(reply.body)).toBe(202);
    await workOn(database.sql, reply.body.async_action_id);
    return ok('GET', `/v1/async-actions/${reply.body.async_action_id}/errors`);
  };
  const upload = (path: string, body: string) =>
    api.send(path, {
      method: 'POST',
      headers: { 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey, 'Content-Type': 'text/csv' },
      body,
    });

  test('are made and changed in the background, every one that is wrong told', async () => {
    await ok('POST', '/v1/products', { source_id: 'bulk-1', name: 'One', metadata: { a: 1 } });
    const { errors } = await done(
      await call('POST', '/v1/products/bulk/async', [
        { source_id: 'bulk-1', price: 100, metadata: { b: 2 } },
        { source_id: 'bulk-2', name: 'Two', metadata: { d: 4, e: null } },
        { name: 'nameless' },
        { source_id: 'bulk-3', price: -1 },
      ]),
    );
    expect(errors.map(({ line, errors: wrong }) => [line, wrong[0]!.path])).toEqual([
      [3, 'source_id'],
      [4, 'price'],
    ]);
    expect(await ok('GET', '/v1/products/bulk-1')).toMatchObject({ name: 'One', price: 100, metadata: { a: 1, b: 2 } });
    expect((await ok('GET', '/v1/products/bulk-2')).metadata).toEqual({ d: 4 });
    await done(await call('POST', '/v1/products/metadata/async', { source_ids: ['bulk-2', 'bulk-9'], metadata: { c: 3, d: null } }));
    expect((await ok('GET', '/v1/products/bulk-2')).metadata).toEqual({ c: 3 });
    expect((await call('GET', '/v1/products/bulk-9')).status).toBe(404);
  });

  test('come from CSV files, and SKUs too', async () => {
    await done(await upload('/v1/products/importCSV', 'source_id,name,price,attributes,colour\ncsv-1,Bag,4000,"size,strap",red\n'));
    expect(await ok('GET', '/v1/products/csv-1')).toMatchObject({
      name: 'Bag',
      price: 4000,
      attributes: ['size', 'strap'],
      metadata: { colour: 'red' },
    });
    const file = 'product_id,sku_id,sku,price,currency\ncsv-1,csv-1-l,Bag L,4500,EUR\nnone,csv-2-l,Bag,1,EUR\ncsv-1,csv-1-s,Bag S,1,USD\n';
    const { errors } = await done(await upload('/v1/skus/importCSV', file));
    expect(Object.fromEntries(errors.map(({ line, errors: wrong }) => [line, wrong[0]!.path]))).toEqual({ 3: 'product', 4: 'currency' });
    expect(await ok('GET', '/v1/skus/csv-1-l')).toMatchObject({ sku: 'Bag L', price: 4500 });
  });
});

test('nothing of it was unforeseen', () => {
  expect(api.errors).toEqual([]);
});
