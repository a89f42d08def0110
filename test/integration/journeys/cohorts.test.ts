import { afterAll, beforeAll, expect, test } from 'vitest';
import { upsertCustomers } from '../../../db/customer/customers.ts';
import { recordEvents } from '../../../db/event/events.ts';
import { journeyWorkflowId, WAKE_SIGNAL, WORKFLOWS } from '../../../workflows/contracts.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { enrolmentOf, prepareJourneys, publish, startJourneyEngine, tell, type JourneyEngine } from '../../harness/journeys.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { until } from '../../harness/relay.ts';
import { startSmtpSink, type SmtpSink } from '../../harness/smtp-sink.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let sink: SmtpSink;
let shop: TestProject;

beforeAll(async () => {
  database = await createDatabase({ max: 30 });
  temporal = await connectTemporal();
  sink = await startSmtpSink();
  shop = await createProject(database.sql, { mode: 'live' });
  await prepareJourneys(database.sql, shop.project);
  engine = await startJourneyEngine(database.sql, temporal, sink.url);
});

afterAll(async () => {
  await engine?.stop();
  await sink?.close();
  await temporal?.close();
  await database?.drop();
});

/** So many people to whom the same happens at once. */
const crowd = async (name: string, count: number, type: string) => {
  const rows = Array.from({ length: count }, (_each, index) => ({
    sourceId: `${name}-${index}`,
    email: `${name}-${index}@example.com`,
    name: 'Ada Lovelace',
  }));
  const customers = await database.sql.begin((tx) => upsertCustomers(tx, shop.project.id, rows));
  const occurredAt = new Date();
  const events = customers.map(({ id }) => ({
    projectId: shop.project.id,
    type,
    customerId: id,
    data: {},
    dedupeKey: null,
    occurredAt,
  }));
  await database.sql.begin((tx) => recordEvents(tx, events));
  return customers;
};

const short = (key: string, times = { lasts: 'PT8S', before: 'PT4S' }) => ({
  journey: key,
  trigger: { event: `${key}.begin` },
  goal: { event: 'coupon.redeemed', match: 'event.data.code == coupon.welcome.code' },
  steps: {
    coupon: { do: 'issue_coupon', campaign: 'welcome', expires: { after: times.lasts }, as: 'welcome' },
    mail: { do: 'send_email', template: 'welcome' },
    reminder: { do: 'remind', coupon: 'welcome', before_expiry: times.before, template: 'reminder' },
    end_of_coupon: { do: 'expire', coupon: 'welcome' },
  },
});

test('five hundred who enter together walk as one: each with a coupon, a mail, a reminder and an end of their own', async () => {
  const { sql } = database;
  const { journey } = await publish(sql, shop.project, short('crowd'));
  await crowd('crowd', 500, 'crowd.begin');
  await until(
    'all are through',
    async () => (await sql`select from enrolment where journey_id = ${journey.id} and state = 'completed'`).count === 500,
    40_000,
  );
  const [counts] = await sql<{ codes: number; holders: number; expired: number; cohorts: number }[]>`
    select count(distinct v.code)::int as codes, count(distinct v.holder_id)::int as holders,
      count(*) filter (where v.expired_at is not null)::int as expired, count(distinct e.cohort_id)::int as cohorts
    from voucher v join enrolment e on e.id = v.enrolment_id where e.journey_id = ${journey.id}`;
  expect(counts).toMatchObject({ codes: 500, holders: 500, expired: 500 });
  await until('all mails are sent', async () => (await sql`select from delivery where state = 'accepted'`).count === 1000, 40_000);
  expect(new Set(sink.received.map((mail) => mail.to)).size).toBe(500);
  expect(sink.received).toHaveLength(1000);

  const cohorts = await sql<{ id: string }[]>`select distinct cohort_id as id from enrolment where journey_id = ${journey.id}`;
  expect(counts?.cohorts).toBeLessThan(20);
  let actions = 0;
  for (const { id } of cohorts) {
    const handle = temporal.client.workflow.getHandle(journeyWorkflowId(id));
    await handle.result();
    const { events } = await handle.fetchHistory();
    const started = events?.filter((each) => each.activityTaskScheduledEventAttributes ?? each.timerStartedEventAttributes);
    actions += 1 + (started?.length ?? 0);
  }
  expect(actions / 500).toBeLessThan(0.3);
});

test('a worker that is gone for a while is not missed: who slept goes on, on time and once', async () => {
  const { sql } = database;
  await publish(sql, shop.project, short('restart', { lasts: 'PT20S', before: 'PT16S' }));
  const ada = await tell(sql, shop.project, 'ada-restart', 'restart.begin', {}, { email: 'ada-restart@example.com' });
  await enrolmentOf(sql, ada, (each) => each.step === 'reminder');
  await engine.stop();
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  engine = await startJourneyEngine(sql, temporal, sink.url);
  const ended = await enrolmentOf(sql, ada, (each) => each.state === 'completed', 30_000);
  expect(ended.steps).toEqual(['coupon: issued', 'mail: planned', 'reminder: planned', 'end_of_coupon: expired']);
  await until('both mails are there', async () => sink.received.filter((mail) => mail.to === 'ada-restart@example.com').length === 2);
});

