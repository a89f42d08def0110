import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { planDeliveries } from '../../../db/delivery/deliveries.ts';
import { sweepLost } from '../../../db/delivery/results.ts';
import { suppress } from '../../../db/delivery/suppressions.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createDeliveryEngine, createMailing, deliveryStates, type Mailing } from '../../harness/mailing.ts';
import { createProject } from '../../harness/project.ts';
import { startSmtpSink, type SmtpSink } from '../../harness/smtp-sink.ts';

let database: TestDatabase;
let sink: SmtpSink;
let engine: ReturnType<typeof createDeliveryEngine>;
let projectId: string;
let mailing: Mailing;

beforeAll(async () => {
  database = await createDatabase();
  sink = await startSmtpSink();
  engine = createDeliveryEngine(database.sql, sink.url, { random: () => 0.5 });
  projectId = (await createProject(database.sql)).project.id;
  mailing = await createMailing(database.sql, projectId);
});

afterAll(async () => {
  await engine.close();
  await sink.close();
  await database.drop();
});

afterEach(() => sink.behave(() => 'accept'));

const stateOf = async (id: string) => (await deliveryStates(database.sql, [id]))[0]!;
const drain = async () => engine.drain(mailing.route.id);
const receivedBy = (to: string) => sink.received.filter((mail) => mail.to === to);
const eventsOf = async (id: string) =>
  (await database.sql<{ type: string }[]>`select type from event where data ->> 'message_id' = ${id} order by id`).map(({ type }) => type);
const attemptsOf = async (id: string) =>
  database.sql<{ number: number; outcome: string; answer: string }[]>`
    select number, outcome, answer from delivery_attempt where delivery_id = ${id} order by number`;

describe('a mail that is planned', () => {
  test('exists once, however often it is planned', async () => {
    const mail = {
      projectId,
      destinationId: mailing.route.id,
      kind: 'email' as const,
      dedupeKey: 'enrolment 1, step mail, visit 1, email',
      customerId: mailing.customerId,
      enrolmentId: null,
      eventId: null,
      priority: 3,
      dueAt: new Date(),
      payload: { to: 'once@example.com', name: null, topic: 'offers', template: 'coupon', version: 1, data: { coupon: { code: 'ONE' } } },
    };
    const [first] = await database.sql.begin((tx) => planDeliveries(tx, [mail]));
    expect(first).toMatch(/^msg_/);
    expect(await database.sql.begin((tx) => planDeliveries(tx, [mail, mail]))).toEqual([null, null]);
    await drain();
    expect(receivedBy('once@example.com')).toHaveLength(1);
  });

  test('is accepted, with its attempt, its event and the Message-ID that its id makes', async () => {
    const [id = ''] = await mailing.plan(1);
    expect(await drain()).toEqual({ found: 1, done: true, nextDue: null });
    const state = await stateOf(id);
    expect(state).toMatchObject({ state: 'accepted', attempts: 1, messageId: `<${id}@acme.example>` });
    const mail = await sink.parse(state.to);
    expect(mail.messageId).toBe(`<${id}@acme.example>`);
    expect(mail.from?.text).toBe('"Acme" <shop@acme.example>');
    expect(mail.subject).toMatch(/^Ada, your code is CODE-/);
    expect(mail.headers.get('list')).toMatchObject({
      unsubscribe: { url: expect.stringMatching(/^https:\/\/hub\.example\/u\/[\w-]+\.[\w-]+$/) as string },
      'unsubscribe-post': { name: 'List-Unsubscribe=One-Click' },
    });
    expect(await attemptsOf(id)).toMatchObject([{ number: 1, outcome: 'accepted', answer: '250 queued' }]);
    expect(await eventsOf(id)).toEqual(['message.sent']);
  });

  test('waits for its time, and the drain says when that is', async () => {
    const dueAt = new Date(Date.now() + 3_600_000);
    const [id = ''] = await mailing.plan(1, { dueAt });
    expect(await drain()).toEqual({ found: 0, done: true, nextDue: dueAt.toISOString() });
    await database.sql`delete from delivery where id = ${id}`;
  });

  test('goes before one of a lower priority that was due earlier', async () => {
    const { drain: drainOne, close } = createDeliveryEngine(database.sql, sink.url);
    await database.sql`update destination set config = config || '{"connections": 1}' where id = ${mailing.route.id}`;
    const [late = ''] = await mailing.plan(1, { priority: 5, dueAt: new Date(Date.now() - 60_000) });
    const [early = ''] = await mailing.plan(1, { priority: 1 });
    await drainOne(mailing.route.id);
    const [first, second] = sink.received.slice(-2);
    expect([first?.to, second?.to]).toEqual([(await stateOf(early)).to, (await stateOf(late)).to]);
    await database.sql`update destination set config = config - 'connections' where id = ${mailing.route.id}`;
    await close();
  });
});

