import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '../../db/project/api-keys.ts';
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

const campaignOf = (name: string, more: object = {}) =>
  call('POST', '/v1/campaigns', {
    name,
    type: 'STATIC',
    voucher: { discount: { type: 'PERCENT', percent_off: 10 }, redemption: { quantity: 1 }, code_config: { pattern: '#########' } },
    ...more,
  });

const publish = (campaign: string, customer: string, more: object = {}) =>
  call('POST', '/v1/publications', { campaign: { name: campaign }, customer: { source_id: customer }, ...more });

const eventsOf = async (customerId: string): Promise<string[]> => {
  const rows = await database.sql<{ type: string }[]>`select type from event where customer_id = ${customerId} order by id`;
  return rows.map((row) => row.type);
};

describe('a publication of a campaign', () => {
  test('gives a hundred customers who ask at once a hundred different codes, and the next one none', async () => {
    await campaignOf('Pool', { vouchers_count: 100 });
    const customers = Array.from({ length: 100 }, (_, index) => `pool-${index}`);
    const answers = await Promise.all(customers.map((customer) => publish('Pool', customer)));
    expect(answers.map((answer) => answer.status)).toEqual(customers.map(() => 200));
    expect(new Set(answers.map((answer) => answer.body.voucher.code)).size).toBe(100);
    expect(await publish('Pool', 'late')).toMatchObject({ status: 400, body: { key: 'no_voucher_suitable_for_publication' } });
    const failed = await call('GET', '/v1/publications?result=FAILURE&customer=late');
    expect(failed.body).toMatchObject({
      total: 1,
      publications: [{ failure_code: 'no_voucher_suitable_for_publication', vouchers_id: [] }],
    });
    expect(await eventsOf(failed.body.publications[0].customer_id)).toEqual(['customer.created', 'publication.failed']);
  });

  test('makes codes where the pool of a campaign that goes on is empty', async () => {
    await campaignOf('Endless', { type: 'AUTO_UPDATE', vouchers_count: 1, activity_duration_after_publishing: 'P7D' });
    const [one, two] = [await publish('Endless', 'ada'), await publish('Endless', 'ada')];
    expect(one.body.voucher.code).not.toBe(two.body.voucher.code);
    expect(two.body).toMatchObject({ object: 'publication', result: 'SUCCESS', customer: { source_id: 'ada' } });
    expect(two.body.voucher).toMatchObject({ campaign: 'Endless', holder_id: two.body.customer_id, publish: { count: 1 } });
    const lasts = Date.parse(two.body.voucher.expiration_date) - Date.parse(two.body.created_at);
    expect(Math.round(lasts / 3_600_000)).toBe(7 * 24);
    const published = ['voucher.published', 'publication.succeeded'];
    expect(await eventsOf(one.body.customer_id)).toEqual(['customer.created', ...published, ...published]);
  });

  test('gives the same code again under the same source id, also to many who ask at once', async () => {
    await campaignOf('Once', { vouchers_count: 20 });
    const asks = Array.from({ length: 10 }, () => publish('Once', 'grace', { source_id: 'mailing-7/grace' }));
    const answers = await Promise.all(asks);
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id} ${body.voucher.code}`)).size).toBe(1);
    expect(await call('GET', '/v1/publications?campaign=Once')).toMatchObject({ body: { total: 1 } });
    expect(await publish('Once', 'somebody-else', { source_id: 'mailing-7/grace' })).toMatchObject({ status: 409 });
  });

  test('is tried again under the same source id where it failed', async () => {
    await campaignOf('Refilled');
    expect((await publish('Refilled', 'ida', { source_id: 'refill' })).status).toBe(400);
    await call('POST', '/v1/campaigns/Refilled/vouchers', {});
    expect((await publish('Refilled', 'ida', { source_id: 'refill' })).status).toBe(200);
  });

  test('gives a customer who joins once one code, whatever races', async () => {
    await campaignOf('Joined', { vouchers_count: 10 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => publish('Joined', 'mary', { join_once: true })));
    expect(new Set(answers.map(({ body }) => body.voucher.code)).size).toBe(1);
  });

  test('gives several codes, all or none', async () => {
    const { body: campaign } = await campaignOf('Several', { vouchers_count: 3 });
    const ask = (count: number) =>
      call('POST', '/v1/publications', { campaign: { id: campaign.id, count }, customer: { source_id: 'hedy' }, channel: 'letter' });
    expect((await ask(4)).status).toBe(400);
    const { body } = await ask(3);
    expect(new Set(body.vouchers.map((voucher: { code: string }) => voucher.code)).size).toBe(3);
    const listed = await call('GET', `/v1/publications?voucher=${body.vouchers[1].code}`);
    expect(listed.body.publications).toMatchObject([{ id: body.id, channel: 'letter', vouchers_id: body.vouchers_id }]);
    // The address that the voucher itself names.
    expect(body.vouchers[1].publish).toMatchObject({ count: 1, url: expect.stringContaining(`/${body.vouchers[1].code}/publications?`) });
    expect((await call('GET', body.vouchers[1].publish.url)).body).toEqual(listed.body);
    expect((await call('GET', '/v1/vouchers/NOBODY/publications')).status).toBe(404);
  });

  test('gives nothing of a campaign that is disabled or over', async () => {
    await campaignOf('Disabled', { vouchers_count: 1, active: false });
    await campaignOf('Over', { vouchers_count: 1, expiration_date: '2020-01-01' });
    for (const name of ['Disabled', 'Over'])
      expect(await publish(name, 'ada')).toMatchObject({ status: 400, body: { key: 'no_voucher_suitable_for_publication' } });
  });
});

test('a voucher is published by its code, once', async () => {
  await call('POST', '/v1/vouchers/GIVEN', { discount: { type: 'AMOUNT', amount_off: 500 } });
  const ask = (voucher: string) => call('POST', '/v1/publications', { voucher, customer: { source_id: 'ada' }, metadata: { till: 3 } });
  expect(await ask('given')).toMatchObject({ status: 200, body: { voucher: { code: 'GIVEN' }, metadata: { till: 3 } } });
  expect(await ask('GIVEN')).toMatchObject({ status: 400, body: { key: 'voucher_already_published' } });
  expect(await ask('NO-SUCH')).toMatchObject({ status: 404 });
  expect(await call('POST', '/v1/publications', { customer: {} })).toMatchObject({
    body: { key: 'invalid_payload', errors: [{ path: 'customer.source_id' }, { path: 'campaign' }] },
  });
});

test('a browser publishes with a key that may, one code for each customer', async () => {
  await campaignOf('Popup', { vouchers_count: 5 });
  const named = { projectId: shop.project.id, name: 'popup', kind: 'publishable' as const, origins: ['https://shop.example'] };
  const { token } = await createApiKey(database.sql, { ...named, scopes: ['publications:write'] });
  const ask = (key: string) =>
    api.send('/client/v1/publish?campaign=Popup', {
      method: 'POST',
      headers: {
        'X-Client-Application-Id': shop.appId,
        'X-Client-Token': key,
        Origin: 'https://shop.example',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ customer: { source_id: 'visitor-1' } }),
    });
  expect((await ask(shop.publishableKey)).status).toBe(403);
  const [one, again] = [await ask(token), await ask(token)];
  expect(one.status).toBe(200);
  expect(again.body.voucher.code).toBe(one.body.voucher.code);
});

test('the official SDK publishes and lists', async () => {
  const client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
  await campaignOf('SDK', { vouchers_count: 2 });
  const customer = { source_id: 'sdk-ada', name: 'Ada' };
  const made = await client.distributions.publications.create({
    campaign: { name: 'SDK', count: 1 },
    customer,
    source_id: 'sdk-1',
    channel: 'Email',
  });
  expect(made).toMatchObject({
    object: 'publication',
    result: 'SUCCESS',
    channel: 'Email',
    voucher: { object: 'voucher', campaign: 'SDK' },
  });
  const listed = await client.distributions.publications.list({ customer: 'sdk-ada', campaign: 'SDK', limit: 5, order: '-created_at' });
  expect(listed).toMatchObject({ object: 'list', total: 1, publications: [{ id: made.id, voucher: { code: made.voucher.code } }] });
  await client.vouchers.create({ code: 'SDK-VIP', discount: { type: 'PERCENT' as never, percent_off: 5 } });
  expect(await client.distributions.publications.create({ voucher: 'SDK-VIP', customer })).toMatchObject({ voucher: { code: 'SDK-VIP' } });
  await expect(client.distributions.publications.create({ voucher: 'SDK-VIP', customer })).rejects.toMatchObject({
    key: 'voucher_already_published',
  });
});
