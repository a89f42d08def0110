import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { asUnavailable, isUnavailable } from '../../db/campaign/availability.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { COHORT_SIZE, insertCohorts, newCohort, type NewCohort } from '../../db/journey/cohorts.ts';
import { customerColumns, type Customer } from '../../db/customer/customers.ts';
import { findPastEntries, insertEnrolments, type Enrolment } from '../../db/journey/enrolments.ts';
import { recordEvents } from '../../db/event/events.ts';
import type { JourneyVersion, JourneyVersions } from '../../db/journey/versions.ts';
import {
  changeLaunch,
  lockLaunch,
  nextMembers,
  writeStarts,
  type Launch,
  type LaunchMember,
  type MemberResult,
} from '../../db/journey/launches.ts';
import { newEnrolment } from '../../db/journey/new-enrolment.ts';
import { findProject, type Project } from '../../db/project/projects.ts';
import { withRetries } from '../../db/delivery/retries.ts';
import { firstZone } from '../../domain/calendar.ts';
import { journeyCustomer } from '../../domain/journey/customer.ts';
import { launchStart } from '../../domain/journey/launch-time.ts';
import { admit } from '../../domain/journey/routing.ts';
import { LAUNCHED } from '../../domain/journey/trigger.ts';

export interface StartMembersDeps {
  sql: Sql;
  versions: JourneyVersions;
  now: () => Date;
}

/** How far a launch has come. `nextAt`: when the next may enter (ISO 8601, real time); null where nobody is to enter for now. */
export interface LaunchProgress {
  entered: number;
  nextAt: string | null;
}

/** How long one activity goes on, and how long it waits itself for the next batch. */
const TURN_MS = 8_000;
const SHORT_MS = 2_000;
/** An audience goes after customers who come by something that they did. */
const PRIORITY = 4;

/**
 * Lets members of a launch in, batch by batch: a batch, with what became of each member, is one transaction. So nobody enters twice and
 * nobody is left out, wherever it is paused or broken off.
 */
export const startMembers =
  (deps: StartMembersDeps) =>
  async ({ launchId }: { launchId: string }): Promise<LaunchProgress> => {
    const context = Context.current();
    const until = performance.now() + TURN_MS;
    for (let entered = 0; ;) {
      const batch = await nextBatch(deps, launchId);
      entered += batch.entered;
      context.heartbeat(entered);
      const waitMs = batch.nextAt === null ? null : Date.parse(batch.nextAt) - deps.now().getTime();
      if (waitMs === null || waitMs > SHORT_MS || performance.now() > until || context.cancellationSignal.aborted) {
        return { entered, nextAt: batch.nextAt };
      }
      if (waitMs > 0) await sleep(waitMs);
    }
  };

const nextBatch = async (deps: StartMembersDeps, launchId: string): Promise<LaunchProgress> => {
  try {
    return await withRetries(() => deps.sql.begin((tx) => startBatch(tx, deps, launchId)));
  } catch (error) {
    throw isUnavailable(error) ? asUnavailable(error) : error;
  }
};

const startBatch = async (tx: Tx, { versions, now }: StartMembersDeps, launchId: string): Promise<LaunchProgress> => {
  const launch = await lockLaunch(tx, launchId);
  if (launch?.state === 'running' && launch.journeyState === 'archived') await changeLaunch(tx, launch, 'cancelled', ['running'], now());
  // Where it is paused, or its journey, whoever resumes it wakes it.
  if (launch === null || launch.state !== 'running' || launch.journeyState !== 'live') return { entered: 0, nextAt: null };
  const real = now();
  if (launch.nextStartAt > real) return { entered: 0, nextAt: launch.nextStartAt.toISOString() };
  const members = await nextMembers(tx, launch.id, Math.min(COHORT_SIZE, launch.startsPerSecond ?? COHORT_SIZE));
  if (members.length === 0) {
    await writeStarts(tx, launch.id, [], { finishedAt: real });
    return { entered: 0, nextAt: null };
  }
  const project = await findProject(tx, launch.projectId);
  if (project === null) throw new Error(`the project of ${launch.id} is gone`);
  const version = (await versions.get(tx, [launch]))(launch);
  const results = await enter(tx, { launch, project, version, real }, members);
  const nextAt = new Date(real.getTime() + (launch.startsPerSecond === null ? 0 : (members.length * 1000) / launch.startsPerSecond));
  await writeStarts(tx, launch.id, results, { nextStartAt: nextAt });
  return { entered: results.filter((each) => each.state !== 'skipped').length, nextAt: nextAt.toISOString() };
};