describe('an SMTP server that', () => {
  test('says "later" gets the mail again, by the schedule', async () => {
    const [id = ''] = await mailing.plan(1);
    sink.behave(() => ({ at: 'data', code: 451, message: 'greylisted' }));
    const { nextDue } = await drain();
    const put = await stateOf(id);
    expect(put).toMatchObject({ state: 'planned', attempts: 1, retries: 1, lease: null });
    expect(nextDue).toBe(put.dueAt.toISOString());
    expect(put.dueAt.getTime() - Date.now()).toBeGreaterThan(55_000);
    expect(put.dueAt.getTime() - Date.now()).toBeLessThan(61_000);
    expect(await attemptsOf(id)).toMatchObject([{ outcome: 'retry', answer: '451 greylisted' }]);
    expect(await eventsOf(id)).toEqual([]);

    sink.behave(() => 'accept');
    await database.sql`update delivery set due_at = now() where id = ${id}`;
    await drain();
    expect(await stateOf(id)).toMatchObject({ state: 'accepted', attempts: 2 });
    expect(await attemptsOf(id)).toMatchObject([{ outcome: 'retry' }, { number: 2, outcome: 'accepted' }]);
  });

  test('says "later" to the end of the schedule makes it fail', async () => {
    const [id = ''] = await mailing.plan(1);
    await database.sql`update delivery set retries = 8 where id = ${id}`;
    sink.behave(() => ({ at: 'rcpt', code: 450, message: 'mailbox busy' }));
    await drain();
    expect(await stateOf(id)).toMatchObject({ state: 'failed', reason: 'retries_exhausted' });
    expect(await eventsOf(id)).toEqual(['message.failed']);
  });

  test.each(['rcpt', 'data'] as const)('says "never" at %s makes it fail at once', async (at) => {
    const [id = ''] = await mailing.plan(1);
    sink.behave(() => ({ at, code: 550, message: 'no such user' }));
    await drain();
    expect(await stateOf(id)).toMatchObject({ state: 'failed', reason: 'rejected', attempts: 1 });
    expect((await attemptsOf(id))[0]?.answer).toContain('550 no such user');
    expect(await eventsOf(id)).toEqual(['message.failed']);
  });

  test('hangs up after it has taken all of the mail leaves it unknown, and it is not sent again', async () => {
    const [id = ''] = await mailing.plan(1);
    sink.behave(() => ({ at: 'data', drop: true }));
    await drain();
    const { state, to } = await stateOf(id);
    expect(state).toBe('unknown');
    expect(await eventsOf(id)).toEqual(['message.unknown']);
    sink.behave(() => 'accept');
    expect(await drain()).toMatchObject({ found: 0, nextDue: null });
    expect(receivedBy(to)).toHaveLength(1);
  });

  test('is not there gets it when it is back', async () => {
    const [id = ''] = await mailing.plan(1);
    const nowhere = createDeliveryEngine(database.sql, 'smtp://127.0.0.1:1');
    await nowhere.drain(mailing.route.id);
    await nowhere.close();
    expect(await stateOf(id)).toMatchObject({ state: 'planned', retries: 1 });
    await database.sql`update delivery set due_at = now() where id = ${id}`;
    await drain();
    expect(await stateOf(id)).toMatchObject({ state: 'accepted' });
  });

  test('fails one mail of many holds up none of the others', async () => {
    const ids = await mailing.plan(60);
    const bad = (await stateOf(ids[7]!)).to;
    sink.behave((to) => (to === bad ? { at: 'data', code: 554, message: 'spam' } : 'accept'));
    expect(await drain()).toMatchObject({ found: 60, done: true });
    const states = await deliveryStates(database.sql, ids);
    expect(states.filter(({ state }) => state === 'accepted')).toHaveLength(59);
    expect(states.filter(({ state }) => state === 'failed').map(({ to }) => to)).toEqual([bad]);
  });
});

