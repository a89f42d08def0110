import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFastForward } from '../../../activities/time-travel/fast-forward.ts';
import { createTimeSkipping } from '../../../activities/time-travel/time-skipping.ts';
import { currentBuild, makeCurrent, makeNoneCurrent } from '../../../relay/build.ts';
import { ensureSchedules } from '../../../relay/schedules.ts';
import { journeyWorkflowId } from '../../../workflows/contracts.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { enrolmentOf, prepareJourneys, publish, startJourneyEngine, tell } from '../../harness/journeys.ts';
import { smtpUrl } from '../../harness/mailbox.ts';
import { createProject, type TestProject } from '../../harness/project.ts';
import { connectTemporal, type TestTemporal } from '../../harness/temporal.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let shop: TestProject;
let deploymentName: string;

beforeAll(async () => {
  database = await createDatabase({ max: 30 });
  temporal = await connectTemporal();
  deploymentName = temporal.taskQueues.journeys.replace(/-journeys$/, '');
  shop = await createProject(database.sql);
  await prepareJourneys(database.sql, shop.project);
});

afterAll(async () => {
  await temporal?.close();
  await database?.drop();
});

const engineOf = (buildId: string | null) =>
  startJourneyEngine(database.sql, temporal, smtpUrl(), undefined, buildId === null ? undefined : { deploymentName, buildId });

/** The builds that ran a cohort's workflow tasks, in their order. */
const buildsOf = async (cohortId: string): Promise<string[]> => {
  const { events } = await temporal.client.workflow.getHandle(journeyWorkflowId(cohortId)).fetchHistory();
  const builds = (events ?? []).flatMap((event) => {
    const done = event.workflowTaskCompletedEventAttributes;
    return done ? (done.deploymentVersion?.buildId ?? 'none') : [];
  });
  return builds.filter((build, index) => build !== builds[index - 1]);
};

let probes = 0;

/** Lets customers in until the work of one goes to the build: the task queues hear a moment later which one is current. */
const untilWorkGoesTo = async (build: string): Promise<void> => {
  const buildOfNew = async (): Promise<string[]> => {
    const probe = await tell(database.sql, shop.project, `probe-${(probes += 1)}`, 'walk.begin');
    const { cohortId } = await enrolmentOf(database.sql, probe, (each) => each.step === 'go');
    return buildsOf(cohortId);
  };
  await expect.poll(buildOfNew, { timeout: 20_000 }).toEqual([build]);
};

const walk = {
  journey: 'walk',
  trigger: { event: 'walk.begin' },
  steps: {
    coupon: { do: 'issue_coupon', campaign: 'welcome', expires: { after: 'P14D' }, as: 'welcome' },
    go: { do: 'wait', event: { name: 'walk.go' }, timeout: 'P10D' },
    mail: { do: 'send_email', template: 'welcome' },
    rest: { do: 'wait', event: { name: 'walk.on' }, timeout: 'P10D' },
  },
};

test(
  'a journey that began without builds, or with one, goes on with the build that is current, and time can be travelled with it',
  { timeout: 180_000 },
  async () => {
    const { sql } = database;
    await publish(sql, shop.project, walk);
    const unversioned = await engineOf(null);
    const ada = await tell(sql, shop.project, 'ada', 'walk.begin');
    await enrolmentOf(sql, ada, (each) => each.step === 'go');
    await unversioned.stop();

    const a = await engineOf('a');
    await makeCurrent(temporal.client, { deploymentName, buildId: 'a' });
    await untilWorkGoesTo('a');
    const bob = await tell(sql, shop.project, 'bob', 'walk.begin');
    await enrolmentOf(sql, bob, (each) => each.step === 'go');
    await tell(sql, shop.project, 'ada', 'walk.go');
    const { cohortId: adas } = await enrolmentOf(sql, ada, (each) => each.step === 'rest');

    const b = await engineOf('b');
    expect(await currentBuild(temporal.client, deploymentName)).toBe('a');
    await tell(sql, shop.project, 'bob', 'walk.go');
    const { cohortId: bobs } = await enrolmentOf(sql, bob, (each) => each.step === 'rest');
    await makeCurrent(temporal.client, { deploymentName, buildId: 'b' });
    await untilWorkGoesTo('b');
    for (const [name, customer] of [
      ['ada', ada],
      ['bob', bob],
    ] as const) {
      await tell(sql, shop.project, name, 'walk.on');
      await enrolmentOf(sql, customer, (each) => each.state === 'completed');
    }
    const cleo = await tell(sql, shop.project, 'cleo', 'walk.begin');
    const { cohortId: cleos } = await enrolmentOf(sql, cleo, (each) => each.step === 'go');
    const now = () => new Date();
    const skipping = createTimeSkipping({ client: temporal.client, now });
    const forward = createFastForward({ sql, now, skipping, workflowIdOf: journeyWorkflowId });
    await forward({ project: shop.project, customer: 'cleo', duration: 'P30D', key: 'builds' });
    await enrolmentOf(sql, cleo, (each) => each.state === 'completed');
    // A workflow hears of what its last activity did a moment after the row says it.
    const builds = async () => ({ adas: await buildsOf(adas), bobs: await buildsOf(bobs), cleos: await buildsOf(cleos) });
    await expect.poll(builds, { timeout: 20_000 }).toEqual({ adas: ['none', 'a', 'b'], bobs: ['a', 'b'], cleos: ['b'] });
    await expect.poll(async () => (await sql`select from delivery where state = 'accepted'`).count, { timeout: 20_000 }).toBe(3);
    // What schedules start has a worker as well.
    await ensureSchedules(temporal.client, temporal.taskQueues);
    const schedule = temporal.client.schedule.getHandle(`${temporal.taskQueues.deliveries}-watch`);
    await schedule.trigger();
    const runs = async () => (await schedule.describe()).info.recentActions.length;
    await expect.poll(runs, { timeout: 20_000 }).toBeGreaterThan(0);
    await schedule.delete();
    await a.stop();
    await b.stop();

    // And back to workers without versions.
    await makeNoneCurrent(temporal.client, deploymentName);
    const again = await engineOf(null);
    const dora = await tell(sql, shop.project, 'dora', 'walk.begin');
    await enrolmentOf(sql, dora, (each) => each.step === 'go');
    expect(await currentBuild(temporal.client, deploymentName)).toBeNull();
    await again.stop();
  },
);
