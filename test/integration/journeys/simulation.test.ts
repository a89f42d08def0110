import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installJourney, journeyTemplates } from '../../../api/journey/install-journey.ts';
import { createJourneyRoutes } from '../../../api/routes/journeys.ts';
import { createSimulationRoutes } from '../../../api/routes/simulations.ts';
import { createMailRenderer, type MailRenderer } from '../../../activities/mail/render.ts';
import { createSimulate } from '../../../activities/simulation/simulate.ts';
import { createSecretBox } from '../../../db/secret-box.ts';
import { ensureSmtpRoute } from '../../../db/delivery/destinations.ts';
import { insertTemplateVersion } from '../../../db/delivery/templates.ts';
import { parseJourney } from '../../../domain/journey/parse.ts';
import { createRouteEvents } from '../../../relay/route-events.ts';
import { resourceRoutes, startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { prepareJourneys, publishSignup } from '../../harness/journeys.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { createTestEndpoint } from '../../harness/webhooks.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let renderer: MailRenderer;
let call: ReturnType<TestApi['as']>;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  shop = await createProject(sql);
  await prepareJourneys(sql, shop.project);
  await publishSignup(sql, shop.project);
  renderer = createMailRenderer();
  const now = () => new Date();
  const simulate = createSimulate({
    sql,
    renderer,
    publicUrl: 'https://hub.example',
    randomBytes,
    routing: createRouteEvents,
    patience: { steps: 100, milliseconds: 20_000 },
  });
  api = await startApi(sql, {
    routes: [...resourceRoutes(sql), ...createJourneyRoutes({ sql, now }), ...createSimulationRoutes({ sql, simulate, now })],
  });
  call = api.as(shop);
});

afterAll(async () => {
  await api?.stop();
  await renderer?.close();
  await database?.drop();
});

