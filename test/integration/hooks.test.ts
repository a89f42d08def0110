import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHooksRouter } from '../../api/hooks/router.ts';
import { findInboundEvent } from '../../db/source/inbound-events.ts';
import { lockSource, rotatedSecrets, writeSource } from '../../db/source/sources.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';
import {
  createTestSource,
  openHooks,
  serve,
  testBox,
  type SignedRequest,
  type TestServer,
  type TestSource,
} from '../harness/webhook-source.ts';

let database: TestDatabase;
let server: TestServer;
let crm: TestSource;
let now: () => Date = () => new Date();

beforeAll(async () => {
  database = await createDatabase();
  const { project } = await createProject(database.sql);
  crm = await createTestSource(database.sql, project.id);
  const log = { error: () => {}, info: () => {} };
  server = await serve(
    createHooksRouter({ sql: database.sql, box: testBox, now: () => now(), publicUrl: 'http://localhost', log, ...openHooks }),
  );
});

afterAll(async () => {
  await server.close();
  await database.drop();
});

const post = async ({ headers, body }: SignedRequest, path = `/hooks/${crm.source.id}`, init: RequestInit = {}) => {
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body, ...init });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
};

const stored = async (sourceId = crm.source.id) => {
  const [row] = await database.sql<{ total: number }[]>`select count(*) as total from inbound_event where source_id = ${sourceId}`;
  return row?.total;
};

