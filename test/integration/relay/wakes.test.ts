import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createWatchActivities } from '../../../activities/watch.ts';
import type { Sql } from '../../../db/client.ts';
import { ensureSmtpRoute } from '../../../db/delivery/destinations.ts';
import { planDeliveries } from '../../../db/delivery/deliveries.ts';
import { newId } from '../../../db/ids.ts';
import { findCohort, wakeCohorts, writeNextDue } from '../../../db/journey/cohorts.ts';
import { upsertCustomers } from '../../../db/customer/customers.ts';
import type { Project } from '../../../db/project/projects.ts';
import type { Relay } from '../../../relay/relay.ts';
import { ensureSchedules } from '../../../relay/schedules.ts';
import { destinationWorkflowId, journeyWorkflowId } from '../../../workflows/contracts.ts';
import { createCheckout } from '../../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject } from '../../harness/project.ts';
import { createTestRelay, until } from '../../harness/relay.ts';
import { openSwitchablePort, type SwitchablePort } from '../../harness/switchable-port.ts';
import { connectTemporal, temporalAddress, type TestTemporal } from '../../harness/temporal.ts';

let database: TestDatabase;
let sql: Sql;
let temporal: TestTemporal;
let way: SwitchablePort;
let connection: Connection;
let project: Project;

beforeAll(async () => {
  database = await createDatabase();
  sql = database.sql;
  temporal = await connectTemporal();
  way = await openSwitchablePort(temporalAddress());
  connection = Connection.lazy({ address: way.address });
});

beforeEach(async () => {
  // Nobody works on these task queues: what was started and signalled stays to be seen.
  await sql`truncate enrolment, cohort, delivery, destination cascade`;
  project = (await createProject(sql)).project;
  const version = { journey_id: newId('journey') };
  await sql`insert into journey (project_id, id, key, name, version) values (${project.id}, ${version.journey_id}, 'signup', 'Signup', 1)`;
  await sql`
    insert into journey_version (project_id, journey_id, version, definition, source, templates, hash, event_types) values (${project.id}, ${version.journey_id}, 1, '{}', '', '{}', '', '{}')`;
});

afterAll(async () => {
  await connection.close();
  await way.close();
  await temporal.close();
  await database.drop();
});

const withRelays = async (count: number, work: () => Promise<void>) => {
  const client = new Client({ connection, namespace: temporal.namespace });
  const relays: Relay[] = Array.from({ length: count }, () =>
    createTestRelay({ sql, client, taskQueues: temporal.taskQueues, routes: [] }),
  );
  for (const relay of relays) relay.start();
  try {
    await work();
  } finally {
    await Promise.all(relays.map((relay) => relay.stop()));
  }
};

const createCohorts = async (count: number): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => newId('cohort'));
  await sql`
    insert into cohort (project_id, id, journey_id, version)
    select ${project.id}, id, (select id from journey where project_id = ${project.id}), 1 from unnest(${ids}::text[]) as id`;
  return ids;
};

const allTold = async () => {
  const rows = await sql`
    select 1 from cohort where wakes_asked > wakes_told union all select 1 from destination where wakes_asked > wakes_told`;
  return rows.length === 0;
};

const signalsOf = async (workflowId: string): Promise<number> => {
  const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
};

