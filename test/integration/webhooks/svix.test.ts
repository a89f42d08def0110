import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestProject } from '../../harness/project.ts';
import { startSvix, type SvixStandIn } from '../../harness/svix-server.ts';
import { openSvixShop } from '../../harness/svix-shop.ts';

let opened: Awaited<ReturnType<typeof openSvixShop>>;
let shop: TestProject;
let svix: SvixStandIn;

beforeAll(async () => {
  opened = await openSvixShop();
});
beforeEach(async () => {
  svix = await startSvix();
  shop = await opened.begin(svix);
});
afterEach(() => svix.close());
afterAll(() => opened.close());

const call: (typeof opened)['call'] = (...args) => opened.call(...args);
const create: (typeof opened)['create'] = (...args) => opened.create(...args);
const tell: (typeof opened)['tell'] = (...args) => opened.tell(...args);
const drain = () => opened.drain();
const rows = () => opened.rows();

const application = () => svix.applications.get(shop.project.id);
const posts = () => svix.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/msg'));

describe('with a Svix server', () => {
  test('a project is an application, an event is one message under our ids, and endpoints and types are in step', async () => {
    const endpoint = await create({
      event_types: ['order.paid', 'voucher.*'],
      headers: { 'X-Theirs': 'abc' },
      description: 'ERP',
    });
    await tell('order.paid', 'Plan Upgraded');
    await drain();
    expect(application()?.name).toBe(shop.project.name);
    const told = await rows();
    expect(told.map(({ type, state, status }) => [type, state, status])).toEqual([
      ['customer.created', 'accepted', 202],
      ['order.paid', 'accepted', 202],
      ['Plan Upgraded', 'accepted', 202],
    ]);
    const messages = application()?.messages ?? [];
    expect(messages.map(({ eventId }) => eventId).toSorted()).toEqual(told.map(({ eventId }) => eventId).toSorted());
    expect(messages.map(({ eventType }) => eventType).toSorted()).toEqual(['Plan_Upgraded', 'customer.created', 'order.paid'].toSorted());
    expect(messages.find(({ eventType }) => eventType === 'order.paid')?.payload).toMatchObject({
      type: 'order.paid',
      customer: { source_id: 'crm-1' },
    });
    expect(
      posts()
        .map(({ idempotencyKey }) => String(idempotencyKey))
        .toSorted(),
    ).toEqual(told.map(({ id }) => id).toSorted());
    const kept = application()?.endpoints.get(endpoint.id);
    expect(kept).toMatchObject({
      url: 'http://127.0.0.1:9/hooks',
      headers: { 'x-theirs': 'abc' },
      secret: endpoint.secret,
      disabled: false,
    });
    expect(kept?.eventTypes).toEqual(expect.arrayContaining(['voucher.published', 'order.paid']));
    expect(kept?.eventTypes).not.toContain('customer.created');
    expect(svix.eventTypes.get('redemption.succeeded')).toMatchObject({ schemas: { '1': { type: 'object' } } });
  });

  test('what changes of endpoints is told, though nothing happens, and those made in Svix itself are left alone', async () => {
    const [first, second] = [await create(), await create()];
    await tell('order.paid');
    await drain();
    application()?.endpoints.set('theirs', {
      uid: 'theirs',
      url: 'https://x',
      disabled: false,
      eventTypes: null,
      metadata: {},
      headers: {},
      secret: '',
      graces: [],
    });
    await call('PUT', `/endpoints/${first.id}`, { state: 'paused', event_types: ['order.paid'] });
    const rotated = (await call('POST', `/endpoints/${first.id}/rotate-secret`, { overlap: 'PT1H' })).body;
    await call('DELETE', `/endpoints/${second.id}`);
    const third = await create({ url: 'http://127.0.0.1:9/third' });
    await drain();
    expect([...(application()?.endpoints.keys() ?? [])].toSorted()).toEqual([String(first.id), String(third.id), 'theirs'].toSorted());
    expect(application()?.endpoints.get(first.id)).toMatchObject({ disabled: true, eventTypes: ['order.paid'], secret: rotated.secret });
    const [grace = 0] = application()?.endpoints.get(first.id)?.graces ?? [];
    expect(grace).toBeGreaterThan(3500);
    expect(grace).toBeLessThanOrEqual(3600);
    const before = svix.calls.length;
    await tell('order.paid');
    await drain();
    expect(svix.calls.slice(before).map(({ path }) => path)).toEqual([`/api/v1/app/${shop.project.id}/msg`]);
  });

  test('what an endpoint missed is recovered there, so that nothing comes twice', async () => {
    const [plain, own] = [await create(), await create({ ordered: true })];
    await tell('order.paid');
    const recover = (endpoint: { id: string }) => call('POST', `/endpoints/${endpoint.id}/recover`, { since: '2020-01-01' });
    expect(await recover(plain)).toMatchObject({ status: 409, body: { key: 'resource_in_use' } });
    expect(await recover(own)).toMatchObject({ status: 200, body: { planned: 0 } });
  });

  test('an endpoint that takes none of the types there are gets none', async () => {
    const endpoint = await create({ event_types: ['theirs.*'] });
    await tell('order.paid');
    await drain();
    expect((await rows()).map(({ state }) => state)).toEqual(['accepted', 'accepted']);
    expect(application()?.endpoints.get(endpoint.id)?.eventTypes).toEqual(['couponry.none']);
    await tell('theirs.began');
    await drain();
    expect(application()?.endpoints.get(endpoint.id)?.eventTypes).toEqual(['theirs.began']);
  });

  test('an endpoint that it will not take keeps the events from none of the others, and is told of', async () => {
    const good = await create();
    await tell('order.paid');
    await drain();
    const bad = await create({ headers: { 'X-Amz-Meta': 'which Svix forbids' } });
    await tell('order.paid');
    await drain();
    expect(await rows()).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: 'endpoints.changed', state: 'failed', reason: 'refused' })]),
    );
    expect((await rows()).filter(({ type, state }) => type === 'order.paid' && state === 'accepted')).toHaveLength(2);
    expect([...(application()?.endpoints.keys() ?? [])]).toEqual([good.id]);
    await call('PUT', `/endpoints/${bad.id}`, { headers: { 'X-Meta': 'which it does not' } });
    await drain();
    expect([...(application()?.endpoints.keys() ?? [])].toSorted()).toEqual([String(good.id), String(bad.id)].toSorted());
  });
});

