import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pauseDestination, resumeDestination } from '../../../db/delivery/destinations.ts';
import { destinationWorkflowId, WAKE_SIGNAL, WORKFLOWS } from '../../../workflows/contracts.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createDeliveryEngine, createMailing, deliveryStates, type Mailing } from '../../harness/mailing.ts';
import { waitForMail, smtpUrl } from '../../harness/mailbox.ts';
import { createProject } from '../../harness/project.ts';
import { startSmtpSink, type SmtpSink } from '../../harness/smtp-sink.ts';
import { connectTemporal, temporalAddress, type TestTemporal } from '../../harness/temporal.ts';

const WORKFLOWS_PATH = fileURLToPath(new URL('../../../workflows/destination.ts', import.meta.url));

let database: TestDatabase;
let temporal: TestTemporal;
let sink: SmtpSink;
let engine: ReturnType<typeof createDeliveryEngine>;
let mailing: Mailing;
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  workflowBundle = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_PATH, logger: new DefaultLogger('WARN') });
  database = await createDatabase();
  temporal = await connectTemporal();
  sink = await startSmtpSink();
  engine = createDeliveryEngine(database.sql, sink.url, { leaseMs: 3_000 });
});

afterAll(async () => {
  await engine.close();
  await sink.close();
  await temporal.close();
  await database.drop();
});

beforeEach(async () => {
  mailing = await createMailing(database.sql, (await createProject(database.sql)).project.id, { retry_schedule: [0.3, 0.3, 0.3] });
});

afterEach(async () => {
  await stopWorker();
  sink.behave(() => 'accept');
});

let stopWorker = async () => {};

const startWorker = async (activities = engine.activities) => {
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue: temporal.taskQueues.deliveries,
    workflowBundle,
    activities,
  });
  const running = worker.run();
  stopWorker = async () => {
    stopWorker = async () => {};
    worker.shutdown();
    await running;
  };
};

const wake = async () =>
  temporal.client.workflow.signalWithStart(WORKFLOWS.destination, {
    workflowId: destinationWorkflowId(mailing.route.id),
    taskQueue: temporal.taskQueues.deliveries,
    args: [{ destinationId: mailing.route.id }],
    signal: WAKE_SIGNAL,
  });

const until = async (condition: () => Promise<boolean>, withinMs = 20_000) => {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(50)) if (await condition()) return;
  throw new Error(`not within ${withinMs} ms`);
};

const ended = async () => {
  const { status } = await temporal.client.workflow.getHandle(destinationWorkflowId(mailing.route.id)).describe();
  return status.name === 'COMPLETED';
};

const allAre = async (ids: string[], state: string) => (await deliveryStates(database.sql, ids)).every((each) => each.state === state);