describe('a mail that must not or cannot go', () => {
  test('is skipped when the address bounced, whatever the topic', async () => {
    await database.sql.begin((tx) => suppress(tx, { projectId, email: 'Bounced@example.com', topic: '*', reason: 'bounced' }));
    const [id = ''] = await mailing.plan(1, { payload: { to: 'bounced@Example.com', topic: 'transactional' } });
    await drain();
    expect(await stateOf(id)).toMatchObject({ state: 'skipped', reason: 'bounced', attempts: 0 });
    expect(receivedBy('bounced@Example.com')).toHaveLength(0);
  });

  test('is skipped when the customer unsubscribed from its topic after it was planned; what they asked for still comes', async () => {
    const to = 'quiet@example.com';
    const ids = await Promise.all(['offers', 'news', 'transactional'].map(async (topic) => mailing.plan(1, { payload: { to, topic } })));
    await database.sql.begin((tx) => suppress(tx, { projectId, email: to, topic: 'offers', reason: 'unsubscribed' }));
    await drain();
    const states = await Promise.all(ids.flat().map(stateOf));
    expect(states.map(({ state }) => state)).toEqual(['skipped', 'accepted', 'accepted']);
    const transactional = await sink.parse(to);
    expect(transactional.text).toContain('https://hub.example/u/');
  });

  test('fails with the cause when the template asks for what it was not given', async () => {
    const [id = ''] = await mailing.plan(1, { payload: { data: {} } });
    await drain();
    expect(await stateOf(id)).toMatchObject({ state: 'failed', reason: 'template_error' });
  });

  test.each(['two@example.com, more@example.com', 'a@example.com\r\nBcc: b@example.com', 'nobody', '<a@example.com>'])(
    'fails when its address is %j',
    async (to) => {
      const [id = ''] = await mailing.plan(1, { payload: { to } });
      const before = sink.received.length;
      await drain();
      expect(await stateOf(id)).toMatchObject({ state: 'failed', reason: 'invalid_address', attempts: 0 });
      expect(sink.received.length).toBe(before);
    },
  );

  test('cannot smuggle headers in by a name', async () => {
    const name = 'Eve\r\nBcc: victim@example.com\r\n\r\nhello';
    const to = 'eve@example.com';
    await mailing.plan(1, { payload: { to, name, data: { customer: { name, first_name: name }, coupon: { code: 'X\r\nX-Evil: 1' } } } });
    await drain();
    const mail = await sink.parse(to);
    expect([...mail.headers.keys()]).not.toEqual(expect.arrayContaining(['bcc']));
    expect(mail.headers.has('x-evil')).toBe(false);
    expect(mail.subject).toBe('Eve Bcc: victim@example.com hello, your code is X X-Evil: 1');
    expect(sink.received.filter((each) => each.to === 'victim@example.com')).toEqual([]);
  });

  test('carries a name as text, never as HTML', async () => {
    const to = 'mallory@example.com';
    await mailing.plan(1, {
      payload: { to, data: { customer: { first_name: '<img src=x onerror=alert(1)>' }, coupon: { code: 'A"B' } } },
    });
    await drain();
    const mail = await sink.parse(to);
    expect(mail.html).toContain('&lt;img src&#x3D;x onerror&#x3D;alert(1)&gt;');
    expect(mail.html).not.toContain('<img');
    expect(mail.text).toContain('<img src=x onerror=alert(1)>');
  });
});

describe('what was on the wire when a process died', () => {
  const abandon = async (id: string, until: Date) => database.sql`
    update delivery set state = 'sending', lease = 'a process that died', leased_until = ${until}, attempts = 1 where id = ${id}`;

  test('is unknown when its lease has ended, and not before', async () => {
    const [id = ''] = await mailing.plan(1);
    const until = new Date(Date.now() + 300);
    await abandon(id, until);
    expect(await drain()).toEqual({ found: 0, done: true, nextDue: until.toISOString() });
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await drain()).toEqual({ found: 1, done: true, nextDue: null });
    expect(await stateOf(id)).toMatchObject({ state: 'unknown', reason: 'process_died' });
    expect(await eventsOf(id)).toEqual(['message.unknown']);
    expect(receivedBy((await stateOf(id)).to)).toHaveLength(0);
  });

  test('is planned again under the same id when it is a webhook, and tells of nothing', async () => {
    const webhook = 'dest_webhook';
    await database.sql`
      insert into destination (project_id, id, kind, name, config) values (${projectId}, ${webhook}, 'webhook', 'endpoint', '{}')`;
    const [id = ''] = await mailing.plan(1, { destinationId: webhook, kind: 'webhook' });
    await abandon(id, new Date(Date.now() - 1));
    expect(await sweepLost(database.sql, webhook, new Date())).toBe(1);
    expect(await stateOf(id)).toMatchObject({ state: 'planned', lease: null, attempts: 1 });
    expect(await eventsOf(id)).toEqual([]);
  });

  test('is accepted after all where its sender was only slow', async () => {
    const [id = ''] = await mailing.plan(1);
    const { to } = await stateOf(id);
    const slow = createDeliveryEngine(database.sql, sink.url, { leaseMs: 200 });
    let between = '';
    sink.behave(async () => {
      if (receivedBy(to).length > 0) {
        await new Promise((resolve) => setTimeout(resolve, 400));
        await sweepLost(database.sql, mailing.route.id, new Date());
        between = (await stateOf(id)).state;
      }
      return 'accept' as const;
    });
    await slow.drain(mailing.route.id);
    await slow.close();
    expect(between).toBe('unknown');
    expect(await stateOf(id)).toMatchObject({ state: 'accepted', attempts: 1, reason: null });
    expect(await eventsOf(id)).toEqual(['message.unknown', 'message.sent']);
  });
});