interface Batch {
  launch: Launch;
  project: Project;
  version: JourneyVersion;
  real: Date;
}

const enter = async (tx: Tx, batch: Batch, members: LaunchMember[]): Promise<MemberResult[]> => {
  const { launch, project, version } = batch;
  const ids = members.map((member) => member.customerId);
  // Under their locks, as events enrol: who enters by both at once enters by one.
  const customers = await tx<Customer[]>`
    select ${customerColumns(tx)} from customer where project_id = ${project.id} and id = any(${ids}::text[]) order by id for no key update`;
  const byId = new Map(customers.map((customer) => [customer.id, customer]));
  const past = await findPastEntries(
    tx,
    customers.map(({ id }) => ({ projectId: project.id, journeyId: launch.journeyId, customerId: id })),
  );
  const pastOf = Map.groupBy(past, (entry) => entry.customerId);
  const cohorts: NewCohort[] = [];
  const enrolments: Enrolment[] = [];
  const results = members.map(({ place, customerId }): MemberResult => {
    const customer = byId.get(customerId);
    if (customer === undefined) return { place, state: 'skipped', reason: 'deleted' };
    const at = new Date(batch.real.getTime() + customer.clockOffsetMs);
    const zone = firstZone(customer.timezone, version.compiled.definition.timezone_fallback, project.timezone);
    const event = { id: launch.id, type: LAUNCHED, occurred_at: at.toISOString(), data: { ...launch.data, launch_id: launch.id } };
    const entries = (pastOf.get(customerId) ?? []).map((row) => ({ ...row, lastEnteredAt: row.lastEnteredAt.toISOString() }));
    const entry = admit(version.compiled, event, journeyCustomer(customer), entries, at.toISOString(), zone);
    if ('refused' in entry) return { place, state: 'skipped', reason: entry.refused };
    const dueAt = new Date(launchStart(launch.localTime, launch.id, customerId, at.toISOString(), zone));
    const cohortId = cohortFor(batch, customer, cohorts).id;
    const own = { projectId: project.id, customer, version, cohortId, entry, event, launchId: launch.id, at, dueAt, zone };
    const enrolment = newEnrolment(own);
    enrolments.push(enrolment);
    return { place, state: enrolment.holdout ? 'holdout' : 'enrolled', reason: null };
  });
  await insertCohorts(tx, cohorts);
  await insertEnrolments(tx, enrolments);
  await recordEvents(
    tx,
    enrolments.map((each) => enrolledEvent(version, each)),
  );
  return results;
};

/** In a sandbox everyone is a cohort alone, so that each can travel in time alone. */
const cohortFor = ({ project, launch, version }: Batch, customer: Customer, cohorts: NewCohort[]): NewCohort => {
  const [known] = cohorts;
  if (known !== undefined && project.mode !== 'sandbox') return known;
  const of = { projectId: project.id, journeyId: launch.journeyId, version: version.version };
  const cohort = newCohort({ ...of, priority: PRIORITY, clockOffsetMs: customer.clockOffsetMs });
  cohorts.push(cohort);
  return cohort;
};

const enrolledEvent = (version: JourneyVersion, enrolment: Enrolment) => ({
  projectId: enrolment.projectId,
  type: 'journey.enrolled',
  customerId: enrolment.customerId,
  data: {
    journey: version.key,
    journey_id: version.journeyId,
    version: version.version,
    enrolment_id: enrolment.id,
    entry_key: enrolment.entryKey,
    entry_number: enrolment.entryNumber,
    holdout: enrolment.holdout,
    launch_id: enrolment.launchId,
  },
  dedupeKey: null,
  occurredAt: enrolment.enteredAt,
});