test('one member whom the database refuses is held alone, and the step is done for the others', async () => {
  const { sql } = database;
  const { journey } = await publish(sql, shop.project, short('refused'));
  await sql`
    create function refuse() returns trigger language plpgsql as $$
      begin if new.holder_id = (select id from customer where source_id = 'refused-7') then raise exception 'no coupon for number seven'; end if;
      return new; end $$`;
  await sql`create trigger refuse before insert on voucher for each row execute function refuse()`;
  await crowd('refused', 20, 'refused.begin');
  await until(
    'all others are through',
    async () => (await sql`select from enrolment where journey_id = ${journey.id} and state = 'completed'`).count === 19,
    30_000,
  );
  const held = await sql`
    select c.source_id, e.step, e.outcome from enrolment e join customer c on c.id = e.customer_id
    where e.journey_id = ${journey.id} and e.state = 'held'`;
  expect([...held]).toEqual([{ sourceId: 'refused-7', step: 'coupon', outcome: 'no coupon for number seven' }]);
  await sql`drop trigger refuse on voucher`;
});

test('a workflow that goes on as a new one under load loses nobody and does nothing twice', async () => {
  const { sql } = database;
  const { client, taskQueues } = temporal;
  const { journey } = await publish(sql, shop.project, {
    journey: 'renewed',
    trigger: { event: 'renewed.begin' },
    steps: {
      rest: { do: 'wait', event: { name: 'renewed.go' }, timeout: 'PT60S', on_timeout: 'late' },
      gift: { do: 'issue_coupon', campaign: 'welcome', as: 'gift', next: 'done' },
      late: { do: 'exit', outcome: 'late' },
      done: { do: 'exit', outcome: 'done' },
    },
  });
  const customers = await crowd('renewed', 150, 'renewed.begin');
  const atRest = async () => (await sql`select from enrolment where journey_id = ${journey.id} and awaiting is not null`).count === 150;
  await until('all wait', atRest, 30_000);
  const cohorts = await sql<{ id: string }[]>`select distinct cohort_id as id from enrolment where journey_id = ${journey.id}`;
  const workflowIds = cohorts.map(({ id }) => journeyWorkflowId(id));
  // With a history that is full after some thirty events.
  for (const { id } of cohorts) {
    await client.workflow.getHandle(journeyWorkflowId(id)).terminate('to be limited');
    await client.workflow.signalWithStart(WORKFLOWS.journey, {
      workflowId: journeyWorkflowId(id),
      taskQueue: taskQueues.journeys,
      args: [{ cohortId: id, historyLimit: 30 }],
      signal: WAKE_SIGNAL,
    });
  }
  const through = async () => (await sql`select from enrolment where journey_id = ${journey.id} and outcome = 'done'`).count;
  for (let at = 0; at < customers.length; at += 15) {
    const events = customers.slice(at, at + 15).map(({ id }) => ({
      projectId: shop.project.id,
      type: 'renewed.go',
      customerId: id,
      data: {},
      dedupeKey: null,
      occurredAt: new Date(),
    }));
    await sql.begin((tx) => recordEvents(tx, events));
    await Promise.all(
      workflowIds.map((id) =>
        client.workflow
          .getHandle(id)
          .signal(WAKE_SIGNAL)
          .catch(() => undefined),
      ),
    );
    // The first come one after the other, which fills the history however fast the machine is; the others at once.
    if (at < 75) await until(`${at + 15} are through`, async () => (await through()) === at + 15, 30_000);
  }
  await until('all are through', async () => (await through()) === 150, 30_000);
  const [counts] = await sql<{ coupons: number; holders: number; visits: number }[]>`
    select count(*)::int as coupons, count(distinct v.holder_id)::int as holders,
      (select count(*)::int from enrolment_step s join enrolment e on e.id = s.enrolment_id where e.journey_id = ${journey.id}) as visits
    from voucher v join enrolment e on e.id = v.enrolment_id where e.journey_id = ${journey.id}`;
  expect(counts).toEqual({ coupons: 150, holders: 150, visits: 450 });
  const runs = await Promise.all(
    workflowIds.map(async (id) => {
      const { raw } = await client.workflow.getHandle(id).describe();
      return raw.workflowExecutionInfo?.firstRunId !== raw.workflowExecutionInfo?.execution?.runId;
    }),
  );
  expect(runs).toContain(true);
});

test('a campaign whose codes are used up holds those who got none, and says why', async () => {
  const { sql } = database;
  await sql`
    update campaign_template t set template = jsonb_set(template, '{code_config}', '{"pattern": "ONLY-#", "charset": "AB"}')
    from campaign c where c.id = t.campaign_id and c.name = 'welcome' and c.project_id = ${shop.project.id}`;
  const { journey } = await publish(sql, shop.project, short('scarce'));
  await crowd('scarce', 5, 'scarce.begin');
  await until('all are decided', async () => {
    const all = await sql<{ state: string; step: string }[]>`select state, step from enrolment where journey_id = ${journey.id}`;
    return all.length === 5 && all.every(({ state, step }) => state !== 'active' || step !== 'coupon');
  });
  const held = await sql<{ outcome: string }[]>`select outcome from enrolment where journey_id = ${journey.id} and state = 'held'`;
  expect(held).toHaveLength(3);
  expect(held[0]?.outcome).toBe('The pattern is used up.');
  expect((await sql`select from voucher where code like 'ONLY-%'`).count).toBe(2);
});
