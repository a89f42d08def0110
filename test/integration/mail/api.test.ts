import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMailRenderer } from '../../../activities/mail/render.ts';
import { createMessageRoutes } from '../../../api/routes/messages.ts';
import { createTemplateRoutes } from '../../../api/routes/templates.ts';
import { createUnsubscribeRouter } from '../../../api/routes/unsubscribe.ts';
import { latestVersions } from '../../../db/delivery/templates.ts';
import { startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createDeliveryEngine, createMailing, deliveryStates, LINKS, type Mailing } from '../../harness/mailing.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { startSmtpSink, type SmtpSink } from '../../harness/smtp-sink.ts';

let database: TestDatabase;
let sink: SmtpSink;
let engine: ReturnType<typeof createDeliveryEngine>;
let api: TestApi;
let shop: TestProject;
let call: ReturnType<TestApi['as']>;
let mailing: Mailing;
const renderer = createMailRenderer();

beforeAll(async () => {
  database = await createDatabase();
  sink = await startSmtpSink();
  engine = createDeliveryEngine(database.sql, sink.url);
  const deps = { sql: database.sql, renderer, links: LINKS, now: () => new Date() };
  api = await startApi(database.sql, {
    routes: [...createTemplateRoutes(deps), ...createMessageRoutes(deps)],
    routers: [createUnsubscribeRouter(deps)],
  });
  shop = await createProject(database.sql);
  call = api.as(shop);
  mailing = await createMailing(database.sql, shop.project.id);
});

afterAll(async () => {
  await api.stop();
  await engine.close();
  await renderer.close();
  await sink.close();
  await database.drop();
});

const source = (text: string) =>
  `---\nsubject: For {{customer.first_name}}\ntopic: news\n---\n<mjml><mj-body><mj-section><mj-column><mj-text>${text}</mj-text></mj-column></mj-section></mj-body></mjml>`;
const drain = async () => engine.drain(mailing.route.id);
const addressOf = async (id: string) => (await deliveryStates(database.sql, [id]))[0]?.to ?? '';

describe('a template', () => {
  test('is published in versions that never change; the same source again is no new one', async () => {
    const first = await call('POST', '/v1/templates/news', { source: source('one {{coupon.code}}') });
    expect(first).toMatchObject({
      status: 200,
      body: { object: 'template', key: 'news', version: 1, topic: 'news', subject: 'For {{customer.first_name}}' },
    });
    expect((await call('POST', '/v1/templates/news', { source: source('one {{coupon.code}}') })).body).toEqual(first.body);
    expect((await call('POST', '/v1/templates/news', { source: source('two') })).body).toMatchObject({ version: 2 });
    expect((await call('POST', '/v1/templates/news', { source: source('one {{coupon.code}}') })).body).toMatchObject({ version: 3 });
    expect((await call('GET', '/v1/templates/news?version=2')).body).toMatchObject({ version: 2, source: source('two') });
    expect((await call('GET', '/v1/templates/news')).body).toMatchObject({ version: 3 });
    expect((await call('GET', '/v1/templates')).body).toMatchObject({
      object: 'list',
      total: 2,
      data_ref: 'templates',
      templates: [{ key: 'coupon' }, { key: 'news', version: 3 }],
      has_more: false,
    });
    expect(await latestVersions(database.sql, shop.project.id, ['news', 'none'])).toEqual({ news: 3 });
  });

  test('published by many at once gets one version for each source', async () => {
    const replies = await Promise.all(
      ['a', 'b', 'a', 'b'].map(async (text) => call('POST', '/v1/templates/race', { source: source(text) })),
    );
    const versions = replies.map(({ body }) => (body as { version: number }).version);
    expect(Math.max(...versions)).toBeLessThanOrEqual(4);
    expect(new Set(versions).size).toBe(Math.max(...versions));
  });

  test('that could fail is refused with every reason', async () => {
    const reply = await call('POST', '/v1/templates/broken', { source: source('{{customer.nam}} {{{coupon.code}}}') });
    expect(reply).toMatchObject({ status: 400, body: { key: 'definition_invalid' } });
    expect(reply.body.errors).toHaveLength(2);
    expect(reply.body.errors[0]).toMatchObject({
      path: 'body, line 5',
      message: expect.stringContaining('unknown variable customer.nam') as string,
    });
    expect((await call('POST', '/v1/templates/Not%20a%20key', { source: 'x' })).status).toBe(400);
    expect((await call('GET', '/v1/templates/none')).status).toBe(404);
  });

  test('is shown with the data that one gives, and samples for the rest', async () => {
    const reply = await call('POST', '/v1/templates/news/preview', { data: { coupon: { code: '<b>' } } });
    expect(reply).toMatchObject({ status: 200, body: { subject: 'For Ada', text: 'one <b>' } });
    expect(reply.body.html).toContain('one &lt;b&gt;');
    expect((await call('POST', '/v1/templates/news/preview', { data: { coupon: {} } })).body).toMatchObject({
      key: 'definition_invalid',
      details: 'coupon.code has no value',
    });
  });
});

