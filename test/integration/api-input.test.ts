import { request } from 'node:http';
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

/** Sends what `fetch` would mend or refuse: a path and bytes as they are. */
const raw = (method: string, path: string, body?: Buffer | string, headers: Record<string, string> = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    const auth = { 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey, 'Content-Type': 'application/json' };
    const sent = request({ hostname, port, method, path, headers: { ...auth, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
          body: JSON.parse(Buffer.concat(chunks).toString()),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });

const percent = (value: unknown) => ({ discount: { type: 'PERCENT', percent_off: value } });
const amount = (value: unknown) => ({ discount: { type: 'AMOUNT', amount_off: value } });
const good = percent(10);
const paths = (reply: Reply): string[] => (reply.body.errors ?? []).map((error: { path: string }) => error.path).sort();

describe('a voucher that cannot be is refused, with every field that is wrong', () => {
  test.each<[string, unknown, string[]]>([
    ['nothing', {}, ['discount']],
    ['a list', [], ['']],
    ['a text', 'voucher', ['']],
    ['a negative amount', amount(-1), ['discount.amount_off']],
    ['a fractional amount', amount(10.5), ['discount.amount_off']],
    ['an amount beyond 2^53', amount(2 ** 53), ['discount.amount_off']],
    ['an amount that is a text', amount('100'), ['discount.amount_off']],
    ['more than all', percent(100.01), ['discount.percent_off']],
    ['less than nothing', percent(-0.1), ['discount.percent_off']],
    ['a percentage with four decimals', percent(1.2345), ['discount.percent_off']],
    ['a percentage that is hardly one', percent(1e-7), ['discount.percent_off']],
    ['both kinds of discount at once', { discount: { type: 'AMOUNT', amount_off: 1, percent_off: 10 } }, ['discount.percent_off']],
    ['a discount that nobody knows', { discount: { type: 'HALF' } }, ['discount.type']],
    ['a discount without its amount', { discount: { type: 'AMOUNT' } }, ['discount.amount_off']],
    ['an effect that nobody knows', { discount: { type: 'AMOUNT', amount_off: 1, effect: 'LATER' } }, ['discount.effect']],
    ['an end before the start', { ...good, start_date: '2026-02-01', expiration_date: '2026-01-01' }, ['expiration_date']],
    ['an end at the start', { ...good, start_date: '2026-01-01', expiration_date: '2026-01-01T00:00:00Z' }, ['expiration_date']],
    ['a day that there is not', { ...good, start_date: '2026-02-30' }, ['start_date']],
    ['a time without an offset', { ...good, start_date: '2026-02-01T12:00:00' }, ['start_date']],
    ['a time before the calendar', { ...good, start_date: '0000-01-01T00:00:00Z' }, ['start_date']],
    ['a number for a time', { ...good, start_date: 1767225600 }, ['start_date']],
    ['a quantity of nothing', { ...good, redemption: { quantity: 0 } }, ['redemption.quantity']],
    ['half a quantity', { ...good, redemption: { quantity: 1.5 } }, ['redemption.quantity']],
    ['a quantity that no column holds', { ...good, redemption: { quantity: 2 ** 31 } }, ['redemption.quantity']],
    ['an unknown field', { ...good, discont: {} }, ['discont']],
    ['an unknown field further in', { ...good, redemption: { quantity: 1, daily: 2 } }, ['redemption.daily']],
    ['a gift card with a discount', { ...good, type: 'GIFT_VOUCHER' }, ['discount', 'gift']],
    ['metadata that is a list', { ...good, metadata: [] }, ['metadata']],
    ['metadata with a number that JSON would change', { ...good, metadata: { n: 2 ** 60 } }, ['metadata']],
    ['a code with a line break', { ...good, code: 'A\nB' }, ['code']],
    ['a code that no path can hold', { ...good, code: '..' }, ['code']],
    ['code and code_config', { ...good, code: 'A', code_config: { length: 5 } }, ['code_config']],
    ['a charset of blanks', { ...good, code_config: { charset: ' \t' } }, ['code_config.charset']],
    [
      'everything at once',
      {
        discount: { type: 'PERCENT', percent_off: 110 },
        start_date: '2026-02-01',
        expiration_date: '2026-01-01',
        redemption: { quantity: -1 },
        active: 'yes',
        code_config: { length: 0 },
        colour: 'red',
      },
      ['active', 'code_config.length', 'colour', 'discount.percent_off', 'expiration_date', 'redemption.quantity'],
    ],
  ])('%s', async (_, body, wrong) => {
    const reply = await call('POST', '/v1/vouchers', body);
    expect(reply).toMatchObject({ status: 400, body: { code: 400, key: 'invalid_payload', request_id: expect.stringMatching(/^req_/) } });
    expect(paths(reply)).toEqual(wrong);
  });
});

describe('a customer that cannot be is refused', () => {
  test.each<[string, unknown, string[]]>([
    ['no address', { email: 'nobody' }, ['email']],
    ['no such zone', { timezone: 'Mars/Olympus' }, ['timezone']],
    ['no such day', { birthdate: '2001-02-29' }, ['birthdate']],
    ['an address with what nobody reads', { address: { street: 'x' } }, ['address.street']],
    ['names that are too long', { source_id: 'x'.repeat(256), name: 'x'.repeat(256) }, ['name', 'source_id']],
    ['an empty source id', { source_id: '' }, ['source_id']],
  ])('%s', async (_, body, wrong) => {
    const reply = await call('POST', '/v1/customers', body);
    expect(reply).toMatchObject({ status: 400, body: { key: 'invalid_payload' } });
    expect(paths(reply)).toEqual(wrong);
  });
});

describe('a campaign that cannot be is refused', () => {
  test.each<[string, unknown, string[]]>([
    ['nothing', {}, ['name', 'voucher']],
    ['gift cards that are discounts', { name: 'A', campaign_type: 'GIFT_VOUCHERS', voucher: good }, ['voucher.type']],
    ['a kind that there is not', { name: 'A', campaign_type: 'RAFFLE', voucher: good }, ['campaign_type']],
    ['codes that make no sense', { name: 'A', voucher: { ...good, code_config: { length: 0 } } }, ['voucher.code_config.length']],
    ['more codes than one request makes', { name: 'A', voucher: good, vouchers_count: 1_001 }, ['vouchers_count']],
    [
      'a duration that is none',
      { name: 'A', voucher: good, activity_duration_after_publishing: '14 days' },
      ['activity_duration_after_publishing'],
    ],
  ])('%s', async (_, body, wrong) => {
    const reply = await call('POST', '/v1/campaigns', body);
    expect(reply).toMatchObject({ status: 400, body: { key: 'invalid_payload' } });
    expect(paths(reply)).toEqual(wrong);
  });
});

describe('a query that cannot be is refused', () => {
  test.each<[string, string, string[]]>([
    ['more than a page holds', 'limit=101', ['limit']],
    ['nothing', 'limit=0', ['limit']],
    ['no number', 'limit=ten', ['limit']],
    ['a page too deep', 'page=1001', ['page']],
    ['an order that nobody knows', 'order=colour', ['order']],
    ['a parameter that nobody knows', 'colour=red', ['colour']],
    ['a parameter twice', 'limit=1&limit=2', ['limit']],
    ['a filter that nobody knows', 'filters[colour][conditions][$in][0]=red', ['filters.colour']],
    ['an operator that nobody knows', 'filters[code][conditions][$like][0]=red', ['filters.code.conditions.$like']],
    ['a bracket that is open', 'filters[code=1', ['filters[code']],
    ['a value and a group', 'code=1&code[a]=2', ['code[a]']],
    ['a prototype', '__proto__[a]=1', ['__proto__[a]']],
    ['what is not UTF-8', 'code=%ff', ['code']],
    ['half an escape', 'code=%4', ['code']],
    ['a NUL', 'code=a%00b', ['code']],
    ['a cursor with another order', 'order=code&starting_after=v_1', ['starting_after']],
    ['several', 'limit=x&page=y&colour=z', ['colour', 'limit', 'page']],
  ])('%s', async (_, query, wrong) => {
    const reply = await raw('GET', `/v1/vouchers?${query}`);
    expect(reply).toMatchObject({ status: 400, body: { key: 'invalid_query_params' } });
    expect(paths(reply)).toEqual(wrong);
  });
});

describe('bytes that are no request are refused', () => {
  const json = { 'Content-Type': 'application/json' };
  const deep = (levels: number) => `{"metadata":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
  test.each<[string, string | Buffer, Record<string, string>, number, string]>([
    ['JSON that ends early', '{"discount":', json, 400, 'invalid_json'],
    ['what is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), json, 400, 'invalid_json'],
    ['a byte order mark', `\uFEFF${JSON.stringify(good)}`, json, 400, 'invalid_json'],
    ['a form', 'code=A', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['text', '{}', { 'Content-Type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['another character set', '{}', { 'Content-Type': 'application/json; charset=latin1' }, 415, 'unsupported_media_type'],
    ['compressed JSON', '{}', { ...json, 'Content-Encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['a megabyte and more', JSON.stringify({ code: 'A'.repeat(1_100_000) }), json, 413, 'payload_too_large'],
    ['33 levels', deep(40), json, 400, 'invalid_json'],
    ['a hundred thousand levels', deep(100_000), json, 400, 'invalid_json'],
    ['a NUL', JSON.stringify({ ...good, category: 'a\0b' }), json, 400, 'invalid_payload'],
    ['a NUL in a name', JSON.stringify({ ...good, metadata: { 'a\0b': 1 } }), json, 400, 'invalid_payload'],
    ['a lone surrogate', `{"category":"\\ud800"}`, json, 400, 'invalid_payload'],
    ['a prototype', '{"metadata":{"__proto__":{"admin":true}}}', json, 400, 'invalid_payload'],
    ['a prototype in disguise', '{"metadata":{"\\u005f_proto__":{"admin":true}}}', json, 400, 'invalid_payload'],
  ])('%s', async (_, body, headers, status, key) => {
    expect(await raw('POST', '/v1/vouchers', body, headers)).toMatchObject({ status, body: { code: status, key } });
  });

  test('and a body of unknown length is counted as it comes', async () => {
    const { hostname, port } = new URL(api.url);
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey, ...json, 'Transfer-Encoding': 'chunked' };
      const sent = request({ hostname, port, method: 'POST', path: '/v1/vouchers', headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      sent.on('error', reject);
      for (let n = 0; n < 40; n += 1) sent.write('x'.repeat(65_536));
      sent.end();
    });
    expect(status).toBe(413);
  });

  test('and texts that look dangerous but are not are kept as they are', async () => {
    const metadata = { constructor: 'x', prototype: { a: [1, null, 'é😀'] }, toString: 'y', '': undefined };
    const reply = await call('POST', '/v1/vouchers', { ...good, category: "Robert'); drop table voucher;--", metadata });
    expect(reply.body).toMatchObject({ category: "Robert'); drop table voucher;--" });
    expect(reply.body.metadata).toEqual({ constructor: 'x', prototype: { a: [1, null, 'é😀'] }, toString: 'y' });
  });
});

describe('an address that is none', () => {
  test.each<[string, string, string, number, string]>([
    ['below /v1', 'GET', '/v1/nothing', 404, 'resource_not_found'],
    ['beside it', 'GET', '/nothing', 404, 'resource_not_found'],
    ['a part that is empty', 'GET', '/v1/vouchers//enable', 404, 'resource_not_found'],
    ['another method', 'PUT', '/v1/vouchers', 405, 'method_not_allowed'],
    ['a method that nobody uses', 'PATCH', '/v1/vouchers/A', 405, 'method_not_allowed'],
    ['what is not UTF-8', 'GET', '/v1/vouchers/%ff', 400, 'invalid_query_params'],
    ['half an escape', 'GET', '/v1/vouchers/%', 400, 'invalid_query_params'],
    ['a NUL', 'GET', '/v1/vouchers/a%00b', 400, 'invalid_query_params'],
    ['a name that is too long', 'GET', `/v1/vouchers/${'x'.repeat(300)}`, 400, 'invalid_query_params'],
    ['half an escape beside /v1', 'GET', '/%', 404, 'resource_not_found'],
    ['half an escape below /docs', 'GET', '/docs/%', 404, 'resource_not_found'],
    ['a way up', 'GET', '/docs/..%2f..%2fpackage.json', 404, 'resource_not_found'],
  ])('%s', async (_, method, path, status, key) => {
    expect(await raw(method, path)).toMatchObject({ status, body: { code: status, key, request_id: expect.any(String) } });
  });

  test('names the methods that it takes', async () => {
    expect((await raw('PATCH', '/v1/vouchers/A')).headers.get('allow')).toBe('POST, GET, HEAD, PUT, DELETE');
  });
});

test.each([
  ['', 'empty'],
  ['x'.repeat(256), 'too long'],
  ['a b', 'with a blank'],
])('an Idempotency-Key that is wrong is refused (%#)', async (key) => {
  const reply = await raw('POST', '/v1/vouchers', JSON.stringify(good), { 'Idempotency-Key': key });
  expect(reply).toMatchObject({ status: 400, body: { key: 'invalid_payload', errors: [{ path: 'Idempotency-Key' }] } });
});

test('an answer tells nothing of what serves it', async () => {
  const { headers } = await call('GET', '/v1/vouchers');
  expect(headers.get('x-powered-by')).toBeNull();
  expect(headers.get('etag')).toBeNull();
  expect(headers.get('access-control-allow-origin')).toBeNull();
  expect(headers.get('x-request-id')).toMatch(/^req_/);
});

test('nothing of all this was unforeseen', () => {
  expect(api.errors).toEqual([]);
});