describe('the workflow of a destination', () => {
  test('brings a mail to the mailbox, and ends when nothing is planned', async () => {
    const real = createDeliveryEngine(database.sql, smtpUrl());
    await startWorker(real.activities);
    const to = `workflow-${Date.now()}@example.com`;
    await mailing.plan(1, { payload: { to } });
    await wake();
    const mail = await waitForMail(to);
    expect(mail.subject).toMatch(/^Ada, your code is CODE-/);
    await until(ended);
    await stopWorker();
    await real.close();
  });

  test('loses none of 1,200 wake-ups that come while it drains and ends', async () => {
    await startWorker();
    const ids: string[] = [];
    await Promise.all(
      Array.from({ length: 12 }, async (_, lane) => {
        for (let n = 0; n < 100; n += 1) {
          await sleep((lane * 7 + n * 3) % 20);
          ids.push(...(await mailing.plan(1)));
          await wake();
        }
      }),
    );
    await until(ended, 60_000);
    expect(ids).toHaveLength(1200);
    const states = await deliveryStates(database.sql, ids);
    expect(states.filter(({ state, attempts }) => state === 'accepted' && attempts === 1)).toHaveLength(1200);
  });

  test('sleeps until a retry is due, and wakes for what comes before', async () => {
    await startWorker();
    sink.behave((to) =>
      sink.received.filter((mail) => mail.to === to).length <= 2 ? { at: 'data', code: 451, message: 'later' } : 'accept',
    );
    const [slow = ''] = await mailing.plan(1);
    await wake();
    await until(async () => (await deliveryStates(database.sql, [slow]))[0]?.retries === 1);
    await until(ended);
    expect(await deliveryStates(database.sql, [slow])).toMatchObject([{ state: 'accepted', attempts: 3 }]);

    const [later = ''] = await mailing.plan(1, { dueAt: new Date(Date.now() + 3_600_000) });
    await wake();
    const [now = ''] = await mailing.plan(1);
    await wake();
    await until(async () => allAre([now], 'accepted'));
    expect(await ended()).toBe(false);
    await database.sql`update delivery set due_at = now() where id = ${later}`;
    await wake();
    await until(ended);
    expect(await allAre([later], 'accepted')).toBe(true);
  });

  test('is paused and resumed, without a gap and without a double', async () => {
    await startWorker();
    await database.sql`update destination set rate_per_second = 200 where id = ${mailing.route.id}`;
    const ids = await mailing.plan(300);
    await wake();
    await until(async () => (await deliveryStates(database.sql, ids)).some(({ state }) => state === 'accepted'));
    await pauseDestination(database.sql, mailing.route.id);
    await until(ended);
    const paused = (await deliveryStates(database.sql, ids)).filter(({ state }) => state === 'planned').length;
    expect(paused).toBeGreaterThan(0);
    await resumeDestination(database.sql, mailing.route.id);
    await wake();
    await until(ended);
    expect((await deliveryStates(database.sql, ids)).every(({ state, attempts }) => state === 'accepted' && attempts === 1)).toBe(true);
  });

  test('goes on where it was when its worker is shut down in the middle', async () => {
    await startWorker();
    await database.sql`update destination set rate_per_second = 100 where id = ${mailing.route.id}`;
    const ids = await mailing.plan(300);
    await wake();
    await until(async () => (await deliveryStates(database.sql, ids)).some(({ state }) => state === 'accepted'));
    await stopWorker();
    const between = await deliveryStates(database.sql, ids);
    expect(between.filter(({ state }) => state === 'sending')).toEqual([]);
    expect(between.filter(({ state }) => state === 'planned').length).toBeGreaterThan(0);
    await startWorker();
    await until(ended);
    expect((await deliveryStates(database.sql, ids)).every(({ state, attempts }) => state === 'accepted' && attempts === 1)).toBe(true);
  });
});

describe('a worker that is killed between the accept of the SMTP server and its own commit', () => {
  let child: ChildProcess;

  afterEach(() => child.kill('SIGKILL'));

  test('leaves the mail unknown; one was received, none is sent again, and the others go out', { timeout: 90_000 }, async () => {
    const script = fileURLToPath(new URL('../../harness/delivery-worker.ts', import.meta.url));
    child = spawn(process.execPath, [script, database.url, temporalAddress(), temporal.taskQueues.deliveries, sink.url, '3000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    const victim = `victim-${Date.now()}@example.com`;
    sink.behave((to) => {
      // The mail is taken; who sent it will not live to write that down.
      if (to === victim && child.exitCode === null && sink.received.some((mail) => mail.to === victim)) child.kill('SIGKILL');
      return 'accept';
    });
    const [id = ''] = await mailing.plan(1, { payload: { to: victim } });
    await wake();
    await once(child, 'exit');
    expect(await deliveryStates(database.sql, [id])).toMatchObject([{ state: 'sending' }]);

    await startWorker();
    const others = await mailing.plan(3);
    await wake();
    await until(ended, 60_000);
    expect(await deliveryStates(database.sql, [id])).toMatchObject([{ state: 'unknown', reason: 'process_died', attempts: 1 }]);
    expect(await allAre(others, 'accepted')).toBe(true);
    expect(sink.received.filter(({ to }) => to === victim)).toHaveLength(1);
  });
});
