import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import Ajv2020 from 'ajv/dist/2020.js';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEndpointRoutes } from '../../../api/routes/endpoints.ts';
import { createEventRoutes } from '../../../api/routes/events.ts';
import { createWebhookDeliveryRoutes } from '../../../api/routes/webhook-deliveries.ts';
import { createFanOut } from '../../../relay/fan-out.ts';
import type { Relay } from '../../../relay/relay.ts';
import { resourceRoutes, startApi, type Reply, type TestApi } from '../../harness/api.ts';
import { providerNamed } from '../../../domain/webhook/signature/registry.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { createTestRelay, until } from '../../harness/relay.ts';
import { createWebhookEngine, startReceiver, type WebhookReceiver } from '../../harness/webhooks.ts';
import { testBox } from '../../harness/webhook-source.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let other: TestProject;
let relay: Relay;
let receiver: WebhookReceiver;
let engine: ReturnType<typeof createWebhookEngine>;
const connection = Connection.lazy({ address: '127.0.0.1:1' });

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  const now = () => new Date();
  relay = createTestRelay({ sql, client: new Client({ connection }), routes: [createFanOut({ now })] });
  relay.start();
  receiver = await startReceiver();
  engine = createWebhookEngine(sql, testBox);
  const deps = { sql, box: testBox, now, randomBytes, addresses: { nets: ['127.0.0.1'], ports: [443] } };
  api = await startApi(sql, {
    routes: [...resourceRoutes(sql), ...createEndpointRoutes(deps), ...createWebhookDeliveryRoutes(deps), ...createEventRoutes(deps)],
  });
  other = await createProject(sql);
});
beforeEach(async () => {
  shop = await createProject(database.sql);
  receiver.received.length = 0;
  receiver.answer((response) => void response.end('taken'));
});
afterAll(async () => {
  await api.stop();
  await relay.stop();
  await connection.close();
  await receiver.close();
  engine.close();
  await database.drop();
});

const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply> =>
  api.as(shop)(method, `/v1/webhooks${path}`, body, headers);

const create = async (body: object = {}): Promise<Reply['body']> => {
  const made = await call('POST', '/endpoints', { url: receiver.url, ...body });
  expect(made.status).toBe(200);
  return made.body;
};

const tell = (event: string, sourceId = 'crm-1'): Promise<Reply> =>
  api.as(shop)('POST', '/v1/events', { event, customer: { source_id: sourceId }, metadata: { total: 5000 } });

const routed = () =>
  until('all events were routed', async () => {
    const waiting = await database.sql`select 1 from outbox where project_id = ${shop.project.id}`;
    return waiting.length === 0;
  });

const deliveries = async (query = ''): Promise<{ id: string; event_type: string; state: string }[]> =>
  (await call('GET', `/deliveries?order=created_at&limit=100${query}`)).body.deliveries;

