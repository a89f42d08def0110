import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClientAddress } from '../../api/http/client-address.ts';
import { createHooksRouter } from '../../api/hooks/router.ts';
import { createSourceRoutes } from '../../api/routes/sources.ts';
import type { Relay } from '../../relay/relay.ts';
import { resourceRoutes, startApi, type Reply, type TestApi } from '../harness/api.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';
import { createRouteBook, createTestRelay, until } from '../harness/relay.ts';
import { signing, snsBody, snsKey } from '../harness/signed-posts.ts';
import { testBox } from '../harness/webhook-source.ts';

const PUBLIC_URL = 'https://coupons.example.com';
const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:ses-bounces';
const amazon = snsKey();
/** What was fetched, and how Amazon answers: as the fetcher would bring it. */
const fetched: string[] = [];
let amazonIsUp = true;
const fetcher = {
  get: async (url: URL) => {
    fetched.push(url.href);
    await sleep(5);
    if (!amazonIsUp) return { failure: 'the connection failed' };
    return {
      status: 200,
      retryAfter: undefined,
      body: url.pathname.endsWith('.pem') ? amazon.certificate : '<ConfirmSubscriptionResponse/>',
    };
  },
};

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let relay: Relay;
const connection = Connection.lazy({ address: '127.0.0.1:1' });
const as = (...args: Parameters<ReturnType<TestApi['as']>>): Promise<Reply> => api.as(shop)(...args);

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  const book = await createRouteBook(sql);
  shop = await createProject(sql);
  relay = createTestRelay({ sql, client: new Client({ connection }), routes: [book.route('relay')] });
  relay.start();
  const log = { error: () => {}, info: () => {} };
  const deps = { sql, box: testBox, now: () => new Date(), randomBytes, publicUrl: PUBLIC_URL, hint: relay.hint, log };
  api = await startApi(sql, {
    routes: [...resourceRoutes(sql), ...createSourceRoutes(deps)],
    routers: [createHooksRouter({ ...deps, addressOf: createClientAddress(['127.0.0.1']), fetcher })],
  });
});

afterAll(async () => {
  await api.stop();
  await relay.stop();
  await connection.close();
  await database.drop();
});

interface Made {
  id: string;
  url: string;
  secret: string;
}

let made = 0;
const source = async (provider: string, more: Record<string, unknown> = {}): Promise<Made> => {
  made += 1;
  const answer = await as('POST', '/v1/sources', { name: `source ${made}`, provider, ...more });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
};

