import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEnrolmentRoutes } from '../../../api/routes/enrolments.ts';
import { createOperationRoutes } from '../../../api/routes/enrolment-operations.ts';
import { publishTemplate } from '../../../activities/mail/publish.ts';
import { upsertCustomers } from '../../../db/customer/customers.ts';
import { recordEvents } from '../../../db/event/events.ts';
import { createSecretBox } from '../../../db/secret-box.ts';
import { startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { enrolmentOf, prepareJourneys, publish, startJourneyEngine, tell, type JourneyEngine } from '../../harness/journeys.ts';
import { smtpUrl } from '../../harness/mailbox.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';
import { createTestEndpoint, createWebhookEngine, startReceiver, type TestEndpoint, type WebhookReceiver } from '../../harness/webhooks.ts';

const box = createSecretBox(randomBytes(32));
let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let shop: TestProject;
let receiver: WebhookReceiver;
let crm: TestEndpoint;
let hub: ReturnType<typeof createWebhookEngine>;
let api: TestApi;

/** What the CRM says, by source id: JSON, a text, or a status. */
const says = new Map<string, unknown>();
const asked = (sourceId: string): number =>
  receiver.received.filter((each) => (JSON.parse(each.body) as { customer: { source_id: string } }).customer.source_id === sourceId).length;

beforeAll(async () => {
  database = await createDatabase({ max: 30 });
  temporal = await connectTemporal();
  shop = await createProject(database.sql, { mode: 'live' });
  await prepareJourneys(database.sql, shop.project);
  receiver = await startReceiver();
  receiver.answer((response) => {
    const { body } = receiver.received.at(-1) as { body: string };
    const said = says.get((JSON.parse(body) as { customer: { source_id: string } }).customer.source_id) ?? { tier: 'gold', points: 120 };
    if (typeof said === 'number') response.statusCode = said;
    response.end(typeof said === 'string' ? said : JSON.stringify(said));
  });
  crm = await createTestEndpoint(database.sql, box, shop.project.id, { url: receiver.url, event_types: ['none'], retry_schedule: [1] });
  hub = createWebhookEngine(database.sql, box);
  engine = await startJourneyEngine(database.sql, temporal, smtpUrl(), hub.transport);
  const deps = { sql: database.sql, now: () => new Date() };
  api = await startApi(database.sql, { routes: [...createEnrolmentRoutes(deps), ...createOperationRoutes(deps)] });
});

afterAll(async () => {
  await engine?.stop();
  await api?.stop();
  hub?.close();
  await receiver?.close();
  await temporal?.close();
  await database?.drop();
});

const definition = (key: string, more: object = {}) => ({
  journey: key,
  trigger: { event: `${key}.begin` },
  steps: {
    ask: { do: 'send_webhook', endpoint: crm.id, body: { question: "'tier'" }, save_as: 'crm', timeout: 'PT1M', ...more },
    which: {
      do: 'branch',
      cases: [{ when: "answer.crm.body.tier == 'gold' && answer.crm.body.points >= 100", next: 'gold' }],
      else: 'plain',
    },
    gold: { do: 'exit', outcome: 'gold' },
    plain: { do: 'exit', outcome: 'plain' },
    ...('on_timeout' in more && { late: { do: 'exit', outcome: 'late' }, failed: { do: 'exit', outcome: 'no answer' } }),
  },
});
const ways = { on_timeout: 'late', on_fail: 'failed' };

/** Something happens to so many people at once. */
const crowd = async (names: string[], type: string): Promise<void> => {
  const customers = await database.sql.begin((tx) =>
    upsertCustomers(
      tx,
      shop.project.id,
      names.map((sourceId) => ({ sourceId, name: 'Ada Lovelace' })),
    ),
  );
  const [projectId, occurredAt] = [shop.project.id, new Date()];
  const events = customers.map(({ id }) => ({ projectId, type, customerId: id, data: {}, dedupeKey: null, occurredAt }));
  await database.sql.begin((tx) => recordEvents(tx, events));
};

test('what an endpoint answers is a variable of later steps and mails, and stands in the timeline', async () => {
  const { sql } = database;
  const mail = `---\nsubject: "{{answer.crm.body.tier}} {{answer.crm.body.points}}"\n---\n<mjml><mj-body><mj-section><mj-column><mj-text>hi</mj-text></mj-column></mj-section></mj-body></mjml>\n`;
  await sql.begin((tx) => publishTemplate(tx, shop.project.id, 'tier', mail));
  await publish(sql, shop.project, {
    ...definition('tier'),
    steps: {
      ask: { do: 'send_webhook', endpoint: crm.id, save_as: 'crm' },
      mail: { do: 'send_email', template: 'tier', data: { points: 'answer.crm.body.points * 2.0' }, when: 'answer.crm.status == 200' },
    },
  });
  const ada = await tell(sql, shop.project, 'ada', 'tier.begin');
  const { id } = await enrolmentOf(sql, ada, (each) => each.state === 'completed');
  const { body } = await api.as(shop)('GET', `/v1/enrolments/${id}`);
  expect(body.answers).toEqual({ crm: { status: 200, body: { tier: 'gold', points: 120 }, at: expect.any(String) } });
  expect(body.timeline.find((each: { step: string }) => each.step === 'ask')).toMatchObject({
    outcome: 'answered',
    detail: { status: 200, answer: { tier: 'gold', points: 120 } },
  });
  const [row] = await sql<{ payload: { data: object } }[]>`select payload from delivery where enrolment_id = ${id} and kind = 'email'`;
  expect(row?.payload.data).toMatchObject({ answer: body.answers, data: { points: 240 } });
});

test('500 who ask together each go by what was answered to them', async () => {
  const { sql } = database;
  await publish(sql, shop.project, definition('crowd', ways));
  const people = Array.from({ length: 500 }, (_, index) => `crowd-${index}`);
  for (const [index, name] of people.entries()) {
    if (index % 5 === 1) says.set(name, { tier: 'silver', points: index });
    if (index % 5 === 2) says.set(name, { tier: 'gold', points: index });
    if (index % 5 === 3) says.set(name, 'thank you');
  }
  await crowd(people, 'crowd.begin');
  const outcomes = async () =>
    sql<{ name: string; outcome: string }[]>`
      select c.source_id as name, e.outcome from enrolment e join customer c on c.id = e.customer_id join journey j on j.id = e.journey_id
      where j.key = 'crowd' and e.state <> 'active'`;
  await expect.poll(async () => (await outcomes()).length, { timeout: 50_000 }).toBe(500);
  const expected = people.map((name, index) => {
    const way = ['gold', 'plain', index >= 100 ? 'gold' : 'plain', 'no answer', 'gold'][index % 5];
    return { name, outcome: way };
  });
  expect((await outcomes()).toSorted((a, b) => people.indexOf(a.name) - people.indexOf(b.name))).toEqual(expected);
  expect(new Set(people.map(asked))).toEqual(new Set([1]));
});

test('no answer in time, one that is no JSON and an endpoint that fails each have their way; the others of the cohort do not wait', async () => {
  const { sql } = database;
  await publish(sql, shop.project, definition('ways', ways));
  await publish(sql, shop.project, definition('short', { ...ways, timeout: 'PT3S' }));
  says.set('dora', 'OK').set('fred', 400);
  const outcome = (customer: { id: string }) => enrolmentOf(sql, customer, (each) => each.state !== 'active');
  const bob = await tell(sql, shop.project, 'bob', 'ways.begin');
  const dora = await tell(sql, shop.project, 'dora', 'ways.begin');
  const fred = await tell(sql, shop.project, 'fred', 'ways.begin');
  expect((await outcome(bob)).outcome).toBe('gold');
  expect((await outcome(dora)).steps).toEqual(['ask: failed', 'failed: no answer']);
  expect((await outcome(fred)).outcome).toBe('no answer');
  await sql`update destination set state = 'paused' where id = ${crm.id}`;
  const late = await tell(sql, shop.project, 'late', 'short.begin');
  expect((await outcome(late)).steps).toEqual(['ask: timeout', 'late: late']);
  await sql`update destination set state = 'active', wakes_asked = wakes_asked + 1 where id = ${crm.id}`;
  // What was promised goes out, and its answer comes too late to change anything.
  await expect.poll(() => asked('late'), { timeout: 20_000 }).toBe(1);
  expect(asked('fred')).toBe(2);
  const [why] = await sql<{ detail: object }[]>`
    select s.detail from enrolment_step s join enrolment e on e.id = s.enrolment_id where e.customer_id = ${dora.id} and s.step = 'ask'`;
  expect(why?.detail).toMatchObject({ status: 200, reason: 'what was answered is not JSON' });
});

test('without a way of its own the step has failed: its customer is held, and asks again when released', async () => {
  const { sql } = database;
  await publish(sql, shop.project, definition('held'));
  says.set('eve', 'not yet');
  const eve = await tell(sql, shop.project, 'eve', 'held.begin');
  const { id, outcome } = await enrolmentOf(sql, eve, (each) => each.state === 'held');
  expect(outcome).toBe('no answer to save as crm: what was answered is not JSON');
  says.set('eve', { tier: 'gold', points: 100 });
  const { status } = await api.as(shop)('POST', `/v1/enrolments/${id}/release`);
  expect(status).toBe(200);
  expect((await enrolmentOf(sql, eve, (each) => each.state === 'exited' || each.state === 'completed')).outcome).toBe('gold');
  expect(asked('eve')).toBe(2);
});

test('what one endpoint answers is told to no other, and nobody can answer in its place', async () => {
  const { sql } = database;
  await publish(sql, shop.project, definition('mine', ways));
  await sql`update destination set state = 'paused' where id = ${crm.id}`;
  const gus = await tell(sql, shop.project, 'gus', 'mine.begin');
  const { id } = await enrolmentOf(sql, gus, (each) => each.step === 'ask');
  const forged = { enrolment_id: id, step: 'ask', visit: 1, delivery_id: 'msg_1', body: { tier: 'gold', points: 1000 } };
  await tell(sql, shop.project, 'gus', 'webhook.answered', forged);
  await expect.poll(async () => (await sql`select from outbox where customer_id = ${gus.id}`).length, { timeout: 20_000 }).toBe(0);
  says.set('gus', { tier: 'silver' });
  await sql`update destination set state = 'active', wakes_asked = wakes_asked + 1 where id = ${crm.id}`;
  expect((await enrolmentOf(sql, gus, (each) => each.state !== 'active')).outcome).toBe('plain');
});