describe('a cohort that asks to be woken', () => {
  test('is started on its task queue, once, though two relays look', async () => {
    const cohorts = await createCohorts(30);
    await withRelays(2, () => until('all were told', allTold));
    for (const id of cohorts) expect(await signalsOf(journeyWorkflowId(id))).toBe(1);
    const description = await temporal.client.workflow.getHandle(journeyWorkflowId(cohorts[0] as string)).describe();
    expect(description).toMatchObject({ type: 'journey', taskQueue: temporal.taskQueues.journeys });
  });

  test('is signalled again when it asks again, however often, and keeps its run', async () => {
    const [id = ''] = await createCohorts(1);
    const handle = temporal.client.workflow.getHandle(journeyWorkflowId(id));
    await withRelays(1, async () => {
      await until('it was told', allTold);
      const { runId } = await handle.describe();
      await sql`update cohort set wakes_asked = wakes_asked + 3 where id = ${id}`;
      await until('it was told again', allTold);
      expect(await signalsOf(journeyWorkflowId(id))).toBe(2);
      expect((await handle.describe()).runId).toBe(runId);
    });
  });

  test('starts anew when its workflow had come to its end', async () => {
    const [id = ''] = await createCohorts(1);
    const handle = temporal.client.workflow.getHandle(journeyWorkflowId(id));
    await withRelays(1, async () => {
      await until('it was told', allTold);
      const { runId } = await handle.describe();
      await handle.terminate();
      await sql`update cohort set wakes_asked = wakes_asked + 1 where id = ${id}`;
      await until('it was told again', allTold);
      const description = await handle.describe();
      expect(description.runId).not.toBe(runId);
      expect(description.status.name).toBe('RUNNING');
    });
  });

  test('waits while Temporal cannot be reached, and is woken when it is back', async () => {
    way.cut();
    const cohorts = await createCohorts(40);
    await withRelays(2, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const [told] = await sql`select count(*) as total from cohort where wakes_told > 0`;
      expect(told?.total).toBe(0);
      way.mend();
      await until('all were told', allTold);
    });
    for (const id of cohorts) expect(await signalsOf(journeyWorkflowId(id))).toBeGreaterThanOrEqual(1);
  });

  test('is woken by another relay when the one that took it died', async () => {
    const [id = ''] = await createCohorts(1);
    await sql`update cohort set wake_after = now() + interval '2 seconds' where id = ${id}`;
    await withRelays(1, () => until('it was told', allTold));
    expect(await signalsOf(journeyWorkflowId(id))).toBe(1);
  });
});

describe('a destination with deliveries', () => {
  const plan = (destinationId: string, count: number, dueAt = new Date()) =>
    sql.begin((tx) =>
      planDeliveries(
        tx,
        Array.from({ length: count }, () => ({
          projectId: project.id,
          destinationId,
          kind: 'email' as const,
          dedupeKey: newId('request'),
          customerId: null,
          enrolmentId: null,
          eventId: null,
          priority: 3,
          dueAt,
          payload: { to: 'a@example.com', name: null, topic: 't', template: 't', version: 1, data: {} },
        })),
      ),
    );
  const createDestination = async () => (await ensureSmtpRoute(sql, project.id, { from: { name: 'Acme', email: 'shop@acme.example' } })).id;

  test('is woken at once, and under load a few times a second, not for each of them', async () => {
    const id = await createDestination();
    await withRelays(1, async () => {
      const started = performance.now();
      await plan(id, 1);
      await until('it was told', allTold);
      for (let n = 0; n < 100; n++) await plan(id, 1);
      const took = performance.now() - started;
      await until('it was told of the last', allTold);
      expect(await signalsOf(destinationWorkflowId(id))).toBeLessThanOrEqual(3 + took / 100);
    });
  });

  test('is woken by the watch when something of it is overdue, and not when it is paused', async () => {
    const [id, watch] = [
      await createDestination(),
      createWatchActivities({ sql, now: () => new Date(), redeem: createCheckout(sql).redeem, randomBytes, random: Math.random }),
    ];
    await plan(id, 1, new Date(Date.now() - 120_000));
    expect((await watch.wakeOverdue()).destinations).toBe(0);
    await sql`update destination set wakes_told = wakes_asked`;
    expect((await watch.wakeOverdue()).destinations).toBe(1);
    await sql`update destination set wakes_told = wakes_asked, state = 'paused'`;
    expect((await watch.wakeOverdue()).destinations).toBe(0);
    await sql`update destination set state = 'active'`;
    await sql`update delivery set state = 'sending', leased_until = now() - interval '1 minute'`;
    expect((await watch.wakeOverdue()).destinations).toBe(1);
  });
});