describe('an endpoint', () => {
  test('is made with a secret that is told then and where it is asked for, and is kept nowhere in the clear', async () => {
    const body = { url: receiver.url, headers: { 'X-Token': 'theirs' }, rate_per_second: 5 };
    const make = () => call('POST', '/endpoints', body, { 'Idempotency-Key': 'make-once' });
    const [made, again] = [await make(), await make()];
    expect(made.body).toMatchObject({
      object: 'webhook_endpoint',
      event_types: ['*'],
      headers: ['x-token'],
      rate_per_second: 5,
      state: 'active',
      secret: expect.stringMatching(/^whsec_/),
      secrets: [{ signature: 'v1', until: null }],
    });
    expect(again.body).toEqual(made.body);
    expect((await call('GET', `/endpoints/${made.body.id}/secret`)).body).toEqual({ secret: made.body.secret });
    expect(JSON.stringify((await call('GET', '/endpoints')).body)).not.toMatch(/whsec_|theirs/);
    const kept = await database.sql`select 1 from idempotency where body like ${`%${made.body.secret.slice(6, 26)}%`}`;
    expect(kept).toHaveLength(0);
  });

  test.each([
    [{ url: 'http://10.0.0.1/' }, 'url', '10.0.0.1 is not a public address'],
    [{ url: 'https://shop.example/', event_types: [] }, 'event_types', /.+/],
    [{ url: 'https://shop.example/', event_types: ['a b*'] }, 'event_types[0]', /must be the name of an event/],
    [{ url: 'https://shop.example/', headers: { 'Webhook-Id': '1' } }, 'headers.Webhook-Id', /.+/],
    [{ url: 'https://shop.example/', headers: { a: 'b\r\nc: d' } }, 'headers.a', /printable ASCII/],
    [{ url: 'https://shop.example/', secret: 'hunter2' }, 'secret', /base64 after whsec_/],
  ])('%o is refused', async (body, path, message) => {
    const refused = await call('POST', '/endpoints', body);
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path, message: expect.stringMatching(message) }] } });
  });

  test('belongs to its project', async () => {
    const { id } = await create();
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['GET', '/secret', undefined],
      ['PUT', '', { state: 'paused' }],
      ['POST', '/rotate-secret', {}],
      ['POST', '/test', {}],
      ['POST', '/recover', { since: '2026-01-01' }],
      ['DELETE', '', undefined],
    ] as const) {
      expect(await api.as(other)(method, `/v1/webhooks/endpoints/${id}${path}`, body), `${method} ${path}`).toMatchObject({ status: 404 });
    }
  });

  test('with a secret that is being replaced gets webhooks that both verify, and is changed in part', async () => {
    const { id, secret: old } = await create();
    const { body: fresh } = await call('POST', `/endpoints/${id}/rotate-secret`, {});
    expect(fresh.secrets).toEqual([
      { signature: 'v1', until: null },
      { signature: 'v1', until: expect.any(String) },
    ]);
    await call('PUT', `/endpoints/${id}`, { description: 'ours', headers: { 'x-a': 'b' } });
    expect((await call('GET', `/endpoints/${id}`)).body).toMatchObject({ description: 'ours', url: receiver.url, secrets: fresh.secrets });
    await call('POST', `/endpoints/${id}/test`, { event_type: 'voucher.expired' });
    await engine.drain({ id });
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    for (const secret of [old, fresh.secret]) {
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({ type: 'voucher.expired' });
    }
    expect(headers).toMatchObject({ 'x-a': 'b' });
    const ed25519 = await call('POST', `/endpoints/${id}/rotate-secret`, { signature: 'v1a', overlap: 'PT0S' });
    expect(ed25519.body).toMatchObject({ secret: expect.stringMatching(/^whpk_/), secrets: [{ signature: 'v1a', until: null }] });
    await call('POST', `/endpoints/${id}/test`, {});
    await engine.drain({ id });
    const signed = receiver.received.at(-1)!;
    const proof = providerNamed('standard-webhooks').verify(
      { method: 'POST', url: receiver.url, headers: signed.headers, body: Buffer.from(signed.body) } as never,
      [ed25519.body.secret],
      {},
      Date.now(),
    );
    expect(proof).toMatchObject({ genuine: true });
    expect(signed.headers['webhook-signature']).toMatch(/^v1a,[A-Za-z0-9+/=]+$/);
  });
});

