import { readFileSync } from 'node:fs';
import { createServer as createSecureServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEndpointRoutes } from '../../../api/routes/endpoints.ts';
import { createEventRoutes } from '../../../api/routes/events.ts';
import { createWebhookDeliveryRoutes } from '../../../api/routes/webhook-deliveries.ts';
import { planDeliveries } from '../../../db/delivery/deliveries.ts';
import { ensureSmtpRoute } from '../../../db/delivery/destinations.ts';
import { awsHeaders } from '../../../domain/webhook/aws-signature.ts';
import { RENDERED_MESSAGE_EXAMPLE } from '../../../domain/delivery/rendered-message.ts';
import { createFanOut } from '../../../relay/fan-out.ts';
import type { Relay } from '../../../relay/relay.ts';
import { resourceRoutes, startApi, type Reply, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { createTestRelay, until } from '../../harness/relay.ts';
import { createWebhookEngine, startReceiver, type WebhookReceiver } from '../../harness/webhooks.ts';
import { testBox } from '../../harness/webhook-source.ts';

const pem = (name: string): string => readFileSync(new URL(`../../harness/tls/${name}.pem`, import.meta.url), 'utf8');

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
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

const call = (method: string, path: string, body?: unknown): Promise<Reply> => api.as(shop)(method, `/v1/webhooks${path}`, body);

const create = async (body: object = {}): Promise<Reply['body']> => {
  const made = await call('POST', '/endpoints', { url: receiver.url, event_types: ['order.*'], ...body });
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  return made.body;
};

const tell = async (event: string, metadata: Record<string, unknown> = {}): Promise<void> => {
  await api.as(shop)('POST', '/v1/events', { event, customer: { source_id: 'crm-1' }, metadata });
  await until('all events were routed', async () => {
    const waiting = await database.sql`select 1 from outbox where project_id = ${shop.project.id}`;
    return waiting.length === 0;
  });
};

const typesReceived = () => receiver.received.map(({ body }) => (JSON.parse(body) as { data: { total?: number } }).data.total);

test('a filter decides which of its events an endpoint gets, when they are recovered too', async () => {
  const endpoint = await create({ filter: 'event.data.total > 100', name: 'big-orders' });
  expect(endpoint).toMatchObject({ filter: 'event.data.total > 100', name: 'big-orders' });
  for (const total of [50, 150, 250]) await tell('order.paid', { total });
  await tell('order.paid');
  await engine.drain(endpoint);
  expect(typesReceived().toSorted((a = 0, b = 0) => a - b)).toEqual([150, 250]);
  await call('PUT', `/endpoints/${endpoint.id}`, { filter: 'event.data.total > 200', description: 'large ones' });
  const late = await create({ filter: 'event.data.total > 200' });
  expect((await call('POST', `/endpoints/${late.id}/recover`, { since: '2020-01-01' })).body.planned).toBe(1);
  expect((await call('PUT', `/endpoints/${endpoint.id}`, { filter: null })).body).toMatchObject({
    filter: null,
    description: 'large ones',
  });
  expect(await call('POST', '/endpoints', { url: receiver.url, filter: 'total >' })).toMatchObject({ status: 400 });
  expect(await call('POST', '/endpoints', { url: receiver.url, name: 'big-orders' })).toMatchObject({ status: 409 });
  expect(await call('PUT', `/endpoints/${late.id}`, { name: 'big-orders' })).toMatchObject({ status: 409 });
});

test('a range of webhooks is replayed under their ids, of those types and states that are asked for', async () => {
  const endpoint = await create();
  for (const total of [1, 2]) await tell('order.paid', { total });
  const between = new Date(Date.now() + 1);
  await until('a moment has passed', async () => Date.now() > between.getTime());
  await tell('order.refunded', { total: 3 });
  await engine.drain(endpoint);
  const ids = receiver.received.map(({ headers }) => String(headers['webhook-id']));
  const replay = (body: object) => call('POST', `/endpoints/${endpoint.id}/replay`, body);
  expect((await replay({ from: '2020-01-01', event_types: ['order.refunded'] })).body).toEqual({
    object: 'webhook_replay',
    resent: 1,
    next_from: null,
  });
  expect((await replay({ from: '2020-01-01', states: ['failed'] })).body.resent).toBe(0);
  await engine.drain(endpoint);
  expect((await replay({ from: '2020-01-01', until: between.toISOString() })).body.resent).toBe(2);
  await engine.drain(endpoint);
  expect(
    receiver.received
      .slice(3)
      .map(({ headers }) => String(headers['webhook-id']))
      .toSorted(),
  ).toEqual(ids.toSorted());
  expect(await replay({ from: '2020-01-02', until: '2020-01-01' })).toMatchObject({ status: 400 });
});

describe('an endpoint behind OAuth', () => {
  test('gets webhooks with a token, which is fetched once, and anew when it is not taken', async () => {
    const issued: string[] = [];
    const issuer = await startReceiver();
    issuer.answer((response) => {
      issued.push(`token-${issued.length + 1}`);
      response.end(JSON.stringify({ access_token: issued.at(-1), token_type: 'bearer', expires_in: 3600 }));
    });
    const oauth = { token_url: issuer.url, client_id: 'couponry', client_secret: 's:e/cret', scope: 'webhooks' };
    const endpoint = await create({ oauth, retry_schedule: [0.1] });
    expect(JSON.stringify((await call('GET', `/endpoints/${endpoint.id}`)).body)).not.toContain('e/cret');
    expect(endpoint.oauth).toEqual({ token_url: issuer.url, client_id: 'couponry', scope: 'webhooks', audience: null });
    for (const total of [1, 2, 3]) await tell('order.paid', { total });
    await engine.drain(endpoint);
    expect(new Set(receiver.received.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer token-1']));
    expect(issuer.received[0]).toMatchObject({
      headers: { authorization: `Basic ${Buffer.from('couponry:s%3Ae%2Fcret').toString('base64')}` },
      body: 'grant_type=client_credentials&scope=webhooks',
    });
    receiver.answer((response, request) => void response.writeHead(request.headers.authorization === 'Bearer token-1' ? 401 : 200).end());
    await tell('order.paid', { total: 4 });
    await engine.drain(endpoint);
    await until('it is due again', async () => (await engine.drain(endpoint)).found > 0);
    expect(receiver.received.at(-1)?.headers.authorization).toBe('Bearer token-2');
    issuer.answer((response) => void response.writeHead(500).end());
    const other = await create({ oauth });
    await tell('order.paid', { total: 5 });
    await engine.drain(other);
    const [delivery] = (await call('GET', `/deliveries?endpoint=${other.id}`)).body.deliveries;
    expect((await call('GET', `/deliveries/${delivery.id}`)).body.attempts[0]).toMatchObject({
      outcome: 'retry',
      answer: 'no OAuth token: status 500',
    });
    expect(
      await call('POST', '/endpoints', { url: receiver.url, oauth: { ...oauth, token_url: 'http://169.254.169.254/token' } }),
    ).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'oauth.token_url' }] },
    });
    await issuer.close();
  });
});