describe('a signed webhook', () => {
  test('is kept byte for byte, without its credentials, and answered with 200', async () => {
    const signed = crm.sign('{ "type":"customer.signed_up",\n "data":{"id":"crm-1","n":1.0,"name":"Ä\\u00e4"} }\r\n', { id: 'msg_bytes' });
    const answer = await post({ ...signed, headers: { ...signed.headers, authorization: 'Bearer abc', 'x-topic': 'customers' } });
    expect(answer).toMatchObject({ status: 200, body: { received: true, duplicate: false, id: expect.stringMatching(/^in_/) } });
    const kept = await findInboundEvent(database.sql, crm.source.projectId, answer.body.id as string);
    expect(kept?.body.equals(Buffer.from(signed.body))).toBe(true);
    expect(kept).toMatchObject({ status: 'received', providerEventId: 'msg_bytes', error: null });
    expect(kept?.headers).toMatchObject({ authorization: '[hidden]', 'x-topic': 'customers' });
  });

  test('is one event when it comes fifty times at once, and each answer names it', async () => {
    const signed = crm.signup('crm-2', { id: 'msg_fifty' });
    const before = (await stored()) as number;
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(signed)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.body.duplicate === false)).toHaveLength(1);
    expect(await stored()).toBe(before + 1);
  });

  test('is refused when tampered with, replayed, from the future or malformed', async () => {
    const before = await stored();
    const genuine = crm.signup('crm-3');
    const refused = [
      { ...genuine, body: genuine.body.replace('crm-3', 'crm-4') },
      crm.signup('crm-3', { at: new Date(Date.now() - 301_000) }),
      crm.signup('crm-3', { at: new Date(Date.now() + 310_000) }),
      { ...genuine, headers: { ...genuine.headers, 'webhook-signature': 'v1,nonsense' } },
      { ...genuine, headers: { ...genuine.headers, 'webhook-timestamp': `${genuine.headers['webhook-timestamp']}.0` } },
      { headers: { 'content-type': 'application/json' }, body: genuine.body },
    ];
    for (const each of refused) expect(await post(each)).toMatchObject({ status: 401, body: { key: 'invalid_signature' } });
    expect(await stored()).toBe(before);
  });

  test('of a source that is not there is 404, whoever signed it', async () => {
    for (const path of ['/hooks/src_unknown', '/hooks', '/hooks/', '/hooks/%', '/hooks/a/b'])
      expect(await post(crm.signup('crm-5'), path)).toMatchObject({ status: 404, body: { key: 'resource_not_found' } });
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH'])('is not taken by %s', async (method) => {
    const response = await fetch(`${server.url}/hooks/${crm.source.id}`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  test('may have a megabyte and not a byte more', async () => {
    const body = (size: number) => JSON.stringify({ type: 'x.y', data: { id: 'crm-6', note: '' } }).replace('""', `"${'n'.repeat(size)}"`);
    const frame = body(0).length;
    expect(await post(crm.sign(body(1_048_576 - frame)))).toMatchObject({ status: 200 });
    expect(await post(crm.sign(body(1_048_577 - frame)))).toMatchObject({ status: 413, body: { key: 'payload_too_large' } });
  });

  test('is refused compressed, since its bytes are what is signed and kept', async () => {
    const signed = crm.signup('crm-7');
    const answer = await post({ ...signed, headers: { ...signed.headers, 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(415);
  });

  test('that breaks off in the middle is not kept, and hurts nobody', async () => {
    const before = await stored();
    const { headers, body } = crm.signup('crm-8');
    await new Promise<void>((resolve) => {
      const broken = request(`${server.url}/hooks/${crm.source.id}`, {
        method: 'POST',
        headers: { ...headers, 'content-length': body.length },
      });
      broken.on('error', () => resolve());
      broken.write(body.slice(0, 20), () => setTimeout(() => broken.destroy(), 20));
    });
    expect(await post(crm.signup('crm-9'))).toMatchObject({ status: 200 });
    expect(await stored()).toBe((before as number) + 1);
  });
});

describe('a source that changes', () => {
  test('takes nothing from the moment it is switched off, and again when it is switched on', async () => {
    const shop = await createTestSource(database.sql, crm.source.projectId);
    const path = `/hooks/${shop.source.id}`;
    const set = (active: boolean) =>
      database.sql.begin(async (tx) => {
        const source = await lockSource(tx, shop.source.projectId, shop.source.id);
        if (source) await writeSource(tx, { ...source, active }, new Date());
      });
    expect((await post(shop.signup('a'), path)).status).toBe(200);
    await set(false);
    expect((await post(shop.signup('a'), path)).status).toBe(404);
    await set(true);
    expect((await post(shop.signup('a'), path)).status).toBe(200);
  });

  test('takes the new secret at once, and the old one until its time is over', async () => {
    const shop = await createTestSource(database.sql, crm.source.projectId);
    const path = `/hooks/${shop.source.id}`;
    expect((await post(shop.signup('a'), path)).status).toBe(200);
    const next = await createTestSource(database.sql, crm.source.projectId);
    await database.sql.begin(async (tx) => {
      const source = await lockSource(tx, shop.source.projectId, shop.source.id);
      if (!source) throw new Error('gone');
      const secrets = rotatedSecrets(testBox, source, next.secret, new Date(Date.now() + 60_000));
      await writeSource(tx, { ...source, secrets }, new Date());
    });
    expect((await post(next.signup('a'), path)).status).toBe(200);
    expect((await post(shop.signup('a'), path)).status).toBe(200);
    now = () => new Date(Date.now() + 61_000);
    expect((await post(next.signup('a'), path)).status).toBe(200);
    expect((await post(shop.signup('a'), path)).status).toBe(401);
    now = () => new Date();
  });
});

describe('a storm', () => {
  test('of 3,000 posts by a hundred senders is stored, all of them', async () => {
    const storm = await createTestSource(database.sql, crm.source.projectId);
    const posts = Array.from({ length: 3000 }, (_, index) => storm.signup(`storm-${index}`));
    const lanes = Array.from({ length: 100 }, async () => {
      for (let next = posts.pop(); next; next = posts.pop()) expect((await post(next, `/hooks/${storm.source.id}`)).status).toBe(200);
    });
    await Promise.all(lanes);
    expect(await stored(storm.source.id)).toBe(3000);
  });
});