const post = ({ url }: Pick<Made, 'url'>, body: string, headers: Record<string, string>): Promise<Reply> =>
  api.send(url.replace(PUBLIC_URL, ''), { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

const sign = (name: keyof typeof signing, from: Made, payload: unknown, more: Record<string, string> = {}) => {
  const body = JSON.stringify(payload);
  return [body, { ...signing[name](body, from.secret, Date.now(), from.url), ...more }] as [string, Record<string, string>];
};

const settled = async (from: Made): Promise<{ id: string; status: string; error: string | null }[]> => {
  let events: { id: string; status: string; error: string | null }[] = [];
  await until('all posts were mapped', async () => {
    events = (await as('GET', `/v1/sources/${from.id}/inbound-events?limit=100`)).body.inbound_events;
    return events.every(({ status }) => status !== 'received');
  });
  return events;
};

const eventsOf = (from: Made) =>
  database.sql<{ type: string; sourceId: string | null }[]>`
    select e.type, c.source_id from event e left join customer c on c.id = e.customer_id
    where starts_with(e.dedupe_key, ${`${from.id} `}) order by e.id`;

describe('a shop’s post', () => {
  test('is understood by the ready mapping, and fifty of it at once have one effect', async () => {
    const shopify = await source('shopify', { secret: 'shpss_0123456789' });
    const payload = { id: 7064055069300, email: 'bob@example.com', first_name: 'Bob', created_at: '2021-12-31T19:00:00-05:00' };
    const [body, headers] = sign('shopify', shopify, payload, { 'x-shopify-topic': 'customers/create', 'x-shopify-event-id': 'event-1' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(shopify, body, headers)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    // The same change once more, under a webhook id of its own.
    await post(shopify, body, { ...headers, 'x-shopify-webhook-id': 'another' });
    expect((await settled(shopify)).map(({ status }) => status)).toEqual(['mapped', 'mapped']);
    expect(await eventsOf(shopify)).toEqual([{ type: 'customer.signed_up', sourceId: '7064055069300' }]);
    expect((await as('GET', '/v1/customers/7064055069300')).body).toMatchObject({ email: 'bob@example.com', name: 'Bob' });
  });

  test('of a batch is split into events, in order for each customer, whatever of it came before', async () => {
    const hubspot = await source('hubspot', { secret: 'client-secret-of-the-app' });
    const change = (objectId: number, at: number, propertyValue: string) => ({
      eventId: 1,
      subscriptionId: 2,
      portalId: 3,
      objectId,
      occurredAt: 1_700_000_000_000 + at,
      subscriptionType: 'contact.propertyChange',
      propertyName: 'email',
      propertyValue,
    });
    const first = [change(1, 0, 'a1@example.com'), change(2, 1, 'b1@example.com')];
    await post(hubspot, ...sign('hubspot', hubspot, first));
    await settled(hubspot);
    await post(hubspot, ...sign('hubspot', hubspot, [...first, change(1, 2, 'a2@example.com'), change(1, 3, 'a3@example.com')]));
    await settled(hubspot);
    expect((await eventsOf(hubspot)).map(({ sourceId }) => sourceId)).toEqual(['1', '2', '1', '1']);
    expect((await as('GET', '/v1/customers/1')).body.email).toBe('a3@example.com');
  });
});

describe('bounces, complaints and unsubscribes', () => {
  test('stop mail to the address, and are events of the customer who has it', async () => {
    await as('POST', '/v1/customers', { source_id: 'crm-1', email: 'Ada@example.com' });
    const key = 'a signing key of ours';
    const cio = await source('customer.io', { secret: key });
    const told = (metric: string, object_type: string, email: string, event_id: string) => ({
      data: { customer_id: 'crm-2', identifiers: { id: 'crm-2', email }, recipient: email },
      event_id,
      metric,
      object_type,
      timestamp: 1585250179,
    });
    await post(cio, ...sign('customer.io', cio, told('bounced', 'email', 'Grace@example.com', 'e-1')));
    await post(cio, ...sign('customer.io', cio, told('unsubscribed', 'customer', 'grace@example.com', 'e-2')));
    const sns = await source('aws-sns', { settings: { topic_arns: [TOPIC] } });
    const complaint = {
      notificationType: 'Complaint',
      complaint: { complainedRecipients: [{ emailAddress: 'ADA@example.com' }, { emailAddress: 'nobody@example.com' }] },
    };
    const body = snsBody({ Message: JSON.stringify(complaint) }, amazon, Date.now());
    expect((await post(sns, body, {})).status).toBe(200);
    expect((await settled(sns)).map(({ status, error }) => [status, error])).toEqual([['mapped', null]]);
    await settled(cio);
    const rows = await database.sql`select email, topic, reason from suppression where project_id = ${shop.project.id} order by email`;
    expect(rows).toEqual([
      { email: 'ada@example.com', topic: '*', reason: 'complained' },
      { email: 'grace@example.com', topic: '*', reason: 'bounced' },
      { email: 'nobody@example.com', topic: '*', reason: 'complained' },
    ]);
    expect(await eventsOf(sns)).toEqual([
      { type: 'email.complained', sourceId: 'crm-1' },
      { type: 'email.complained', sourceId: null },
    ]);
    expect((await as('GET', '/v1/customers/crm-2')).body.unsubscribed_at).not.toBeNull();
  });
});

describe('Amazon SNS', () => {
  test('has its subscription confirmed, its certificate fetched once, and is asked to come again where that fails', async () => {
    const sns = await source('aws-sns', { settings: { topic_arns: [TOPIC] } });
    const SigningCertURL = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-2.pem';
    const SubscribeURL = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t';
    const confirmation = snsBody(
      { Type: 'SubscriptionConfirmation', Message: 'confirm', Token: 't', SubscribeURL, SigningCertURL },
      amazon,
      Date.now(),
    );
    amazonIsUp = false;
    expect((await post(sns, confirmation, {})).status).toBe(503);
    amazonIsUp = true;
    fetched.length = 0;
    expect((await post(sns, confirmation, {})).status).toBe(200);
    expect(fetched).toEqual([SigningCertURL, SubscribeURL]);
    expect((await settled(sns)).map(({ status }) => status)).toEqual(['ignored']);
    const mail = (id: string) => snsBody({ MessageId: id, Message: '{}', SigningCertURL }, amazon, Date.now());
    await Promise.all(['1', '2', '3'].map((id) => post(sns, mail(id), {})));
    expect(fetched).toHaveLength(2);
    expect((await post(sns, mail('4').replace('"Message":"{}"', '"Message":"[]"'), {})).status).toBe(401);
  });
});

describe('Salesforce', () => {
  const message = (count: number): string => {
    const notifications = Array.from(
      { length: count },
      (_, index) =>
        `<Notification><Id>04l${index}</Id><sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject"><sf:Id>003${index}</sf:Id><sf:Email>c${index}@example.com</sf:Email></sObject></Notification>`,
    );
    return `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D000000000062EAA</OrganizationId><ActionId>04k</ActionId>${notifications.join('')}</notifications></soapenv:Body></soapenv:Envelope>`;
  };

  test('posts up to a hundred notifications to an address that holds the secret, and reads its Ack, again for a retry', async () => {
    const salesforce = await source('salesforce', { settings: { organization_id: '00D000000000062' } });
    expect(salesforce.url).toBe(`${PUBLIC_URL}/hooks/${salesforce.id}?key=${salesforce.secret}`);
    expect((await as('GET', `/v1/sources/${salesforce.id}`)).body.url).not.toContain('key=');
    for (const _ of [1, 2]) {
      const answer = await post(salesforce, message(100), { 'content-type': 'text/xml; charset=utf-8', soapaction: '""' });
      expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('<Ack>true</Ack>') });
      expect(answer.headers.get('content-type')).toContain('text/xml');
    }
    await settled(salesforce);
    expect(await eventsOf(salesforce)).toHaveLength(100);
    const refused = await post({ url: salesforce.url.replace(/key=.*/, 'key=guessed-and-wrong') }, message(1), {
      'content-type': 'text/xml',
    });
    expect(refused.status).toBe(401);
  });
});

describe('a source that is careful', () => {
  test('takes posts from its nets only, as our proxy tells them', async () => {
    const github = await source('github', { allowed_nets: ['192.30.252.0/22', '2a0a:a440::/29'] });
    const [body, headers] = sign('github', github, { sender: { id: 1 } }, { 'x-github-event': 'ping' });
    const from = (address: string) => post(github, body, { ...headers, 'x-forwarded-for': address });
    expect((await from('192.30.252.9')).status).toBe(200);
    expect((await from('2a0a:a440::1')).status).toBe(200);
    expect(await from('203.0.113.9')).toMatchObject({
      status: 403,
      body: { key: 'forbidden', details: expect.stringContaining('203.0.113.9') },
    });
    // What stands before the address that our proxy saw, anybody may have written.
    expect((await from('192.30.252.9, 203.0.113.9')).status).toBe(403);
    await as('PUT', `/v1/sources/${github.id}`, { allowed_nets: [] });
    expect((await from('203.0.113.9')).status).toBe(200);
  });

  test('takes no more than it was told, in bytes and in a second, of those who can sign', async () => {
    const github = await source('github', { max_bytes: 200, rate_per_second: 3 });
    const send = (id: string, size = 0) => {
      const [body, headers] = sign('github', github, { sender: { id: 1 }, pad: 'x'.repeat(size) }, { 'x-github-event': 'ping' });
      return post(github, body, { ...headers, 'x-github-delivery': id });
    };
    expect((await send('large', 200)).status).toBe(413);
    for (let n = 0; n < 5; n++) expect((await post(github, '{}', { 'x-hub-signature-256': 'sha256=00' })).status).toBe(401);
    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => send(id)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 429, 429]);
    expect(answers.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('1');
  });

  test('keeps what it refused, and why, without what proves or opens anything', async () => {
    const ens = await source('salesforce-marketing-cloud', { secret: 'signature key' });
    expect((await post(ens, JSON.stringify({ callbackId: 'c', verificationKey: 'k-1' }), {})).status).toBe(200);
    await post(ens, '{"x":1}', { 'x-sfmc-ens-signature': 'AAAA', authorization: 'Bearer theirs' });
    const { body } = await as('GET', `/v1/sources/${ens.id}/refused`);
    expect(body).toMatchObject({
      total: 2,
      refused_posts: [
        {
          reason: expect.stringContaining('does not match'),
          headers: { 'x-sfmc-ens-signature': '[hidden]', authorization: '[hidden]' },
          body: '{"x":1}',
        },
        { reason: expect.stringContaining('ens-verify'), body: expect.stringContaining('k-1'), address: '127.0.0.1' },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('theirs');
  });
});

describe('a mapping', () => {
  test('is tried on a stored post, mended, and what failed is replayed: what is applied already is not applied twice', async () => {
    const mapping = {
      rules: [{ when: 'payload.kind == "paid"', event: '"order.paid"', event_id: 'payload.id', customer: { source_id: 'payload.buyer' } }],
    };
    const from = await source('github', { mapping });
    const send = (id: string, payload: unknown) => post(from, ...sign('github', from, payload, { 'x-github-delivery': id }));
    await send('1', { kind: 'paid', id: 'o-1', buyer: 'b-1' });
    await send('2', { kind: 'paid', id: 'o-2' });
    await send('3', { kind: 'refund', id: 'o-3', buyer: 'b-3' });
    const events = await settled(from);
    expect(events.map(({ status, error }) => [status, error])).toEqual([
      ['unmapped', 'no rule of the mapping fits this payload'],
      ['unmapped', expect.stringContaining('customer.source_id is missing')],
      ['mapped', null],
    ]);
    const attempt = (body: Record<string, unknown>) => as('POST', `/v1/sources/${from.id}/mappings/try`, body);
    const mended = {
      rules: [
        { when: 'payload.kind == "refund"', event: '"order.refunded"', event_id: 'payload.id', customer: { source_id: 'payload.buyer' } },
        { event: '"order.paid"', event_id: 'payload.id', customer: { source_id: 'has(payload.buyer) ? payload.buyer : "guest"' } },
      ],
    };
    expect((await attempt({ inbound_event: events[1]?.id })).body).toMatchObject({ status: 'unmapped', events: [] });
    expect((await attempt({ inbound_event: events[1]?.id, mapping: mended })).body).toMatchObject({
      status: 'mapped',
      events: [{ type: 'order.paid', event_id: 'o-2', customer: { source_id: 'guest' }, already_applied: false }],
    });
    expect((await attempt({ inbound_event: events[2]?.id, mapping: mended })).body).toMatchObject({ events: [{ already_applied: true }] });
    expect((await attempt({ payload: { kind: 'refund', id: 'o-9', buyer: 'b' }, mapping: mended })).body).toMatchObject({
      status: 'mapped',
    });
    expect(await attempt({ payload: {}, mapping: { rules: [{ event: 'nonsense(', customer: null }] } })).toMatchObject({ status: 400 });
    expect(await attempt({})).toMatchObject({ status: 400 });
    await as('PUT', `/v1/sources/${from.id}`, { mapping: mended });
    const replay = (body: Record<string, unknown>) => as('POST', `/v1/sources/${from.id}/replay`, body);
    expect(await replay({ from: '2020-01-01' })).toMatchObject({ status: 202, body: { replayed: 2, has_more: false } });
    await settled(from);
    expect(await replay({ from: '2020-01-01', status: 'mapped' })).toMatchObject({ body: { replayed: 3 } });
    await settled(from);
    expect((await replay({ from: '2020-01-01', until: '2020-01-02' })).body.replayed).toBe(0);
    expect((await eventsOf(from)).map(({ type, sourceId }) => `${type} ${sourceId}`).toSorted()).toEqual([
      'order.paid b-1',
      'order.paid guest',
      'order.refunded b-3',
    ]);
  });
});

test('the kinds of senders are listed with their settings and ready mappings', async () => {
  const { body } = await as('GET', '/v1/sources/providers');
  expect(body.total).toBe(15);
  expect(body.providers.find(({ name }: { name: string }) => name === 'aws-sns')).toMatchObject({
    settings: { properties: { topic_arns: { type: 'array' } } },
    mapping: { rules: expect.any(Array) },
  });
});

test('posts of a thousand customers in bursts while Temporal is away are all there and all mapped', async () => {
  const github = await source('stripe', { secret: 'whsec_of_the_storm' });
  const posts = Array.from({ length: 1000 }, (_, n) =>
    sign('stripe', github, {
      id: `evt_${n}`,
      created: 1686089970,
      type: 'customer.created',
      data: { object: { id: `storm_${n}`, email: `s${n}@example.com` } },
    }),
  );
  const burst = async (from: number) => {
    const answers = await Promise.all(posts.slice(from, from + 250).map((each) => post(github, ...each)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  };
  for (const from of [0, 250, 500, 750]) await burst(from);
  await until('all were mapped', async () => (await eventsOf(github)).length === 1000);
});
