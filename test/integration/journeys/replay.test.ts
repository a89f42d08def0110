import { randomBytes } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchJourney } from '../../../activities/journey/launch.ts';
import { createFastForward, type RunFastForward } from '../../../activities/time-travel/fast-forward.ts';
import { createSecretBox } from '../../../db/secret-box.ts';
import { makeCurrent } from '../../../relay/build.ts';
import { createTimeSkipping } from '../../../activities/time-travel/time-skipping.ts';
import { destinationWorkflowId, journeyWorkflowId, launchWorkflowId } from '../../../workflows/contracts.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import {
  enrolmentOf,
  prepareJourneys,
  publish,
  publishSignup,
  startJourneyEngine,
  tell,
  workflowBundle,
  type JourneyEngine,
} from '../../harness/journeys.ts';
import { smtpUrl } from '../../harness/mailbox.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';
import { createTestEndpoint, createWebhookEngine, startReceiver, type WebhookReceiver } from '../../harness/webhooks.ts';
import { historyOf, recordedHistories, writeHistory, type WorkflowHistory } from '../../replay/histories.ts';

/** Set by `npm run record-histories` to the release whose histories this run keeps. */
const release = process.env['RECORD_HISTORIES'];

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let receiver: WebhookReceiver;
let hub: ReturnType<typeof createWebhookEngine>;
const box = createSecretBox(randomBytes(32));
let shop: TestProject;
let fastForward: RunFastForward;

beforeAll(async () => {
  database = await createDatabase();
  temporal = await connectTemporal();
  shop = await createProject(database.sql);
  await prepareJourneys(database.sql, shop.project);
  await publishSignup(database.sql, shop.project);
  receiver = await startReceiver();
  receiver.answer((response) => void response.end('{"tier":"gold"}'));
  hub = createWebhookEngine(database.sql, box);
  const build = { deploymentName: temporal.taskQueues.journeys, buildId: 'recorded' };
  engine = await startJourneyEngine(database.sql, temporal, smtpUrl(), hub.transport, build);
  await makeCurrent(temporal.client, build);
  const now = () => new Date();
  const skipping = createTimeSkipping({ client: temporal.client, now });
  fastForward = createFastForward({ sql: database.sql, now, skipping, workflowIdOf: journeyWorkflowId });
});

afterAll(async () => {
  await engine?.stop();
  hub?.close();
  await receiver?.close();
  await temporal?.close();
  await database?.drop();
});

/** Resolves where the workflow's code of today does what the history says, and rejects where it does not. */
const replay = async (history: WorkflowHistory): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history);

test.each(recordedHistories())('what ran in a release goes on: $name', async ({ history }) => {
  await expect(replay(history)).resolves.toBeUndefined();
});

test('a journey to its end, with time skipped, replays', async () => {
  const ada = await tell(database.sql, shop.project, 'ada-replay', 'customer.signed_up');
  const { cohortId } = await enrolmentOf(database.sql, ada, (each) => each.step === 'reminder');
  await fastForward({ project: shop.project, customer: 'ada-replay', duration: 'P30D', key: 'replay' });
  await temporal.client.workflow.getHandle(journeyWorkflowId(cohortId)).result();
  const history = await historyOf(temporal.client, journeyWorkflowId(cohortId));
  await expect(replay(history)).resolves.toBeUndefined();
  if (release !== undefined) writeHistory(`${release}-signup-to-its-end`, history);
});

test('a journey that an event ends, woken several times, replays', async () => {
  const eve = await tell(database.sql, shop.project, 'eve-replay', 'customer.signed_up');
  const { cohortId, context } = await enrolmentOf(database.sql, eve, (each) => each.step === 'reminder');
  await temporal.client.workflow.getHandle(journeyWorkflowId(cohortId)).signal('wake');
  await tell(database.sql, shop.project, 'eve-replay', 'redemption.succeeded', { code: context.coupons.welcome?.code });
  await temporal.client.workflow.getHandle(journeyWorkflowId(cohortId)).result();
  const history = await historyOf(temporal.client, journeyWorkflowId(cohortId));
  await expect(replay(history)).resolves.toBeUndefined();
  if (release !== undefined) writeHistory(`${release}-redeemed`, history);
});

