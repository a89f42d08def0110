import { afterAll, beforeAll, expect, test } from 'vitest';
import { upsertCustomers } from '../../../db/customer/customers.ts';
import { recordEvents } from '../../../db/event/events.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import {
  enrolmentOf,
  enrolmentsOf,
  prepareJourneys,
  publish,
  startJourneyEngine,
  tell,
  type JourneyEngine,
} from '../../harness/journeys.ts';
import { smtpUrl } from '../../harness/mailbox.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { until } from '../../harness/relay.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let shop: TestProject;

beforeAll(async () => {
  database = await createDatabase({ max: 30 });
  temporal = await connectTemporal();
  shop = await createProject(database.sql, { mode: 'live' });
  await prepareJourneys(database.sql, shop.project);
  engine = await startJourneyEngine(database.sql, temporal, smtpUrl());
});

afterAll(async () => {
  await engine?.stop();
  await temporal?.close();
  await database?.drop();
});

const say = (who: string, type: string, data: Record<string, unknown> = {}, at?: Date) =>
  tell(database.sql, shop.project, who, type, data, at === undefined ? {} : { at });

const ended = (customer: { id: string }) => enrolmentOf(database.sql, customer, (each) => each.state !== 'active');

/** Waits for an order over a minimum, for so long. */
const order = (name: string, timeout: string) => ({
  journey: name,
  trigger: { event: `${name}.begin` },
  steps: {
    order: {
      do: 'wait',
      event: { name: `${name}.paid`, match: 'event.data.amount >= 100 && event.data.currency == trigger.data.currency' },
      timeout,
      on_event: 'rich',
      on_timeout: 'poor',
    },
    rich: { do: 'branch', cases: [{ when: 'steps.order.data.amount >= 1000', next: 'very' }], else: 'quite' },
    very: { do: 'exit', outcome: 'very rich' },
    quite: { do: 'exit', outcome: 'rich' },
    poor: { do: 'exit', outcome: 'poor' },
  },
});

test('a wait goes on with the event that matches, and later steps know it', async () => {
  await publish(database.sql, shop.project, order('first', 'P1D'));
  const ada = await say('ada', 'first.begin', { currency: 'EUR' });
  await enrolmentOf(database.sql, ada, (each) => each.step === 'order' && (each.dueAt?.getTime() ?? 0) > Date.now() + 3_600_000);
  await say('ada', 'first.paid', { amount: 99, currency: 'EUR' });
  await say('ada', 'first.paid', { amount: 200, currency: 'USD' });
  await say('ada', 'first.paid', { amount: 1500, currency: 'EUR' });
  expect(await ended(ada)).toMatchObject({ state: 'exited', outcome: 'very rich' });
});

test('an event that came just before the wait counts', async () => {
  await publish(database.sql, shop.project, {
    ...order('early', 'P1D'),
    steps: { pause: { do: 'wait', for: 'PT2S' }, ...order('early', 'P1D').steps },
  });
  const bob = await say('bob', 'early.begin', { currency: 'EUR' });
  await enrolmentOf(database.sql, bob, (each) => each.step === 'pause');
  await say('bob', 'early.paid', { amount: 150, currency: 'EUR' });
  expect(await ended(bob)).toMatchObject({ outcome: 'rich' });
});

test('an event is taken by one wait only', async () => {
  const wait = { do: 'wait', event: { name: 'twice.paid' }, timeout: 'PT3S' };
  await publish(database.sql, shop.project, {
    journey: 'twice',
    trigger: { event: 'twice.begin' },
    steps: {
      one: { ...wait, on_timeout: 'none' },
      two: { ...wait, on_timeout: 'once' },
      both: { do: 'exit', outcome: 'twice' },
      once: { do: 'exit', outcome: 'once' },
      none: { do: 'exit', outcome: 'never' },
    },
  });
  const cy = await say('cy', 'twice.begin');
  await say('cy', 'twice.paid');
  expect(await ended(cy)).toMatchObject({ outcome: 'once' });
  const di = await say('di', 'twice.begin');
  await say('di', 'twice.paid');
  await say('di', 'twice.paid');
  expect(await ended(di)).toMatchObject({ outcome: 'twice' });
});

test('an event that occurred after the end of the wait is too late, even when it is heard of first', async () => {
  await publish(database.sql, shop.project, order('late', 'PT3S'));
  const eve = await say('eve', 'late.begin', { currency: 'EUR' });
  await enrolmentOf(database.sql, eve, (each) => each.step === 'order');
  await say('eve', 'late.paid', { amount: 500, currency: 'EUR' }, new Date(Date.now() + 60_000));
  expect(await ended(eve)).toMatchObject({ outcome: 'poor' });
});