describe('a message', () => {
  test('is listed by customer and state, and shown with its attempts and what it says', async () => {
    const [id = ''] = await mailing.plan(1);
    await drain();
    const byCustomer = await call('GET', '/v1/messages?customer=ada&state=accepted');
    expect(byCustomer).toMatchObject({
      status: 200,
      body: { object: 'list', data_ref: 'messages', total: 1, messages: [{ id, state: 'accepted' }] },
    });
    expect((await call('GET', '/v1/messages?customer=nobody')).body).toMatchObject({ total: 0 });
    const shown = await call('GET', `/v1/messages/${id}?content=true`);
    expect(shown.body).toMatchObject({
      object: 'message',
      template: { key: 'coupon', version: 1 },
      message_id: `<${id}@acme.example>`,
      attempts: [{ number: 1, outcome: 'accepted', answer: '250 queued' }],
      content: { subject: expect.stringMatching(/^Ada, your code is CODE-/) as string },
    });
    const received = await sink.parse(await addressOf(id));
    expect((received.html as string).trim()).toBe((shown.body.content.html as string).trim());
    expect((await call('GET', '/v1/messages/msg_none')).status).toBe(404);
  });

  test('of which nobody knows whether it arrived is sent again only on an operator’s word', async () => {
    const [id = ''] = await mailing.plan(1);
    sink.behave(() => ({ at: 'data', drop: true }));
    await drain();
    sink.behave(() => 'accept');
    await drain();
    expect((await call('GET', `/v1/messages/${id}`)).body).toMatchObject({ state: 'unknown' });
    const resent = await call('POST', `/v1/messages/${id}/resend`, undefined, { 'Idempotency-Key': 'again' });
    expect(resent).toMatchObject({ status: 200, body: { state: 'planned' } });
    await drain();
    expect((await call('GET', `/v1/messages/${id}`)).body).toMatchObject({
      state: 'accepted',
      attempts: [{ outcome: 'unknown' }, { outcome: 'accepted' }],
    });
    const address = await addressOf(id);
    const both = sink.received.filter(({ to }) => to === address);
    expect(both).toHaveLength(2);
    expect(both.every(({ raw }) => raw.includes(`Message-ID: <${id}@acme.example>`))).toBe(true);
    expect((await call('POST', `/v1/messages/${id}/resend`)).status).toBe(409);
    expect((await call('POST', `/v1/messages/${id}/resend`, undefined, { 'Idempotency-Key': 'again' })).body).toEqual(resent.body);
  });
});

describe('the unsubscribe link of a mail', () => {
  const linkOf = async (to: string) => {
    const mail = await sink.parse(to);
    const list = mail.headers.get('list') as unknown as { unsubscribe: { url: string } };
    expect(mail.text).toContain(list.unsubscribe.url);
    return new URL(list.unsubscribe.url).pathname;
  };
  const events = async () => database.sql<{ data: { topic: string } }[]>`
    select data from event where project_id = ${shop.project.id} and type = 'customer.unsubscribed' order by id`;

  test('changes nothing when it is looked at, stops the topic with one click, and tells of it once', async () => {
    const to = 'leaving@example.com';
    await mailing.plan(1, { payload: { to } });
    await drain();
    const link = await linkOf(to);
    const page = await api.send(link, { method: 'GET' });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.body).toContain('Acme');
    expect(await events()).toHaveLength(0);

    const oneClick = {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    };
    expect((await api.send(link, oneClick)).status).toBe(200);
    expect((await api.send(link, oneClick)).status).toBe(200);
    expect((await events()).map(({ data }) => data.topic)).toEqual(['offers']);

    const [offer = ''] = await mailing.plan(1, { payload: { to } });
    const [other = ''] = await mailing.plan(1, { payload: { to, topic: 'news' } });
    await drain();
    expect(await deliveryStates(database.sql, [offer, other])).toMatchObject([
      { state: 'skipped', reason: 'unsubscribed' },
      { state: 'accepted' },
    ]);
  });

  test('stops every topic from its page', async () => {
    const to = 'all@example.com';
    await mailing.plan(1, { payload: { to } });
    await drain();
    await api.send(await linkOf(to), { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'topic=*' });
    const [customer] = await database.sql<
      { unsubscribedAt: Date | null }[]
    >`select unsubscribed_at from customer where id = ${mailing.customerId}`;
    expect(customer?.unsubscribedAt).toBeInstanceOf(Date);
    const [other = ''] = await mailing.plan(1, { payload: { to: 'another@example.com', topic: 'news' } });
    const [order = ''] = await mailing.plan(1, { payload: { to, topic: 'transactional' } });
    await drain();
    expect(await deliveryStates(database.sql, [other, order])).toMatchObject([{ state: 'skipped' }, { state: 'accepted' }]);
  });

  test('that was not signed by this installation leads nowhere', async () => {
    for (const method of ['GET', 'POST']) {
      const reply = await api.send('/u/WyJwcm9qIl0.AAAAAAAAAAAAAAAAAAAAAA', { method });
      expect(reply.status).toBe(404);
      expect(reply.body).toContain('does not work');
    }
  });
});
