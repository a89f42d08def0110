import { randomBytes } from 'node:crypto';
import { VoucherifyServerSide } from '@voucherify/sdk';
import { Client, Connection } from '@temporalio/client';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHooksRouter } from '../../api/hooks/router.ts';
import { createEventRoutes } from '../../api/routes/events.ts';
import { createSourceRoutes } from '../../api/routes/sources.ts';
import type { Relay } from '../../relay/relay.ts';
import { resourceRoutes, startApi, type Reply, type TestApi } from '../harness/api.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';
import { createRouteBook, createTestRelay, until } from '../harness/relay.ts';
import { openHooks, testBox } from '../harness/webhook-source.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let other: TestProject;
let relay: Relay;
let book: Awaited<ReturnType<typeof createRouteBook>>;
const connection = Connection.lazy({ address: '127.0.0.1:1' });

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  book = await createRouteBook(sql);
  shop = await createProject(sql);
  other = await createProject(sql);
  relay = createTestRelay({ sql, client: new Client({ connection }), routes: [book.route('relay')] });
  relay.start();
  const log = { error: () => {}, info: () => {} };
  const deps = {
    sql,
    box: testBox,
    now: () => new Date(),
    randomBytes,
    publicUrl: 'https://coupons.example.com',
    hint: relay.hint,
    log,
    ...openHooks,
  };
  api = await startApi(sql, {
    routes: [...resourceRoutes(sql), ...createSourceRoutes(deps), ...createEventRoutes(deps)],
    routers: [createHooksRouter(deps)],
  });
});

afterAll(async () => {
  await api.stop();
  await relay.stop();
  await connection.close();
  await database.drop();
});

/** Posts JSON to a source as its sender would. */
const post = (source: { url: string; secret: string }, payload: unknown, id = `msg_${randomBytes(8).toString('hex')}`): Promise<Reply> => {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const at = new Date();
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(source.secret).sign(id, at, body),
    authorization: 'Bearer of theirs',
  };
  return api.send(new URL(source.url).pathname, { method: 'POST', headers, body });
};

const settled = async (id: string): Promise<Reply> => {
  let reply: Reply | undefined;
  await until('the post was mapped', async () => {
    reply = await api.as(shop)('GET', `/v1/inbound-events/${id}`);
    return reply.body.status !== 'received';
  });
  return reply as Reply;
};