test('an endpoint at Amazon gets requests that its keys signed, each attempt anew, and nobody sees the keys again', async () => {
  const aws = {
    access_key_id: 'AKIDEXAMPLE',
    secret_access_key: 'wJalrXUtnFEMI/K7MDENG',
    session_token: 'FwoGZXIvYXdzEBY=',
    region: 'eu-central-1',
  };
  const endpoint = await create({ aws, headers: { 'X-Theirs': '1' }, retry_schedule: [0.1] });
  expect(endpoint.aws).toEqual({ access_key_id: 'AKIDEXAMPLE', region: 'eu-central-1', service: 'ses' });
  const shown = JSON.stringify((await call('PUT', `/endpoints/${endpoint.id}`, { description: 'mails' })).body);
  expect(shown).toContain('AKIDEXAMPLE');
  expect(shown).not.toMatch(/wJalrXUtnFEMI|FwoGZXIvYXdzEBY/);
  receiver.answer((response, _, count) => void response.writeHead(count === 1 ? 503 : 200).end());
  await tell('order.paid', { total: 1 });
  await engine.drain(endpoint);
  await until('it is due again', async () => (await engine.drain(endpoint)).found > 0);
  expect(receiver.received).toHaveLength(2);
  for (const { headers, body } of receiver.received) {
    const date = String(headers['x-amz-date']).replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5');
    const request = { method: 'POST', url: new URL(receiver.url), headers: { 'content-type': 'application/json' }, body };
    expect(headers).toMatchObject(awsHeaders({ ...aws, service: 'ses' }, request, new Date(date)));
    expect(headers).toMatchObject({ 'x-theirs': '1', 'x-amz-security-token': aws.session_token });
  }
  const oauth = { token_url: receiver.url, client_id: 'a', client_secret: 'b' };
  expect(await call('PUT', `/endpoints/${endpoint.id}`, { oauth })).toMatchObject({ status: 400, body: { errors: [{ path: 'aws' }] } });
  expect((await call('PUT', `/endpoints/${endpoint.id}`, { oauth, aws: null })).body).toMatchObject({
    aws: null,
    oauth: { client_id: 'a' },
  });
});