/** How many rows each table holds, so that nothing that stays goes unseen. What requests used of their limits is told in the background. */
const rowCounts = async (): Promise<Record<string, number>> => {
  const { sql } = database;
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
      and relname <> 'rate_bucket' order by 1`;
  const counts: Record<string, number> = {};
  for (const { name } of tables) counts[name] = (await sql<{ count: number }[]>`select count(*)::int as count from ${sql(name)}`)[0]!.count;
  return counts;
};

const start = '2027-03-01T09:00:00.000Z';

interface Entry {
  at: string;
  day: number;
  kind: string;
  step: string;
  outcome: string;
  detail: Record<string, unknown>;
  message: { subject: string; html: string; text: string; to: string; state: string } | null;
}

const told = (timeline: Entry[]): string[] =>
  timeline.map(({ day, kind, step, outcome }) => `${day} ${kind} ${step} ${outcome}`.replace('  ', ' '));

test('a customer who does nothing is mailed, reminded, and their coupon ends; nothing stays', async () => {
  const before = await rowCounts();
  const { status, body } = await call('POST', '/v1/journeys/signup/simulate', {
    start,
    customer: { name: 'Grace Hopper', email: 'grace@example.com' },
  });
  expect(status, JSON.stringify(body)).toBe(200);
  expect(told(body.timeline)).toEqual([
    '0 entry enrolled',
    '0 issue_coupon coupon issued',
    '0 send_email mail planned',
    '0 message mail sent',
    '11 remind reminder planned',
    '11 message reminder sent',
    '14 expire end_of_coupon expired',
    '14 end completed',
  ]);
  const [mail, reminder] = body.timeline.filter((each: Entry) => each.message !== null).map((each: Entry) => each.message);
  const { code, expires_at: end } = body.coupons.welcome;
  expect(code).toMatch(/^WELCOME-/);
  expect(end).toBe('2027-03-15T09:00:00.000Z');
  expect(mail).toMatchObject({ to: 'grace@example.com', template: 'welcome', version: 1 });
  expect(mail.subject).not.toBe('');
  for (const { html, text } of [mail, reminder]) {
    expect(html).toContain(code);
    expect(text).toContain(code);
  }
  expect(body).toMatchObject({ state: 'completed', outcome: 'completed', stopped: null, end: '2027-03-15T09:00:00.000Z' });
  expect(await rowCounts()).toEqual(before);
});

test('a script says what the customer does: redeeming is the goal, unsubscribing ends it', async () => {
  const redeems = await call('POST', '/v1/journeys/signup/simulate', {
    start,
    events: [{ after: 'P3D', event: 'coupon.redeemed', order: { amount: 5000 } }],
  });
  expect(told(redeems.body.timeline).slice(-2)).toEqual(['3 event redeemed', '3 end goal']);
  expect(redeems.body.timeline.at(-2).detail).toMatchObject({ discount_amount: 500 });
  const late = await call('POST', '/v1/journeys/signup/simulate', { start, events: [{ after: 'P15D', event: 'coupon.redeemed' }] });
  expect(late.body.timeline.at(-1)).toMatchObject({ day: 15, outcome: 'refused', detail: { reason: 'voucher_expired' } });
  const leaves = await call('POST', '/v1/journeys/signup/simulate', { start, events: [{ after: 'P5D', event: 'customer.unsubscribed' }] });
  expect(leaves.body).toMatchObject({ state: 'exited', outcome: 'customer.unsubscribed' });
});

test('a customer who is known is taken as they are, and stays as they are', async () => {
  await call('POST', '/v1/customers', {
    source_id: 'known',
    name: 'Katherine Johnson',
    email: 'kat@example.com',
    timezone: 'America/New_York',
  });
  const before = await rowCounts();
  const { body } = await call('POST', '/v1/journeys/signup/simulate', { start, customer: { source_id: 'known' } });
  expect(body).toMatchObject({ customer: { name: 'Katherine Johnson', email: 'kat@example.com' }, entered: true });
  // Fourteen of her days, over the change of clocks on 14 March.
  expect(body.coupons.welcome.expires_at).toBe('2027-03-15T08:00:00.000Z');
  expect(await rowCounts()).toEqual(before);
  expect((await call('POST', '/v1/journeys/signup/simulate', { customer: { source_id: 'nobody' } })).status).toBe(404);
});

test('a definition that is not published is simulated as well, its filter and its mistakes told', async () => {
  const definition = {
    journey: 'not-yet',
    trigger: { event: 'order.paid', filter: 'event.data.amount > 100' },
    steps: {
      morning: { do: 'wait', local_time: { at: '09:00' } },
      which: { do: 'branch', cases: [{ when: 'event.data.amount > 500', next: 'big' }], else: 'end' },
      big: { do: 'wait', event: { name: 'order.paid' }, timeout: 'P3D', on_timeout: 'none' },
      again: { do: 'exit', outcome: 'again' },
      none: { do: 'exit', outcome: 'none' },
    },
  };
  const send = (more: object) => call('POST', '/v1/journeys/simulate', { definition, start, ...more });
  expect((await send({ data: { amount: 50 } })).body).toMatchObject({ entered: false, why: expect.stringContaining('filter') });
  expect((await send({ data: { amount: 700 } })).body).toMatchObject({ outcome: 'none' });
  const again = await send({ data: { amount: 700 }, events: [{ after: 'P2D', event: 'order.paid', data: { amount: 20 } }] });
  expect(again.body).toMatchObject({ outcome: 'again' });
  const wrong = await call('POST', '/v1/journeys/simulate', { definition: { ...definition, steps: { a: { do: 'wait', fro: 'P1D' } } } });
  expect(wrong).toMatchObject({ status: 400, body: { key: 'definition_invalid' } });
  const forever = { ...definition, trigger: { event: 'x' }, steps: { rest: { do: 'wait', for: 'PT1S', next: 'rest' } } };
  const { body } = await call('POST', '/v1/journeys/simulate', { definition: forever, start });
  expect(body.stopped).toBe('it ran 100 steps, which is as long as a simulation may');
});

test('a local time is kept in the nights in which clocks change, by the fallback where a zone is unknown', async () => {
  const definition = {
    journey: 'nightly',
    trigger: { event: 'order.paid' },
    timezone_fallback: 'Europe/Berlin',
    max_duration: 'P3D',
    steps: {
      night: { do: 'wait', local_time: { at: '02:30' } },
      tick: { do: 'wait', for: 'PT1S', next: 'night' },
    },
  };
  const woken = async (from: string, timezone: string | null): Promise<string[]> => {
    const customer = timezone === 'Mars/Olympus' ? { source_id: 'mars' } : { name: 'Ada Lovelace', ...(timezone !== null && { timezone }) };
    const { status, body } = await call('POST', '/v1/journeys/simulate', { definition, start: from, customer });
    expect(status, JSON.stringify(body)).toBe(200);
    return (body.timeline as Entry[]).filter((each) => each.step === 'night' && each.outcome === 'elapsed').map((each) => each.at);
  };
  // As a source of old may have said it.
  await call('POST', '/v1/customers', { source_id: 'mars', name: 'Ray Bradbury' });
  await database.sql`update customer set timezone = 'Mars/Olympus' where source_id = 'mars'`;
  const spring = ['2027-03-27T01:30:00.000Z', '2027-03-28T01:30:00.000Z', '2027-03-29T00:30:00.000Z'];
  const autumn = ['2027-10-30T00:30:00.000Z', '2027-10-31T00:30:00.000Z', '2027-11-01T01:30:00.000Z'];
  for (const timezone of ['Europe/Berlin', 'Mars/Olympus', null]) {
    expect(await woken('2027-03-26T12:00:00Z', timezone), `spring ${timezone}`).toEqual(spring);
    expect(await woken('2027-10-29T12:00:00Z', timezone), `autumn ${timezone}`).toEqual(autumn);
  }
  // Clocks there change on other nights.
  expect(await woken('2027-03-26T12:00:00Z', 'America/New_York')).toEqual([
    '2027-03-27T06:30:00.000Z',
    '2027-03-28T06:30:00.000Z',
    '2027-03-29T06:30:00.000Z',
  ]);
});

test('what an endpoint answers is scripted: what is not is silence until the time is up', async () => {
  const { sql } = database;
  await createTestEndpoint(sql, createSecretBox(randomBytes(32)), shop.project.id, { url: 'https://crm.example/ask' });
  const [endpoint] = await sql<{ id: string }[]>`select id from destination where project_id = ${shop.project.id} and kind = 'webhook'`;
  const definition = {
    journey: 'asks',
    trigger: { event: 'order.paid' },
    steps: {
      ask: { do: 'send_webhook', endpoint: endpoint?.id, save_as: 'crm', timeout: 'P2D', on_timeout: 'late', on_fail: 'failed' },
      gold: { do: 'branch', cases: [{ when: "answer.crm.body.tier == 'gold'", next: 'end' }], else: 'late' },
      failed: { do: 'exit', outcome: 'no answer' },
      late: { do: 'exit', outcome: 'late' },
    },
  };
  const before = await rowCounts();
  const send = (more: object) => call('POST', '/v1/journeys/simulate', { definition, start, ...more });
  const gold = await send({ answers: { crm: { body: { tier: 'gold' }, after: 'P1D' } } });
  expect(told(gold.body.timeline), JSON.stringify(gold.body)).toEqual([
    '0 entry enrolled',
    '1 message ask sent',
    '1 send_webhook ask answered',
    "1 branch gold answer.crm.body.tier == 'gold'",
    '1 end completed',
  ]);
  expect(gold.body.timeline[2].detail).toMatchObject({ status: 200, answer: { tier: 'gold' } });
  expect((await send({})).body).toMatchObject({ outcome: 'late', end: '2027-03-03T09:00:00.000Z' });
  expect((await send({ answers: { crm: { status: 500 } } })).body).toMatchObject({ outcome: 'no answer' });
  expect((await send({ answers: { crm: {} } })).body).toMatchObject({ outcome: 'no answer' });
  expect((await send({ customers: 30, answers: { crm: { body: { tier: 'gold' } } } })).body).toMatchObject({ outcomes: { completed: 30 } });
  const lost = await send({ answers: { cmr: { body: {} } } });
  expect(lost).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'answers.cmr', message: expect.stringContaining('did you mean crm?') }] },
  });
  expect(await rowCounts()).toEqual(before);
});

test('hundreds of customers at once: how many come where, and what their coupons cost at most', async () => {
  const before = await rowCounts();
  const { status, body } = await call('POST', '/v1/journeys/signup/simulate', {
    start,
    customers: 500,
    order_amount: 20_000,
    events: [
      { after: 'P3D', event: 'coupon.redeemed', percent: 30, order: { amount: 10_000 } },
      { after: 'P5D', event: 'customer.unsubscribed', percent: 10 },
    ],
  });
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body).toMatchObject({ object: 'simulation_crowd', customers: 500, entered: 500, stopped: null });
  expect(body.reached_goal).toBeGreaterThan(120);
  expect(body.reached_goal).toBeLessThan(180);
  const [coupon] = body.coupons;
  expect(coupon).toMatchObject({
    campaign: 'welcome',
    issued: 500,
    redeemed: body.reached_goal,
    cost_at_most: { amount: 1_000_000, currency: 'USD' },
  });
  const steps = Object.fromEntries(body.steps.map((each: { step: string; reached: number }) => [each.step, each.reached]));
  expect(steps).toMatchObject({ coupon: 500, mail: 500 });
  const left = body.outcomes['customer.unsubscribed'];
  expect(steps.reminder).toBe(500 - body.reached_goal - left);
  expect(body.messages.sent).toBe(500 + steps.reminder);
  expect(await rowCounts()).toEqual(before);
});

test('every journey that ships can be simulated, whatever lets customers in and whatever its steps do', async () => {
  const { sql } = database;
  const other = await createProject(sql);
  await ensureSmtpRoute(sql, other.project.id, { from: { name: 'Acme', email: 'shop@acme.example' } });
  const names = journeyTemplates().map((each) => each.name);
  // Plain ones in place of those that ship, which take a while to compile.
  const plain = { source: '', subject: '{{coupon.code}}', html: '<p>{{coupon.code}}</p>', text: '{{coupon.code}}', topic: null, hash: '' };
  for (const { source } of journeyTemplates()) {
    const keys = parseJourney(source).references.flatMap((each) => (each.what === 'template' ? each.name : []));
    for (const key of keys) await sql.begin((tx) => insertTemplateVersion(tx, other.project.id, key, plain));
  }
  for (const name of names) await sql.begin((tx) => installJourney(tx, other.project, name, new Date()));
  const before = await rowCounts();
  for (const name of names) {
    const { status, body } = await api.as(other)('POST', `/v1/journeys/${name}/simulate`, {
      start,
      customers: 10,
      events: [{ after: 'P2D', event: 'order.paid', data: { amount: 9000 }, percent: 50 }],
    });
    expect({ name, status, stopped: body.stopped }, JSON.stringify(body)).toEqual({ name, status: 200, stopped: null });
    expect(body.entered + (name === 'referral' ? 10 : 0), name).toBeGreaterThanOrEqual(10);
  }
  expect(await rowCounts()).toEqual(before);
});