describe('what a Svix server cannot do, we go on doing', () => {
  const certificate = (name: string): string => readFileSync(new URL(`../../harness/tls/${name}.pem`, import.meta.url), 'utf8');
  const kinds: [string, object, object][] = [
    ['a filter', { filter: 'event.type == "order.paid"' }, { filter: null }],
    ['a format', { format: 'postmark' }, { format: null, event_types: ['*'] }],
    ['OAuth', { oauth: { token_url: 'http://127.0.0.1:9/token', client_id: 'a', client_secret: 'b' } }, { oauth: null }],
    ['Amazon’s signature', { aws: { access_key_id: 'AKID', secret_access_key: 'b', region: 'eu-west-1' } }, { aws: null }],
    [
      'a certificate',
      { client_certificate: { cert: certificate('client'), key: certificate('client.key') } },
      { client_certificate: null },
    ],
    ['a rate', { rate_per_second: 7 }, { rate_per_second: null }],
    ['an order', { ordered: true }, { ordered: false }],
    ['a schedule of its own', { retry_schedule: [1, 2] }, { retry_schedule: null }],
  ];

  test.each(kinds)('an endpoint with %s is ours, and Svix’s without it', async (_, more, without) => {
    // What carries a mail comes from a journey's step, and no event of a shop does.
    const ours = 'format' in more ? 0 : 1;
    const own = await create(more);
    const plain = await create();
    const planned = async (endpoint: { id: string }) =>
      (await opened.sql`select 1 from delivery where destination_id = ${endpoint.id} and payload ->> 'type' = 'order.paid'`).length;
    await tell('order.paid');
    await drain();
    expect([...(application()?.endpoints.keys() ?? [])]).toEqual([plain.id]);
    expect([await planned(own), await planned(plain)]).toEqual([ours, 0]);
    await call('PUT', `/endpoints/${own.id}`, without);
    await tell('order.paid');
    await drain();
    expect([...(application()?.endpoints.keys() ?? [])].toSorted()).toEqual([String(own.id), String(plain.id)].toSorted());
    expect([await planned(own), await planned(plain)]).toEqual([ours, 0]);
    expect((await rows()).filter(({ type }) => type === 'order.paid').map(({ state }) => state)).toEqual(['accepted', 'accepted']);
  });
});

