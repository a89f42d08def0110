import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type TestApi } from '../harness/api.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let client: ReturnType<typeof VoucherifyServerSide>;

beforeAll(async () => {
  database = await createDatabase();
  api = await startApi(database.sql);
  shop = await createProject(database.sql);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

const send = (method: string, path: string, body?: unknown) => api.as(shop)(method, path, body);
const pathsOf = (body: { errors?: { path: string }[] }) => body.errors?.map(({ path }) => path);

describe('a reward', () => {
  test('is kept with the official SDK, whatever it gives', async () => {
    const product = await client.products.create({ source_id: 'mug', name: 'Mug' });
    const sku = await client.products.createSku(product.id, { source_id: 'mug-red', sku: 'Mug, red' });
    const coupons = await send('POST', '/v1/campaigns', { name: 'Coupons', voucher: { discount: { type: 'AMOUNT', amount_off: 500 } } });

    const coin = await client.rewards.create({
      name: '100 = $20',
      parameters: { coin: { exchange_ratio: 20, points_ratio: 100 } },
    } as never);
    expect(coin).toMatchObject({ type: 'COIN', parameters: { coin: { exchange_ratio: 20, points_ratio: 100 } }, stock: null, redeemed: 0 });
    const attributes = { image_url: 'https://shop.example/mug.png', description: 'red' };
    const mug = await client.rewards.create({
      name: 'A mug',
      type: 'MATERIAL',
      stock: 5,
      attributes,
      parameters: { product: { id: 'mug', sku: 'mug-red' } },
    });
    expect(mug).toMatchObject({ type: 'MATERIAL', stock: 5, attributes, parameters: { product: { id: product.id, sku_id: sku.id } } });
    const coupon = await client.rewards.create({ name: 'Coupon', type: 'CAMPAIGN', parameters: { campaign: { id: 'Coupons' } } });
    expect(coupon.parameters).toEqual({ campaign: { id: coupons.body.id, type: 'DISCOUNT_COUPONS' } });

    expect(await client.rewards.get(mug.id)).toEqual(mug);
    const more = await client.rewards.update({ id: mug.id, name: 'A big mug', stock: 7 } as never);
    expect(more).toMatchObject({ name: 'A big mug', stock: 7, attributes });
    // What an answer told can be sent back.
    expect(await client.rewards.update(more as never)).toMatchObject({ name: 'A big mug', stock: 7 });
    const listed = await client.rewards.list({ limit: 2 });
    expect(listed).toMatchObject({ object: 'list', total: 3, data_ref: 'data', data: [{ id: coupon.id }, { id: mug.id }] });
    await client.rewards.delete(coin.id);
    await expect(client.rewards.get(coin.id)).rejects.toMatchObject({ code: 404 });
  });

  test('is refused with every field that is wrong', async () => {
    expect(pathsOf((await send('POST', '/v1/rewards', { parameters: {} })).body)).toEqual(expect.arrayContaining(['name', 'parameters']));
    const coin = { coin: { exchange_ratio: 1, points_ratio: 1 } };
    expect(pathsOf((await send('POST', '/v1/rewards', { name: 'x', type: 'MATERIAL', parameters: coin })).body)).toEqual(['type']);
    const nowhere = { campaign: { id: 'nowhere' } };
    expect(pathsOf((await send('POST', '/v1/rewards', { name: 'x', parameters: nowhere })).body)).toEqual(['parameters.campaign.id']);
    const half = { product: { id: 'mug', sku_id: 'none' } };
    expect(pathsOf((await send('POST', '/v1/rewards', { name: 'x', parameters: half })).body)).toEqual(['parameters.product.sku_id']);
    const { body } = await send('POST', '/v1/rewards', { name: 'x', parameters: coin });
    expect(pathsOf((await send('PUT', `/v1/rewards/${body.id}`, { parameters: { product: { id: 'mug' } } })).body)).toEqual(['parameters']);
    const balance = { campaign: { id: 'Coupons', balance: 5 } };
    expect(pathsOf((await send('POST', '/v1/rewards', { name: 'x', parameters: balance })).body)).toEqual(['parameters.campaign.balance']);
  });

  test('of another project is not there', async () => {
    const { body } = await send('POST', '/v1/rewards', { name: 'Mine', parameters: { coin: { exchange_ratio: 1 } } });
    const other = api.as(await createProject(database.sql));
    for (const method of ['GET', 'DELETE']) expect((await other(method, `/v1/rewards/${body.id}`)).status).toBe(404);
    expect((await other('PUT', `/v1/rewards/${body.id}`, {})).status).toBe(404);
    expect((await other('GET', '/v1/rewards')).body.total).toBe(0);
  });
});
