import { afterAll, beforeAll, expect, test } from 'vitest';
import { installJourney } from '../../../api/journey/install-journey.ts';
import { upsertCustomers } from '../../../db/customer/customers.ts';
import { recordEvents } from '../../../db/event/events.ts';
import { isHeldOut } from '../../../domain/journey/bucket.ts';
import { scheduleId } from '../../../workflows/contracts.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { enrolmentOf, enrolmentsOf, prepareJourneys, startJourneyEngine, tell, type JourneyEngine } from '../../harness/journeys.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { until } from '../../harness/relay.ts';
import { startSmtpSink, type SmtpSink } from '../../harness/smtp-sink.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';
import { createTravels } from '../../harness/time-travel.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let sink: SmtpSink;
let shop: TestProject;
let forward: ReturnType<typeof createTravels>;

const DAY_MS = 86_400_000;
/** So many that at least two of them are held out, by all odds. */
const PEOPLE = 150;

beforeAll(async () => {
  database = await createDatabase({ max: 30 });
  temporal = await connectTemporal();
  sink = await startSmtpSink();
  shop = await createProject(database.sql);
  await prepareJourneys(database.sql, shop.project);
  engine = await startJourneyEngine(database.sql, temporal, sink.url);
  forward = createTravels(database.sql, temporal, shop.project);
});

afterAll(async () => {
  await engine?.stop();
  await sink?.close();
  await temporal?.close();
  await database?.drop();
});

const sentTo = (address: string) => sink.received.filter((each) => each.to === address).length;

test('who has not ordered for 60 days is won back by 10 %, then 20 %; one in ten gets nothing, and counts', async () => {
  const { sql } = database;
  const all = await sql.begin((tx) =>
    upsertCustomers(
      tx,
      shop.project.id,
      Array.from({ length: PEOPLE }, (_each, index) => ({
        sourceId: `person-${index}`,
        email: `person-${index}@example.com`,
        timezone: 'Europe/Berlin',
      })),
    ),
  );
  const [untouched, treated] = [true, false].map((is) => all.filter((each) => isHeldOut({ percent: 10, salt: 'winback' }, each.id) === is));
  const [control, other] = untouched ?? [];
  const [soon, late, never, fresh] = treated ?? [];
  if (!control || !other || !soon || !late || !never || !fresh) throw new Error('too few');
  const lapsed = [control, other, soon, late, never];
  const paid = (customer: { id: string }, days: number) => ({
    projectId: shop.project.id,
    type: 'order.paid',
    customerId: customer.id,
    data: { order: { id: `${customer.id} ${days}`, amount: 4000 } },
    dedupeKey: null,
    occurredAt: new Date(Date.now() - days * DAY_MS),
  });
  await sql.begin((tx) => recordEvents(tx, [...lapsed.map((each) => paid(each, 61)), paid(fresh, 100), paid(fresh, 59)]));

  const { journey } = await sql.begin((tx) => installJourney(tx, shop.project, 'winback', new Date()));
  const schedule = temporal.client.schedule.getHandle(scheduleId(journey.id));
  await until('Temporal has the schedule', async () =>
    schedule.describe().then(
      () => true,
      () => false,
    ),
  );
  await schedule.trigger();
  const inside = async () =>
    sql<{ holdout: boolean; customerId: string }[]>`select holdout, customer_id from enrolment where journey_id = ${journey.id}`;
  await until('all of them are in', async () => (await inside()).length === lapsed.length);
  expect((await inside()).map((each) => each.customerId).toSorted()).toEqual(lapsed.map((each) => each.id).toSorted());
  const held = (await inside()).filter((each) => each.holdout).map((each) => each.customerId);
  expect(held.toSorted()).toEqual([control.id, other.id].toSorted());

  // Of those who are treated one comes back for 10 %, one for 20 %, and one not at all.
  const order = (who: string) =>
    tell(sql, shop.project, who, 'order.paid', { order: { id: `${who} is back` } }, { email: `${who}@example.com` });

  expect((await forward(soon.sourceId, 'P2D')).slice(0, 3)).toEqual(['morning elapsed', 'coupon issued', 'mail planned']);
  const [sent] = await sql<{ hour: string }[]>`
    select to_char(s.at at time zone 'Europe/Berlin', 'HH24:MI') as hour from enrolment_step s join enrolment e on e.id = s.enrolment_id
    where e.customer_id = ${soon.id} and s.step = 'mail'`;
  expect(sent?.hour).toBe('09:00');
  expect(sentTo(`${soon.sourceId}@example.com`)).toBe(1);
  await order(soon.sourceId);
  expect(await enrolmentOf(sql, soon, (each) => each.state !== 'active')).toMatchObject({ state: 'completed', outcome: 'goal' });

  expect(await forward(late.sourceId, 'P10D')).toEqual([
    'morning elapsed',
    'coupon issued',
    'mail planned',
    'order timeout',
    'end_of_first expired',
    'second_morning elapsed',
    'second_coupon issued',
    'second_mail planned',
  ]);
  await order(late.sourceId);
  expect(await enrolmentOf(sql, late, (each) => each.state !== 'active')).toMatchObject({ outcome: 'goal' });

  expect((await forward(never.sourceId, 'P20D')).slice(-4)).toEqual([
    'reminder planned',
    'end_of_second expired',
    'gone not_back',
    'end not_back',
  ]);
  expect(sentTo(`${never.sourceId}@example.com`)).toBe(3);

  // Held-out customers get nothing. One orders in the time in which that counts, one after it.
  await order(control.sourceId);
  expect(await enrolmentOf(sql, control, (each) => each.state !== 'active')).toMatchObject({ outcome: 'goal', steps: [] });
  expect(sentTo(`${control.sourceId}@example.com`)).toBe(0);
  expect(await forward(other.sourceId, 'P22D')).toEqual(['$holdout holdout', 'end holdout']);
  // Who walked to the end and orders within the window counts as well.
  await tell(sql, shop.project, never.sourceId, 'order.paid', {}, { email: `${never.sourceId}@example.com` });
  await until('the goal is noted', async () => {
    const [row] = await sql<{ goalAt: Date | null; state: string }[]>`select goal_at, state from enrolment where customer_id = ${never.id}`;
    return row?.goalAt !== null && row?.state === 'exited';
  });

  // The next morning nobody enters a second time.
  await schedule.trigger();
  await until(
    'the second run is through',
    async () => (await sql`select from launch where journey_id = ${journey.id} and state = 'done'`).count === 2,
  );
  expect(await inside()).toHaveLength(lapsed.length);
  expect(await enrolmentsOf(sql, soon)).toHaveLength(1);
});