describe('a Svix server that fails', () => {
  const last = async () => (await rows()).at(-1);
  beforeEach(async () => {
    await create();
    await tell('order.paid');
    await drain();
    svix.calls.length = 0;
  });

  test.each([500, 502, 503])('with %i is asked once in an attempt, and again by our schedule', async (status) => {
    svix.fail('/msg', (response) => void response.writeHead(status).end('<html>bad gateway</html>'), 2);
    await tell('order.paid');
    await drain();
    expect(await last()).toMatchObject({ state: 'planned', attempts: 1, status });
    expect(posts()).toHaveLength(1);
    await drain();
    await drain();
    expect(await last()).toMatchObject({ state: 'accepted', attempts: 3 });
    expect(new Set(posts().map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  test('by losing its answer gets the event again, which is there once', async () => {
    const messages = application()?.messages.length ?? 0;
    svix.fail('/msg', () => true);
    await tell('order.paid');
    await drain();
    expect(await last()).toMatchObject({ state: 'planned', status: null });
    await drain();
    expect(await last()).toMatchObject({ state: 'accepted' });
    expect(application()?.messages).toHaveLength(messages + 1);
  });

  test('by forgetting the key but not the event says 409, and that is success', async () => {
    svix.fail('/msg', (response) => void response.writeHead(409).end('{"code":"conflict","detail":"eventId"}'));
    await tell('order.paid');
    await drain();
    expect(await last()).toMatchObject({ state: 'accepted', status: 409 });
  });

  test('by asking for time gets it', async () => {
    svix.fail('/msg', (response) => void response.writeHead(429, { 'retry-after': '60' }).end('{"detail":"slow down"}'));
    await tell('order.paid');
    await drain();
    expect(await last()).toMatchObject({ state: 'planned', status: 429 });
    const [health] = await opened.sql`
      select extract(epoch from held_until - now())::float8 as held from destination_health h
      join destination d on d.id = h.destination_id where d.project_id = ${shop.project.id} and d.kind = 'svix'`;
    expect(health?.held).toBeGreaterThan(55);
  });

  test('by not understanding an event is not asked again', async () => {
    svix.fail('/msg', (response) => void response.writeHead(422).end('{"detail":[{"msg":"too large"}]}'));
    await tell('order.paid');
    await drain();
    expect(await last()).toMatchObject({ state: 'failed', reason: 'refused', status: 422 });
  });

  test('by redirecting is not followed with the token', async () => {
    svix.fail('/msg', (response) => void response.writeHead(307, { location: `${svix.url}/elsewhere` }).end());
    await tell('order.paid');
    await drain();
    expect(await last()).toMatchObject({ state: 'planned' });
    expect(svix.calls.some(({ path }) => path === '/elsewhere')).toBe(false);
  });

  test('by losing everything is told everything again', async () => {
    svix.applications.clear();
    svix.eventTypes.clear();
    await tell('order.paid');
    await drain();
    expect(await last()).toMatchObject({ state: 'planned', status: 404 });
    await drain();
    expect(await last()).toMatchObject({ state: 'accepted' });
    expect(application()?.endpoints.size).toBe(1);
  });

  test('by being told while it keeps its endpoints to itself is told again', async () => {
    svix.fail('/endpoint', (response) => void response.writeHead(503).end('busy'));
    await create({ url: 'http://127.0.0.1:9/late' });
    await drain();
    expect(await last()).toMatchObject({ type: 'endpoints.changed', state: 'planned' });
    await drain();
    expect(await last()).toMatchObject({ state: 'accepted' });
    expect(application()?.endpoints.size).toBe(2);
  });
});
