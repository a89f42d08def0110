import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEY_TTL_MS } from '../../api/http/auth.ts';
import { route, type Route } from '../../api/http/route.ts';
import { createApiKey, revokeApiKey, type NewApiKey } from '../../db/project/api-keys.ts';
import { startApi, resourceRoutes, type TestApi } from '../harness/api.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;

/** A route for browsers that says who called. */
const whoAmI: Route = route({
  method: 'post',
  path: '/client/v1/whoami',
  tag: 'Client',
  summary: 'Who calls',
  scope: 'validations:write',
  responses: { 200: { description: 'The project' } },
  handler: async ({ project }) => ({ status: 200, body: { project: project.id } }),
});

beforeAll(async () => {
  database = await createDatabase();
  api = await startApi(database.sql, { routes: [...resourceRoutes(database.sql), whoAmI] });
  shop = await createProject(database.sql);
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

const list = (headers: Record<string, string>) => api.send('/v1/vouchers', { headers });
const key = async (more: Partial<NewApiKey>) =>
  createApiKey(database.sql, { projectId: shop.project.id, name: 'key', kind: 'secret', ...more });

describe('a server', () => {
  test('shows the application id and the secret key, or the key alone as a bearer', async () => {
    expect((await list({ 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey })).status).toBe(200);
    expect((await list({ Authorization: `Bearer ${shop.secretKey}` })).status).toBe(200);
    expect((await list({ Authorization: `Bearer ${shop.secretKey}`, 'X-App-Id': shop.appId })).status).toBe(200);
  });

  test('is not let in with anything else', async () => {
    const other = await createProject(database.sql);
    const tries: Record<string, string>[] = [
      {},
      { 'X-App-Id': shop.appId },
      { 'X-App-Token': shop.secretKey },
      { 'X-App-Id': shop.appId, 'X-App-Token': '' },
      { 'X-App-Id': shop.appId, 'X-App-Token': `${shop.secretKey}x` },
      { 'X-App-Id': shop.appId, 'X-App-Token': other.secretKey },
      { 'X-App-Id': other.appId, Authorization: `Bearer ${shop.secretKey}` },
      { 'X-App-Id': shop.appId, 'X-App-Token': shop.publishableKey },
      { Authorization: `Basic ${shop.secretKey}` },
      { Authorization: 'Bearer' },
    ];
    for (const headers of tries) {
      const reply = await list(headers);
      expect(reply, JSON.stringify(headers)).toMatchObject({ status: 401, body: { code: 401, key: 'unauthorized' } });
    }
  });

  test('does what its scopes say, and nothing else', async () => {
    const { token } = await key({ scopes: ['vouchers:read', 'customers:*'] });
    const as = (method: string, path: string, body?: string) =>
      api.send(path, { method, body, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } });
    expect((await as('GET', '/v1/vouchers')).status).toBe(200);
    expect((await as('POST', '/v1/customers', '{"source_id":"scoped"}')).status).toBe(200);
    expect(await as('POST', '/v1/vouchers/A/disable', '{}')).toMatchObject({ status: 403, body: { key: 'forbidden' } });
    expect((await as('GET', '/v1/campaigns')).body.details).toBe('The key needs the scope campaigns:read.');
  });

  test('has the scopes of its role where none are given, and none where the list is empty', async () => {
    const viewer = await key({ role: 'viewer' });
    const nobody = await key({ scopes: [] });
    expect((await list({ Authorization: `Bearer ${viewer.token}` })).status).toBe(200);
    expect((await list({ Authorization: `Bearer ${nobody.token}` })).status).toBe(403);
  });

  test('is out within seconds after its key was revoked', async () => {
    const { apiKey, token } = await key({});
    expect((await list({ Authorization: `Bearer ${token}` })).status).toBe(200);
    expect(await revokeApiKey(database.sql, shop.project.id, apiKey.id)).toBe(true);
    await sleep(KEY_TTL_MS + 200);
    expect((await list({ Authorization: `Bearer ${token}` })).status).toBe(401);
  });
});

test('the database holds no key, only its hash', async () => {
  const [row] = await database.sql<{ row: string }[]>`select string_agg(k::text, ' ') as row from api_key k`;
  expect(row!.row).not.toContain(shop.secretKey);
});

describe('a browser', () => {
  const ask = (headers: Record<string, string>, method = 'POST') => api.send('/client/v1/whoami', { method, headers });
  const credentials = () => ({ 'X-Client-Application-Id': shop.appId, 'X-Client-Token': shop.publishableKey });

  test('at an origin that the publishable key names is let in', async () => {
    const reply = await ask({ ...credentials(), Origin: 'https://shop.example' });
    expect(reply).toMatchObject({ status: 200, body: { project: shop.project.id } });
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://shop.example');
  });

  test('elsewhere is not, and neither is a secret key', async () => {
    const elsewhere = await ask({ ...credentials(), Origin: 'https://evil.example' });
    expect(elsewhere).toMatchObject({ status: 403, body: { key: 'forbidden' } });
    expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull();
    expect((await ask(credentials())).status).toBe(403);
    const secret = { 'X-Client-Application-Id': shop.appId, 'X-Client-Token': shop.secretKey, Origin: 'https://shop.example' };
    expect((await ask(secret)).status).toBe(401);
    expect((await ask({ 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey, Origin: 'https://shop.example' })).status).toBe(401);
  });

  test('may ask beforehand, below /client/v1 alone', async () => {
    const asked = await ask({ Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' }, 'OPTIONS');
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-headers')).toContain('X-Client-Token');
    const server = await api.send('/v1/vouchers', { method: 'OPTIONS', headers: { Origin: 'https://shop.example' } });
    expect(server.status).toBe(405);
    expect(server.headers.get('access-control-allow-origin')).toBeNull();
  });
});
