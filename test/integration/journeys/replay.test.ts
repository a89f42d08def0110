import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFastForward, type RunFastForward } from '../../../activities/time-travel/fast-forward.ts';
import { createTimeSkipping } from '../../../activities/time-travel/time-skipping.ts';
import { journeyWorkflowId } from '../../../workflows/contracts.ts';
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
import { historyOf, recordedHistories, writeHistory, type WorkflowHistory } from '../../replay/histories.ts';

/** Set it to a release's name to keep the histories of this run: RECORD_HISTORIES=0.1.0 npx vitest run --project integration replay. */
const release = process.env['RECORD_HISTORIES'];

let database: TestDatabase;
let temporal: TestTemporal;
let engine: JourneyEngine;
let shop: TestProject;
let fastForward: RunFastForward;

beforeAll(async () => {
  database = await createDatabase();
  temporal = await connectTemporal();
  shop = await createProject(database.sql);
  await prepareJourneys(database.sql, shop.project);
  await publishSignup(database.sql, shop.project);
  engine = await startJourneyEngine(database.sql, temporal, smtpUrl());
  const now = () => new Date();
  const skipping = createTimeSkipping({ client: temporal.client, now });
  fastForward = createFastForward({ sql: database.sql, now, skipping, workflowIdOf: journeyWorkflowId });
});

afterAll(async () => {
  await engine?.stop();
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