describe('an endpoint behind mutual TLS', () => {
  let server: Server;
  const callers: string[] = [];

  beforeAll(async () => {
    server = createSecureServer(
      { key: pem('server.key'), cert: pem('server'), ca: pem('ca'), requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        callers.push((request.socket as TLSSocket).getPeerCertificate().subject.CN as string);
        response.end('taken');
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('is shown our certificate, and believed by its authority; without, nothing arrives', async () => {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
    const certificate = { cert: pem('client'), key: pem('client.key'), ca: pem('ca') };
    const shown = await create({ url, client_certificate: certificate });
    expect(shown.client_certificate).toMatchObject({ subject: 'CN=couponry-test-client' });
    const bare = await create({ url });
    await tell('order.paid');
    await engine.drain(shown);
    await engine.drain(bare);
    expect(callers).toEqual(['couponry-test-client']);
    const stateOf = async (endpoint: { id: string }) => (await call('GET', `/deliveries?endpoint=${endpoint.id}`)).body.deliveries[0].state;
    expect([await stateOf(shown), await stateOf(bare)]).toEqual(['accepted', 'planned']);
    const wrong = { ...certificate, key: pem('server.key') };
    expect(await call('POST', '/endpoints', { url, client_certificate: wrong })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'client_certificate' }] },
    });
  });
});

test('an email system gets the mail in the shape of its API, and nothing that is no mail', async () => {
  const endpoint = await create({ format: 'postmark', event_types: undefined, headers: { 'X-Postmark-Server-Token': 'theirs' } });
  expect(endpoint.event_types).toEqual(['coupon.rendered']);
  expect(await call('PUT', `/endpoints/${endpoint.id}`, { event_types: ['*'] })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'event_types' }] },
  });
  const { customer } = RENDERED_MESSAGE_EXAMPLE;
  const planned = [RENDERED_MESSAGE_EXAMPLE, { ...RENDERED_MESSAGE_EXAMPLE, customer: { ...customer, email: null } }].map(
    (data, index) => ({
      projectId: shop.project.id,
      destinationId: endpoint.id,
      kind: 'webhook' as const,
      dedupeKey: `rendered ${index}`,
      customerId: null,
      enrolmentId: null,
      eventId: null,
      priority: 3,
      dueAt: new Date(),
      payload: { type: 'coupon.rendered', body: { type: 'coupon.rendered', data } },
    }),
  );
  await database.sql.begin((tx) => planDeliveries(tx, planned));
  await engine.drain(endpoint);
  expect(receiver.received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
    { To: '"Ada Lovelace" <ada@example.com>', Subject: RENDERED_MESSAGE_EXAMPLE.subject },
  ]);
  expect(receiver.received[0]?.headers['x-postmark-server-token']).toBe('theirs');
  expect((await call('GET', `/deliveries?endpoint=${endpoint.id}&state=failed`)).body.deliveries).toMatchObject([{ reason: 'no_mail' }]);
  expect((await call('POST', `/endpoints/${endpoint.id}/test`, {})).body.event_type).toBe('coupon.rendered');
});

test('the owner of an endpoint gets a mail when it is disabled, once', async () => {
  const route = await ensureSmtpRoute(database.sql, shop.project.id, { from: { name: 'Shop', email: 'shop@example.com' } });
  const endpoint = await create({ owner_email: 'owner@example.com' });
  receiver.answer((response) => void response.writeHead(410).end());
  await tell('order.paid');
  await tell('order.paid');
  await engine.drain(endpoint);
  expect((await call('GET', `/endpoints/${endpoint.id}`)).body).toMatchObject({
    state: 'disabled',
    disabled_reason: 'gone',
    owner_email: 'owner@example.com',
  });
  const mails = await database.sql<
    { payload: { to: string; data: unknown } }[]
  >`select payload from delivery where destination_id = ${route.id}`;
  expect(mails.map(({ payload }) => payload)).toMatchObject([
    { to: 'owner@example.com', topic: 'transactional', template: 'endpoint-disabled', data: { data: { url: receiver.url, gone: true } } },
  ]);
});
