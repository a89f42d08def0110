import { randomUUID } from 'node:crypto';
import { Svix, Webhook } from 'svix';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SvixServer } from '../../../activities/delivery/svix/client.ts';
import { until } from '../../harness/relay.ts';
import { startSvix, type SvixStandIn } from '../../harness/svix-server.ts';
import { openSvixShop } from '../../harness/svix-shop.ts';
import { startReceiver } from '../../harness/webhooks.ts';

/** What the stand-in is held to: with COUPONRY_TEST_SVIX_URL and COUPONRY_TEST_SVIX_TOKEN, a real server is asked the same. */
const real = process.env['COUPONRY_TEST_SVIX_URL'];
let standIn: SvixStandIn | null = null;
let server: SvixServer;
let svix: Svix;
let opened: Awaited<ReturnType<typeof openSvixShop>>;
let app: string;

beforeAll(async () => {
  if (real === undefined) standIn = await startSvix();
  server = standIn ?? { url: real ?? '', token: process.env['COUPONRY_TEST_SVIX_TOKEN'] ?? '' };
  svix = new Svix(server.token, { serverUrl: server.url });
  opened = await openSvixShop();
});
beforeEach(async () => {
  app = (await opened.begin(server)).project.id;
});
afterAll(async () => {
  await opened.close();
  await standIn?.close();
});

const endpoints = async () => (await svix.endpoint.list(app)).data;
const endpointOf = async ({ id }: { id: string }) => (await endpoints()).find(({ uid }) => uid === id);
const last = async () => (await opened.rows()).at(-1);

describe('a Svix server', () => {
  test('has endpoints as they are here, with their headers and secrets of both kinds', async () => {
    const first = await opened.create({ event_types: ['order.paid'], headers: { 'X-Theirs': 'abc' }, description: 'ERP' });
    const second = await opened.create({ signature: 'v1a', state: 'disabled', event_types: ['theirs.*'] });
    await opened.tell('order.paid');
    await opened.drain();
    expect(await endpointOf(first)).toMatchObject({ url: first.url, description: 'ERP', disabled: false, eventTypes: ['order.paid'] });
    expect(await endpointOf(second)).toMatchObject({ disabled: true, eventTypes: ['couponry.none'] });
    expect((await svix.endpoint.getHeaders(app, first.id)).headers).toEqual({ 'x-theirs': 'abc' });
    expect((await svix.endpoint.getSecret(app, first.id)).key).toBe(first.secret);
    opened.restart(server);
    await opened.tell('order.paid');
    await opened.drain();
    expect((await svix.endpoint.getSecret(app, second.id)).key).toBe(second.secret);
    expect(standIn?.applications.get(app)?.endpoints.get(second.id)?.graces ?? []).toEqual([]);
  });

  test('takes each event once, under our id, also one that it knows already', async () => {
    await opened.create();
    await opened.tell('order.paid', 'Plan Upgraded');
    await opened.drain();
    await opened.tell('order.refunded');
    const { id = '', eventId = '' } = (await last()) ?? {};
    await svix.message.create(
      app,
      { eventType: 'order.refunded', eventId, payload: { lost: 'the answer' } },
      { idempotencyKey: `other ${id}` },
    );
    await opened.drain();
    expect(await last()).toMatchObject({ type: 'order.refunded', state: 'accepted', status: 409 });
    const messages = (await svix.message.list(app)).data;
    const rows = await opened.rows();
    const ids = (all: { eventId?: string | null }[]) => all.map((each) => String(each.eventId)).toSorted();
    expect(ids(messages)).toEqual(ids(rows));
    expect(messages.map(({ eventType }) => eventType)).toContain('Plan_Upgraded');
  });

  test('learns of what changes, and of a worker that starts again nothing twice', async () => {
    const [first, second] = [await opened.create(), await opened.create()];
    await opened.tell('order.paid');
    await opened.drain();
    await svix.endpoint.create(app, { uid: 'theirs', url: 'http://127.0.0.1:9/theirs' });
    await opened.call('PUT', `/endpoints/${first.id}`, { url: 'http://127.0.0.1:9/moved', state: 'paused', headers: { 'x-new': '1' } });
    const { secret } = (await opened.call('POST', `/endpoints/${first.id}/rotate-secret`, { overlap: 'PT0S' })).body;
    await opened.call('DELETE', `/endpoints/${second.id}`);
    await opened.drain();
    for (const restarted of [false, true]) {
      if (restarted) {
        opened.restart(server);
        await opened.tell('order.refunded');
        await opened.drain();
      }
      expect(await last()).toMatchObject({ state: 'accepted' });
      expect((await endpoints()).map(({ uid }) => String(uid)).toSorted()).toEqual([String(first.id), 'theirs'].toSorted());
      expect(await endpointOf(first)).toMatchObject({ url: 'http://127.0.0.1:9/moved', disabled: true });
      expect((await svix.endpoint.getHeaders(app, first.id)).headers).toEqual({ 'x-new': '1' });
      expect((await svix.endpoint.getSecret(app, first.id)).key).toBe(secret);
    }
  });

  test('that lost an application is told all of it again', async () => {
    const endpoint = await opened.create();
    await opened.tell('order.paid');
    await opened.drain();
    await svix.application.delete(app);
    await opened.tell('order.refunded');
    await opened.drain();
    await opened.drain();
    expect(await last()).toMatchObject({ state: 'accepted' });
    expect(await endpointOf(endpoint)).toMatchObject({ disabled: false });
  });

  test.runIf(real !== undefined)('delivers, signed by both secrets while one replaces the other', async () => {
    const receiver = await startReceiver();
    const endpoint = await opened.create({ url: receiver.url, headers: { 'X-Theirs': randomUUID() } });
    await opened.tell('order.paid');
    await opened.drain();
    const { secret } = (await opened.call('POST', `/endpoints/${endpoint.id}/rotate-secret`, { overlap: 'PT1H' })).body;
    await opened.drain();
    await opened.tell('order.refunded');
    await opened.drain();
    await until('both came', async () => receiver.received.length >= 3);
    const { body, headers } = receiver.received.at(-1)!;
    for (const each of [endpoint.secret, secret])
      expect(() => new Webhook(each).verify(body, headers as Record<string, string>)).not.toThrow();
    expect(JSON.parse(body)).toMatchObject({ customer: { source_id: 'crm-1' } });
    expect(headers['x-theirs']).toBeTruthy();
    await receiver.close();
  });
});