describe('a source', () => {
  test('is made with a secret that is told once, and takes posts at its address', async () => {
    const made = await api.as(shop)('POST', '/v1/sources', { name: 'crm' });
    expect(made).toMatchObject({
      status: 200,
      body: {
        object: 'source',
        provider: 'standard-webhooks',
        url: `https://coupons.example.com/hooks/${made.body.id}`,
        secret: expect.stringMatching(/^whsec_/),
        secrets: [{ ends_with: made.body.secret.slice(-4), until: null }],
      },
    });
    const read = await api.as(shop)('GET', '/v1/sources/crm');
    expect(read.body).toMatchObject({ id: made.body.id });
    expect(JSON.stringify(read.body)).not.toContain(made.body.secret);
    const received = await post(made.body, {
      type: 'customer.signed_up',
      data: { id: 'crm-1', email: 'ada@example.com', first_name: 'Ada' },
    });
    expect(received).toMatchObject({ status: 200, body: { received: true, duplicate: false } });
    expect(await settled(received.body.id)).toMatchObject({ body: { status: 'mapped', error: null, source_id: made.body.id } });
    const customer = await api.as(shop)('GET', '/v1/customers/crm-1');
    expect(customer.body).toMatchObject({ email: 'ada@example.com', name: 'Ada', metadata: { first_name: 'Ada' } });
  });

  test('gives the same answer, secret too, for the same Idempotency-Key, and keeps the secret nowhere in the clear', async () => {
    const create = () => api.as(shop)('POST', '/v1/sources', { name: 'once' }, { 'Idempotency-Key': 'make-once' });
    const [first, second] = [await create(), await create()];
    expect(first.status).toBe(200);
    expect(second.body).toEqual(first.body);
    const kept = await database.sql`select 1 from idempotency where body like ${`%${first.body.secret.slice(6, 26)}%`}`;
    expect(kept).toHaveLength(0);
  });

  test('is one of its name, and belongs to its project', async () => {
    expect(await api.as(shop)('POST', '/v1/sources', { name: 'crm' })).toMatchObject({ status: 409, body: { key: 'duplicate_found' } });
    expect((await api.as(other)('GET', '/v1/sources')).body).toMatchObject({ object: 'list', data_ref: 'sources', sources: [], total: 0 });
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { active: false }],
      ['DELETE', undefined],
    ] as const)
      expect(await api.as(other)(method, '/v1/sources/crm', body)).toMatchObject({ status: 404 });
  });

  test('is refused with every field that is wrong', async () => {
    const answer = await api.as(shop)('POST', '/v1/sources', {
      name: 'bad',
      provider: 'generic',
      secret: 'short',
      settings: { signature_header: 'no header!' },
      mapping: { rules: [{ event: 'paylod.type', customer: { source_id: 'payload.id' } }] },
    });
    expect(answer).toMatchObject({ status: 400, body: { key: 'invalid_payload' } });
    expect(answer.body.errors.map((each: { path: string }) => each.path).toSorted()).toEqual([
      'mapping',
      'secret',
      'settings.event_id',
      'settings.signature_header',
    ]);
    expect(await api.as(shop)('POST', '/v1/sources', { name: 'bad', provider: 'unheard-of' })).toMatchObject({ status: 400 });
    expect(await api.as(shop)('PUT', '/v1/sources/crm', { mapping: { rules: [] } })).toMatchObject({ status: 400 });
  });

  test('rotates its secret with an overlap, or at once', async () => {
    const made = (await api.as(shop)('POST', '/v1/sources', { name: 'rotating' })).body;
    const signup = { type: 'customer.signed_up', data: { id: 'r' } };
    const second = (await api.as(shop)('POST', '/v1/sources/rotating/rotate-secret', { overlap: 'PT1H' })).body;
    expect(second.secrets).toHaveLength(2);
    expect((await post({ ...made }, signup)).status).toBe(200);
    expect((await post(second, signup)).status).toBe(200);
    const third = (await api.as(shop)('POST', '/v1/sources/rotating/rotate-secret', { overlap: 'PT0S' })).body;
    expect((await post(second, signup)).status).toBe(401);
    expect((await post(third, signup)).status).toBe(200);
  });

  test('is gone with what it posted when it is deleted', async () => {
    const made = (await api.as(shop)('POST', '/v1/sources', { name: 'gone' })).body;
    const received = await post(made, { type: 'customer.signed_up', data: { id: 'gone-1' } });
    await settled(received.body.id);
    expect((await api.as(shop)('DELETE', '/v1/sources/gone')).status).toBe(204);
    expect((await post(made, { type: 'customer.signed_up', data: { id: 'gone-2' } })).status).toBe(404);
    expect((await api.as(shop)('GET', `/v1/inbound-events/${received.body.id}`)).status).toBe(404);
    expect((await api.as(shop)('GET', '/v1/events?customer=gone-1')).body.total).toBeGreaterThan(0);
  });
});

describe('what a source posted', () => {
  test('is listed with its status and why, shown byte for byte, and mapped when the mapping was mended', async () => {
    const made = (await api.as(shop)('POST', '/v1/sources', { name: 'odd' })).body;
    const body = '{"what": "signup",  "who": {"key": "odd-1"}}';
    const received = await post(made, body, 'evt-odd-1');
    const shown = await settled(received.body.id);
    expect(shown.body).toMatchObject({
      status: 'unmapped',
      error: expect.stringContaining('event is missing'),
      body,
      body_encoding: 'utf8',
    });
    expect(shown.body.headers).toMatchObject({ authorization: '[hidden]', 'webhook-signature': '[hidden]', 'webhook-id': 'evt-odd-1' });

    const unmapped = await api.as(shop)('GET', '/v1/sources/odd/inbound-events?status=unmapped');
    expect(unmapped.body).toMatchObject({ total: 1, has_more: false, inbound_events: [{ id: received.body.id }] });

    const mapping = {
      rules: [{ when: 'payload.what == "signup"', event: '"customer.signed_up"', customer: { source_id: 'payload.who.key' } }],
    };
    expect((await api.as(shop)('PUT', '/v1/sources/odd', { mapping })).status).toBe(200);
    expect((await api.as(shop)('POST', `/v1/inbound-events/${received.body.id}/replay`)).status).toBe(202);
    expect((await settled(received.body.id)).body).toMatchObject({ status: 'mapped', error: null });
    const events = await api.as(shop)('GET', '/v1/events?customer=odd-1&type=customer.signed_up');
    expect(events.body).toMatchObject({ total: 1, data_ref: 'events' });
  });

  test('is paged, the latest first', async () => {
    const made = (await api.as(shop)('POST', '/v1/sources', { name: 'many' })).body;
    for (let n = 0; n < 5; n++) await post(made, { type: 'page.viewed', data: { id: 'p', n } }, `m-${n}`);
    const first = (await api.as(shop)('GET', '/v1/sources/many/inbound-events?limit=3')).body;
    expect(first).toMatchObject({ total: 5, has_more: true });
    const last = first.inbound_events.at(-1).id;
    const second = (await api.as(shop)('GET', `/v1/sources/many/inbound-events?limit=3&starting_after=${last}`)).body;
    const ids = [...first.inbound_events, ...second.inbound_events].map((each: { provider_event_id: string }) => each.provider_event_id);
    expect(ids).toEqual(['m-4', 'm-3', 'm-2', 'm-1', 'm-0']);
    expect(second.has_more).toBe(false);
  });
});