test('where events and timeouts race, everyone takes exactly one way, and the one that the times decide', async () => {
  const { sql } = database;
  const people = Array.from({ length: 120 }, (_each, index) => `racer-${index}`);
  await publish(sql, shop.project, order('race', 'PT4S'));
  const customers = await sql.begin((tx) =>
    upsertCustomers(
      tx,
      shop.project.id,
      people.map((sourceId) => ({ sourceId })),
    ),
  );
  await sql.begin((tx) =>
    recordEvents(
      tx,
      customers.map(({ id }) => ({
        projectId: shop.project.id,
        type: 'race.begin',
        customerId: id,
        data: { currency: 'EUR' },
        dedupeKey: null,
        occurredAt: new Date(),
      })),
    ),
  );
  await until('all wait', async () => {
    const [row] = await sql<{ waiting: number }[]>`
      select count(*)::int as waiting from enrolment e join journey j on j.id = e.journey_id where j.key = 'race' and e.awaiting is not null`;
    return row?.waiting === people.length;
  });
  const deadlines = await sql<{ id: string; dueAt: Date }[]>`
    select e.id, e.due_at from enrolment e join journey j on j.id = e.journey_id where j.key = 'race' order by due_at`;
  // From a second before the first timeout to well after it.
  await new Promise((resolve) => setTimeout(resolve, Math.max((deadlines[0]?.dueAt.getTime() ?? 0) - Date.now() - 1_000, 0)));
  for (const who of people) {
    await say(who, 'race.paid', { amount: 500, currency: 'EUR' });
    await new Promise((resolve) => setTimeout(resolve, 12));
  }
  const outcomes = await Promise.all(customers.map(ended));
  const counts = Map.groupBy(outcomes, (each) => each.outcome);
  expect((counts.get('rich')?.length ?? 0) + (counts.get('poor')?.length ?? 0)).toBe(people.length);
  expect(counts.get('rich')?.length ?? 0).toBeGreaterThan(0);
  expect(counts.get('poor')?.length ?? 0).toBeGreaterThan(0);
  const visits = await sql<{ visits: number }[]>`
    select count(*)::int as visits from enrolment_step s join enrolment e on e.id = s.enrolment_id join journey j on j.id = e.journey_id
    where j.key = 'race' and s.step = 'order' group by s.enrolment_id`;
  expect(visits.every((each) => each.visits === 1)).toBe(true);
  const deadlineOf = new Map(deadlines.map(({ id, dueAt }) => [id, dueAt.getTime()]));
  const paid = await sql<{ id: string; outcome: string; occurredAt: Date }[]>`
    select e.id, s.outcome, v.occurred_at from enrolment_step s join enrolment e on e.id = s.enrolment_id
    join event v on v.customer_id = e.customer_id and v.type = 'race.paid' where s.step = 'order'`;
  // How long an event takes from its time to its commit.
  const margin = 300;
  const wrong = paid.filter(({ id, outcome, occurredAt }) => {
    const late = occurredAt.getTime() - (deadlineOf.get(id) ?? 0);
    return outcome === 'event' ? late > 0 : late < -margin;
  });
  expect(wrong).toEqual([]);
});

test('whoever is due goes on, and the others of the cohort wait on', async () => {
  const { sql } = database;
  await publish(sql, shop.project, {
    journey: 'apart',
    trigger: { event: 'apart.begin' },
    steps: { rest: { do: 'wait', until: 'now + duration(string(event.data.rest))' }, done: { do: 'exit', outcome: 'rested' } },
  });
  const [soon, late] = await Promise.all([say('soon', 'apart.begin', { rest: '1s' }), say('late', 'apart.begin', { rest: '2h' })]);
  expect(await ended(soon)).toMatchObject({ outcome: 'rested' });
  expect(await enrolmentsOf(sql, late)).toMatchObject([{ state: 'active', step: 'rest' }]);
});

test('one whose expression fails is held alone, and the others go on', async () => {
  const { sql } = database;
  await publish(sql, shop.project, {
    journey: 'fails',
    trigger: { event: 'fails.begin' },
    exit_on: [{ event: 'fails.end' }],
    steps: {
      choose: { do: 'branch', cases: [{ when: 'event.data.number > 3', next: 'big' }], else: 'small' },
      big: { do: 'exit', outcome: 'big' },
      small: { do: 'exit', outcome: 'small' },
    },
  });
  const people = await Promise.all([5, 1, 'a word', 9].map((number, index) => say(`fails-${index}`, 'fails.begin', { number })));
  const outcomes = await Promise.all(people.map(ended));
  expect(outcomes.map((each) => each.state)).toEqual(['exited', 'exited', 'held', 'exited']);
  expect(outcomes.map((each) => each.outcome).filter((each) => each !== outcomes[2]?.outcome)).toEqual(['big', 'small', 'big']);
  expect(outcomes[2]?.outcome).toContain('expression: no such overload');
  await say('fails-2', 'fails.end');
  expect(await enrolmentOf(sql, { id: people[2]?.id ?? '' }, (each) => each.state !== 'held')).toMatchObject({
    state: 'exited',
    outcome: 'fails.end',
  });
});
