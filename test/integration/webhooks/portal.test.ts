import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPortalRouter } from '../../../api/portal/router.ts';
import { createEndpointRoutes } from '../../../api/routes/endpoints.ts';
import { createPortalLinkRoutes } from '../../../api/routes/portal-links.ts';
import { signPortalAccess } from '../../../domain/webhook/portal-token.ts';
import { startApi, type Reply, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { createTestEndpoint, createWebhookEngine, startReceiver, type TestEndpoint, type WebhookReceiver } from '../../harness/webhooks.ts';
import { testBox } from '../../harness/webhook-source.ts';

const key = randomBytes(32);
let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let receiver: WebhookReceiver;
let engine: ReturnType<typeof createWebhookEngine>;
let endpoint: TestEndpoint;
let other: TestEndpoint;
let token: string;
let made: { url: string };
let now = () => new Date();

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  shop = await createProject(sql);
  receiver = await startReceiver();
  engine = createWebhookEngine(sql, testBox);
  const deps = { sql, box: testBox, now: () => now(), randomBytes, addresses: { nets: ['127.0.0.1'], ports: [443] } };
  const links = { publicUrl: 'https://coupons.example.com', key };
  const log = { error: () => {} };
  api = await startApi(sql, {
    routes: [...createEndpointRoutes(deps), ...createPortalLinkRoutes({ ...deps, links })],
    routers: [createPortalRouter({ ...deps, links, log })],
  });
  endpoint = await createTestEndpoint(sql, testBox, shop.project.id, { url: receiver.url, headers: { 'x-token': 'of the sender' } });
  other = await createTestEndpoint(sql, testBox, shop.project.id, { url: receiver.url });
  const link = await api.as(shop)('POST', `/v1/webhooks/endpoints/${endpoint.id}/portal-link`, { expires_in: 'PT1H' });
  made = link.body;
  token = new URL(made.url).hash.slice(1);
});
afterAll(async () => {
  await api.stop();
  await receiver.close();
  engine.close();
  await database.drop();
});

const ask = (path: string, method = 'GET', bearer = token): Promise<Reply> =>
  api.send(`/portal/api/${path}`, { method, headers: { authorization: `Bearer ${bearer}` } });

test('a link is made for one endpoint, with its token where no server logs it', () => {
  expect(made).toMatchObject({ object: 'portal_link', url: expect.stringMatching(/^https:\/\/coupons\.example\.com\/portal\/#/) });
});

describe('who has a portal link', () => {
  test('sees the endpoint without what its owner keeps to themselves', async () => {
    const { status, body } = await ask('endpoint');
    expect({ status, body }).toMatchObject({ status: 200, body: { url: receiver.url, state: 'active', event_types: ['*'] } });
    expect(JSON.stringify(body)).not.toMatch(/of the sender|x-token|whsec_/);
  });

  test('sees what was sent, with each attempt, and sends it again', async () => {
    receiver.answer((response) => void response.writeHead(500).end('out of order'));
    const [id = ''] = await endpoint.plan([null]);
    await engine.drain(endpoint);
    expect((await ask('deliveries?state=planned')).body).toMatchObject({
      total: 1,
      has_more: false,
      deliveries: [{ id, attempts_count: 1 }],
    });
    expect((await ask(`deliveries/${id}`)).body).toMatchObject({
      body: { type: 'order.paid' },
      attempts: [{ status: 500, answer: 'out of order' }],
    });
    receiver.answer((response) => void response.end('taken'));
    expect((await ask(`deliveries/${id}/resend`, 'POST')).body).toMatchObject({ id, state: 'planned' });
    await engine.drain(endpoint);
    expect((await ask(`deliveries/${id}`)).body.state).toBe('accepted');
  });

  test('sees the secret, rotates it with a day’s overlap, and has an example sent that both prove', async () => {
    const before = (await ask('secret')).body.secret;
    const rotated = (await ask('secret/rotate', 'POST')).body;
    expect(rotated.secret).not.toBe(before);
    expect(rotated.secrets).toHaveLength(2);
    const made = (await ask('test', 'POST')).body;
    expect(made).toMatchObject({ event_type: 'redemption.succeeded', state: 'planned' });
    await engine.drain(endpoint);
    const received = receiver.received.at(-1);
    for (const secret of [before, rotated.secret])
      expect(new Webhook(secret).verify(received?.body ?? '', received?.headers as Record<string, string>)).toBeTruthy();
  });

  test('stays within the endpoint', async () => {
    const [id = ''] = await other.plan([null]);
    expect((await ask(`deliveries/${id}`)).status).toBe(404);
    expect((await ask(`deliveries/${id}/resend`, 'POST')).status).toBe(404);
    expect((await ask('deliveries')).body.deliveries.map((each: { endpoint_id: string }) => each.endpoint_id)).not.toContain(other.id);
  });

  test('is turned away without a token, with one that was changed, and when its time is over', async () => {
    const [body, mac] = token.split('.');
    const access = { projectId: shop.project.id, endpointId: other.id, until: Date.now() + 60_000 };
    const forged = signPortalAccess(randomBytes(32), access).split('.');
    for (const bearer of ['', 'x', `${body}`, `${body}.${mac}x`, `${forged[0]}.${mac}`, forged.join('.'), `${body}.${mac}.`])
      expect(await ask('endpoint', 'GET', bearer)).toMatchObject({ status: 401, body: { key: 'unauthorized' } });
    now = () => new Date(Date.now() + 3_601_000);
    expect((await ask('endpoint')).status).toBe(401);
    now = () => new Date();
    for (const expires_in of ['PT0S', 'P31D'])
      expect((await api.as(shop)('POST', `/v1/webhooks/endpoints/${endpoint.id}/portal-link`, { expires_in })).status).toBe(400);
  });
});

test('the page is served with all it needs, and may load nothing from elsewhere', async () => {
  for (const path of ['/portal/', '/portal/portal.css', '/portal/portal.js']) {
    const { status, headers, body } = await api.send(path, {});
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(String(body).replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//);
  }
});