describe('an event that a shop tells', () => {
  test('is recorded with its customer by the official SDK', async () => {
    const sdk = VoucherifyServerSide({ applicationId: shop.appId, secretKey: shop.secretKey, apiUrl: api.url });
    const answer = await sdk.events.create('order.paid', {
      event: 'order.paid',
      customer: { source_id: 'sdk-1', email: 'sdk@example.com' },
      metadata: { amount: 1200 },
    });
    expect(answer).toMatchObject({ object: 'event', type: 'order.paid' });
    const events = (await api.as(shop)('GET', '/v1/events?customer=sdk-1')).body;
    expect(events.events.map((event: { type: string }) => event.type).toSorted()).toEqual(['customer.created', 'order.paid']);
    expect(events.events.find((event: { type: string }) => event.type === 'order.paid').data).toEqual({ amount: 1200 });
    await until('it was routed', async () => (await book.count('order.paid')) === 1);
  });

  test('happens once for one Idempotency-Key, though it is told five times at once', async () => {
    const tell = () =>
      api.as(shop)('POST', '/v1/events', { event: 'order.refunded', customer: { source_id: 'once-1' } }, { 'Idempotency-Key': 'refund-1' });
    const answers = await Promise.all([tell(), tell(), tell(), tell(), tell()]);
    expect(new Set(answers.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
    expect((await api.as(shop)('GET', '/v1/events?customer=once-1&type=order.refunded')).body.total).toBe(1);
  });

  test('is in the customer’s time, which a sandbox may have forwarded', async () => {
    await api.as(shop)('POST', '/v1/customers', { source_id: 'ahead' });
    await database.sql`update customer set clock_offset_ms = 86400000 where source_id = 'ahead'`;
    await api.as(shop)('POST', '/v1/events', { event: 'order.paid', customer: { source_id: 'ahead' } });
    const [event] = (await api.as(shop)('GET', '/v1/events?customer=ahead&type=order.paid')).body.events;
    expect(Date.parse(event.occurred_at) - Date.parse(event.created_at)).toBeGreaterThan(86_000_000);
  });

  test.each([
    ['no customer', { event: 'order.paid' }, ['customer']],
    ['a customer of whom nothing is said', { event: 'order.paid', customer: {} }, ['customer.source_id']],
    ['a name that only Couponry uses', { event: 'redemption.succeeded', customer: { source_id: 'x' } }, ['event']],
    ['fields that are not known', { event: 'a.b', customer: { source_id: 'x' }, data: {} }, ['data']],
  ])('is refused with %s', async (_what, body, paths) => {
    const answer = await api.as(shop)('POST', '/v1/events', body);
    expect(answer).toMatchObject({ status: 400, body: { key: 'invalid_payload' } });
    expect(answer.body.errors.map((each: { path: string }) => each.path)).toEqual(paths);
  });

  test('of a customer id that is not there is 404, and so is a list of it', async () => {
    expect(await api.as(shop)('POST', '/v1/events', { event: 'a.b', customer: { id: 'cust_nobody' } })).toMatchObject({ status: 404 });
    expect(await api.as(shop)('GET', '/v1/events?customer=nobody')).toMatchObject({ status: 404 });
  });
});
