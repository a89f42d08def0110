import { asUnavailable, isUnavailable } from '../../db/campaign/availability.ts';
import type { Sql, Tx } from '../../db/client.ts';
import { findCohort } from '../../db/journey/cohorts.ts';
import { lockDueCustomers, takeDueMembers, type Enrolment } from '../../db/journey/enrolments.ts';
import type { JourneyVersions } from '../../db/journey/versions.ts';
import type { KnownProjects } from '../../db/project/known-projects.ts';
import { withRetries } from '../../db/delivery/retries.ts';
import { findStep } from '../../domain/journey/compile.ts';
import { scopeValues } from '../../domain/journey/scope.ts';
import { advance, lastMoment } from './advance.ts';
import { attempt } from './attempt.ts';
import { viewGroups } from './groups.ts';
import { loadMembers } from './members.ts';
import type { Member, Outcome, StepFunction, StepInput, StepResult, StepWork } from './step.ts';

export interface StepDeps {
  sql: Sql;
  versions: JourneyVersions;
  projects: KnownProjects;
}

/**
 * Makes a step's activity of what it does for a set of members. It is one transaction: it takes those who stand at the step and are
 * due, does its work for all of them, and writes where they go. Tried again it repeats nothing, since they stand elsewhere by then.
 * A set that fails for a reason of its own is done by halves, until the member who makes it fail stands alone and fails alone.
 */
export const stepActivity =
  (deps: StepDeps, work: StepFunction) =>
  async (input: StepInput): Promise<StepResult> => {
    const { sql } = deps;
    const once = (only: string[] | null): Promise<{ taken: string[]; result: StepResult }> =>
      withRetries(() => sql.begin((tx) => runSet(tx, deps, input, work, only, null)));
    const byHalves = async (ids: string[], cause: unknown): Promise<void> => {
      if (ids.length === 1) {
        const error = cause instanceof Error ? cause.message : String(cause);
        await withRetries(() => sql.begin((tx) => runSet(tx, deps, input, work, ids, error)));
        return;
      }
      const middle = Math.ceil(ids.length / 2);
      for (const half of [ids.slice(0, middle), ids.slice(middle)]) {
        try {
          await once(half);
        } catch (error) {
          if (isUnavailable(error)) throw asUnavailable(error);
          await byHalves(half, error);
        }
      }
    };
    try {
      return (await once(null)).result;
    } catch (error) {
      if (isUnavailable(error)) throw asUnavailable(error);
      const due = await sql.begin(async (tx): Promise<Enrolment[]> => {
        const cohort = await findCohort(tx, input.cohortId);
        return cohort === null ? [] : takeDueMembers(tx, cohort, input.step, input.now, null);
      });
      if (due.length === 0) throw error;
      await byHalves(
        due.map((enrolment) => enrolment.id),
        error,
      );
      const { result } = await once([]);
      return { ...result, taken: due.length };
    }
  };

/** @param failure set where the one member of the set fails for this reason, so that the work is not tried again */
const runSet = async (
  tx: Tx,
  { versions, projects }: StepDeps,
  input: StepInput,
  work: StepFunction,
  only: string[] | null,
  failure: string | null,
): Promise<{ taken: string[]; result: StepResult }> => {
  const { now } = input;
  const cohort = await findCohort(tx, input.cohortId);
  if (cohort === null) return { taken: [], result: { taken: 0, groups: [] } };
  const journey = (await versions.get(tx, [cohort]))(cohort);
  const step = findStep(journey.compiled, input.step);
  const project = await projects.get(tx, cohort.projectId);
  // Customers are locked before enrolments everywhere.
  if (step?.kind.changesCustomers === true) await lockDueCustomers(tx, cohort.id, input.step, now);
  const due = cohort.journeyState === 'paused' ? [] : await takeDueMembers(tx, cohort, input.step, now, only);
  if (due.length > 0 && step !== undefined && project !== null) {
    const members = await loadMembers(tx, project, journey, due, now);
    const set: StepWork = { tx, project, cohort, journey, step, members, now };
    const outcomes = failure === null ? await decide(set, work) : new Map(members.map((member) => [member, failed(failure)]));
    await advance(tx, set, outcomes);
  }
  const groups = await viewGroups(tx, cohort, versions);
  return { taken: due.map((enrolment) => enrolment.id), result: { taken: due.length, groups } };
};

/** Lets those go whose time is up or whose `when` says no, and does the step for the others. */
const decide = async (set: StepWork, work: StepFunction): Promise<Map<Member, Outcome>> => {
  const outcomes = new Map<Member, Outcome>();
  const stepping: Member[] = [];
  for (const member of set.members) {
    const outcome = outcomeBefore(set, member);
    if (outcome === null) stepping.push(member);
    else outcomes.set(member, outcome);
  }
  if (stepping.length > 0) {
    const done = await work({ ...set, members: stepping });
    for (const [index, member] of stepping.entries()) outcomes.set(member, done[index] as Outcome);
  }
  return outcomes;
};

const outcomeBefore = ({ journey, step, now }: StepWork, member: Member): Outcome | null => {
  // Where the held-out stand, time is what ends it.
  if (step.kind.kind === 'holdout') return null;
  const limit = lastMoment(journey, member);
  if (limit !== null && Date.parse(limit) <= Date.parse(now)) return { to: 'leave', outcome: 'max_duration' };
  if (step.kind.gives === true && member.enrolment.holdout) return { to: 'go', outcome: 'holdout' };
  // Whether to wait is decided on arrival, and who waits already is not asked again; a mail that was put off is.
  const { awaiting, awaitedSince } = member.enrolment;
  if (step.when === null || (awaitedSince !== null && (awaiting !== null || step.kind.gives !== true))) return null;
  const wanted = attempt(() => step.when?.evaluate(scopeValues(member.standing)));
  if ('error' in wanted) return failed(wanted.error);
  return wanted.value === true ? null : { to: 'go', outcome: 'skipped', detail: { reason: `not: ${step.when.source}` } };
};

const failed = (error: string): Outcome => ({ to: 'fail', error });