describe('an event', () => {
  test('goes to each endpoint that subscribes to it, once, and to no other', async () => {
    const all = await create();
    const paid = await create({ event_types: ['order.paid'] });
    await create({ event_types: ['voucher.*'] });
    await create({ state: 'disabled' });
    const told = await tell('order.paid');
    await tell('order.refunded');
    await routed();
    const planned = await deliveries();
    expect(planned.map(({ event_type }) => event_type).toSorted()).toEqual([
      'customer.created',
      'order.paid',
      'order.paid',
      'order.refunded',
    ]);
    expect(await deliveries(`&endpoint=${paid.id}`)).toMatchObject([{ event_type: 'order.paid', state: 'planned' }]);
    await engine.drain(paid);
    await engine.drain(all);
    const bodies = receiver.received.map(({ body }) => JSON.parse(body) as { type: string });
    expect(bodies.filter(({ type }) => type === 'order.paid')).toEqual(
      Array.from({ length: 2 }, () => ({
        type: 'order.paid',
        timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
        event_id: told.body.id,
        customer: { id: told.body.customer.id, source_id: 'crm-1' },
        data: { total: 5000 },
      })),
    );
    const [delivery] = await deliveries(`&endpoint=${paid.id}`);
    const one = await call('GET', `/deliveries/${delivery?.id}`);
    expect(one.body).toMatchObject({
      state: 'accepted',
      event_id: told.body.id,
      body: { data: { total: 5000 } },
      attempts: [{ number: 1, outcome: 'accepted', status: 200, answer: 'taken', duration_ms: expect.any(Number) }],
    });
    expect(await api.as(other)('GET', `/v1/webhooks/deliveries/${delivery?.id}`)).toMatchObject({ status: 404 });
  });

  test('waits for an endpoint that is paused', async () => {
    const endpoint = await create({ event_types: ['order.paid'] });
    await call('PUT', `/endpoints/${endpoint.id}`, { state: 'paused' });
    await tell('order.paid');
    await routed();
    expect(await engine.drain(endpoint)).toMatchObject({ found: 0, nextDue: null });
    await call('PUT', `/endpoints/${endpoint.id}`, { state: 'active' });
    expect(await engine.drain(endpoint)).toMatchObject({ found: 1 });
  });

  test('that an endpoint missed comes by recover, as does what failed; and one webhook is sent again by hand', async () => {
    const since = new Date().toISOString();
    receiver.answer((response) => void response.writeHead(410).end());
    const endpoint = await create({ event_types: ['order.*'] });
    await tell('order.paid');
    await routed();
    await engine.drain(endpoint);
    expect((await call('GET', `/endpoints/${endpoint.id}`)).body).toMatchObject({ state: 'disabled', disabled_reason: 'gone' });
    await tell('order.refunded');
    await routed();
    receiver.answer((response) => void response.end());
    expect((await call('PUT', `/endpoints/${endpoint.id}`, { state: 'active' })).body).toMatchObject({ disabled_reason: null });
    const recover = () => call('POST', `/endpoints/${endpoint.id}/recover`, { since });
    expect((await recover()).body).toEqual({ object: 'webhook_recovery', resent: 1, planned: 1, next_since: null });
    await engine.drain(endpoint);
    const sent = await deliveries();
    expect(sent).toMatchObject([
      { event_type: 'order.paid', state: 'accepted' },
      { event_type: 'order.refunded', state: 'accepted' },
    ]);
    expect((await recover()).body).toMatchObject({ resent: 0, planned: 0 });
    expect((await call('POST', `/deliveries/${sent[0]?.id}/resend`)).body).toMatchObject({ id: sent[0]?.id, state: 'planned' });
    await engine.drain(endpoint);
    expect(receiver.received.filter(({ headers }) => headers['webhook-id'] === sent[0]?.id)).toHaveLength(3);
  });

  test('of an endpoint that is deleted goes nowhere', async () => {
    const { id } = await create();
    await tell('order.paid');
    await routed();
    expect(await call('DELETE', `/endpoints/${id}`)).toMatchObject({ status: 204 });
    expect(await deliveries()).toEqual([]);
    expect(await engine.drain({ id })).toMatchObject({ found: 0, nextDue: null });
  });
});

test('every type of event has a schema that its example fulfils', async () => {
  const { body } = await call('GET', '/event-types');
  const ajv = new Ajv2020.Ajv2020({ strict: false, validateFormats: false });
  expect(body.total).toBeGreaterThan(20);
  for (const { type, schema, example } of body.event_types) {
    expect(ajv.validate(schema, example), `${type}: ${ajv.errorsText()}`).toBe(true);
  }
});