describe('the watch', () => {
  const enrol = async (cohortId: string, dueAt: Date, clockOffsetMs = 0) => {
    const [customer] = await sql.begin((tx) => upsertCustomers(tx, project.id, [{ sourceId: newId('request') }]));
    if (!customer) throw new Error('no customer');
    await sql`update customer set clock_offset_ms = ${clockOffsetMs} where id = ${customer.id}`;
    await sql`
      insert into enrolment (project_id, id, journey_id, version, cohort_id, customer_id, entry_key, entry_number, step, due_at, entered_at)
      select ${project.id}, ${newId('enrolment')}, journey_id, 1, id, ${customer.id}, '', 1, 'remind', ${dueAt}, now()
      from cohort where id = ${cohortId}`;
    await sql`update cohort set due_at = ${dueAt} where id = ${cohortId}`;
  };
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

  test('wakes the cohorts with enrolments that are overdue, by the customer’s clock, and no others', async () => {
    const watch = createWatchActivities({
      sql,
      now: () => new Date(),
      redeem: createCheckout(sql).redeem,
      randomBytes,
      random: Math.random,
    });
    const [overdue = '', travelled = '', ahead = '', due = ''] = await createCohorts(4);
    const day = 86_400_000;
    await enrol(overdue, ago(120));
    await enrol(travelled, new Date(Date.now() + 10 * day), 11 * day);
    await enrol(ahead, new Date(Date.now() + 10 * day), 9 * day);
    await enrol(due, ago(5));
    await sql`update cohort set wakes_told = wakes_asked`;
    expect(await watch.wakeOverdue()).toMatchObject({ cohorts: 2 });
    const woken = await sql<{ id: string }[]>`select id from cohort where wakes_asked > wakes_told order by id`;
    expect(woken.map((row) => row.id)).toEqual([overdue, travelled].toSorted());
    expect(await watch.wakeOverdue()).toMatchObject({ cohorts: 0 });
  });

  test('puts the time of a cohort right that looks overdue and is not, and empties that of one in which nobody is left', async () => {
    const watch = createWatchActivities({
      sql,
      now: () => new Date(),
      redeem: createCheckout(sql).redeem,
      randomBytes,
      random: Math.random,
    });
    const [later = '', left = ''] = await createCohorts(2);
    const dueAt = new Date(Date.now() + 86_400_000);
    await enrol(later, dueAt);
    await sql`update cohort set wakes_told = wakes_asked, due_at = ${ago(120)}`;
    expect(await watch.wakeOverdue()).toMatchObject({ cohorts: 0, corrected: 2 });
    const rows = await sql<{ id: string; dueAt: Date | null }[]>`select id, due_at from cohort`;
    expect(new Map(rows.map((row) => [row.id, row.dueAt]))).toEqual(
      new Map([
        [later, dueAt],
        [left, null],
      ]),
    );
  });

  test('a step that ends does not undo that somebody became due meanwhile', async () => {
    const [id = ''] = await createCohorts(1);
    await enrol(id, new Date(Date.now() + 86_400_000));
    const seen = await findCohort(sql, id);
    if (seen === null) throw new Error('no cohort');
    await wakeCohorts(sql, [id]);
    await writeNextDue(sql, seen, new Date(Date.now() + 86_400_000));
    const [row] = await sql<{ now: boolean }[]>`select due_at <= now() as now from cohort where id = ${id}`;
    expect(row?.now).toBe(true);
  });

  test('leaves a journey alone that is paused', async () => {
    const watch = createWatchActivities({
      sql,
      now: () => new Date(),
      redeem: createCheckout(sql).redeem,
      randomBytes,
      random: Math.random,
    });
    const [cohort = ''] = await createCohorts(1);
    await enrol(cohort, ago(120));
    await sql`update cohort set wakes_told = wakes_asked`;
    await sql`update journey set state = 'paused' where project_id = ${project.id}`;
    expect(await watch.wakeOverdue()).toMatchObject({ cohorts: 0 });
  });

  test('is a schedule of each minute, made once however many workers start', async () => {
    await Promise.all([1, 2, 3].map(() => ensureSchedules(temporal.client, temporal.taskQueues)));
    await ensureSchedules(temporal.client, temporal.taskQueues);
    const handle = temporal.client.schedule.getHandle(`${temporal.taskQueues.deliveries}-watch`);
    const { spec, action } = await handle.describe();
    expect(spec.intervals).toMatchObject([{ every: 60_000 }]);
    expect(action).toMatchObject({ workflowType: 'watch', taskQueue: temporal.taskQueues.deliveries });
    await handle.delete();
    await temporal.client.schedule.getHandle(`${temporal.taskQueues.deliveries}-tidy-up`).delete();
  });

  test('forgets the answers of yesterday and keeps those of today', async () => {
    const watch = createWatchActivities({
      sql,
      now: () => new Date(),
      redeem: createCheckout(sql).redeem,
      randomBytes,
      random: Math.random,
    });
    await sql`
      insert into idempotency (project_id, key, request_hash, status, body, created_at)
      select ${project.id}, 'k' || n, '', 200, '', now() - n * interval '1 hour' from generate_series(1, 48) n`;
    expect(await watch.tidyUp()).toEqual({ answers: 25 });
    const [left] = await sql`select count(*) as total from idempotency`;
    expect(left?.total).toBe(23);
  });
});