test('members who go different ways at different times replay', async () => {
  const { sql } = database;
  const live = await createProject(sql, { mode: 'live' });
  await publish(sql, live.project, {
    journey: 'ways',
    trigger: { event: 'ways.begin', filter: 'has(event.data.rest)' },
    steps: {
      rest: { do: 'wait', until: 'now + duration(string(event.data.rest))' },
      choose: { do: 'branch', cases: [{ when: 'event.data.rest == "1s"', next: 'again' }], else: 'event' },
      again: { do: 'wait', for: 'PT2S', next: 'end' },
      event: { do: 'wait', event: { name: 'ways.event' }, timeout: 'PT3S' },
    },
  });
  const people = await Promise.all(
    ['1s', '1s', '2s', '2s'].map((rest, index) => tell(sql, live.project, `ways-${index}`, 'ways.begin', { rest })),
  );
  await tell(sql, live.project, 'ways-3', 'ways.event');
  const ends = await Promise.all(people.map((each) => enrolmentOf(sql, each, (enrolment) => enrolment.state !== 'active')));
  expect(ends.map((each) => each.outcome)).toEqual(Array.from({ length: 4 }, () => 'completed'));
  for (const [index, cohortId] of [...new Set(ends.map((each) => each.cohortId))].entries()) {
    await temporal.client.workflow.getHandle(journeyWorkflowId(cohortId)).result();
    const history = await historyOf(temporal.client, journeyWorkflowId(cohortId));
    await expect(replay(history)).resolves.toBeUndefined();
    if (release !== undefined) writeHistory(`${release}-ways-${index + 1}`, history);
  }
});

test('a workflow of a build that waits for an answer, and that of the endpoint which gives it, replay', async () => {
  const { sql } = database;
  const crm = await createTestEndpoint(sql, box, shop.project.id, { url: receiver.url, event_types: ['none'] });
  await publish(sql, shop.project, {
    journey: 'asks',
    trigger: { event: 'asks.begin' },
    steps: {
      ask: { do: 'send_webhook', endpoint: crm.id, save_as: 'crm', timeout: 'P2D' },
      rest: { do: 'wait', for: 'PT2S' },
      gold: { do: 'branch', cases: [{ when: "answer.crm.body.tier == 'gold'", next: 'end' }], else: 'ask' },
    },
  });
  const ida = await tell(sql, shop.project, 'ida-replay', 'asks.begin');
  const { cohortId } = await enrolmentOf(sql, ida, (each) => each.state === 'completed');
  for (const [name, workflowId] of [
    ['asks', journeyWorkflowId(cohortId)],
    ['destination', destinationWorkflowId(crm.id)],
  ] as const) {
    await temporal.client.workflow.getHandle(workflowId).result();
    const history = await historyOf(temporal.client, workflowId);
    await expect(replay(history)).resolves.toBeUndefined();
    if (release !== undefined) writeHistory(`${release}-${name}`, history);
  }
});

test('a launch replays', async () => {
  const { sql } = database;
  const { journey, version } = await publish(sql, shop.project, {
    journey: 'launched',
    trigger: { manual: { audience: { customers: ['ada-replay', 'eve-replay'] } } },
    steps: { greeting: { do: 'exit', outcome: 'greeted' } },
  });
  const audience = { customers: ['ada-replay', 'eve-replay'] };
  const pace = { startsPerSecond: null, sendsPerSecond: null, localTime: null, scheduleRun: null };
  const request = { projectId: shop.project.id, journeyId: journey.id, version: version.version, audience, data: {}, ...pace };
  const launch = await sql.begin((tx) => launchJourney(tx, request, new Date()));
  if (launch === null) throw new Error('not launched');
  const workflowId = launchWorkflowId(launch.id);
  await expect
    .poll(async () => (await sql`select from enrolment where launch_id = ${launch.id} and state = 'exited'`).count, { timeout: 20_000 })
    .toBe(2);
  await temporal.client.workflow.getHandle(workflowId).result();
  const history = await historyOf(temporal.client, workflowId);
  await expect(replay(history)).resolves.toBeUndefined();
  if (release !== undefined) writeHistory(`${release}-launch`, history);
});
