import type { Tx } from '../../db/client.ts';
import type { EventRow } from '../../db/event/events.ts';
import { findDueGroups, listSimulatedVisits, nextMoment, takeNewEvents } from '../../db/simulation/state.ts';
import { later } from '../../domain/calendar.ts';
import type { JourneyActivities } from '../journey/activities.ts';
import type { StepInput, StepResult } from '../journey/step.ts';
import { deliver, type DeliverDeps } from './deliver.ts';
import { happen } from './happen.ts';
import type { Patience, SimulationInput } from './input.ts';
import { happening } from './timeline.ts';
import type { Ran, World } from './world.ts';

export interface RunDeps extends DeliverDeps {
  patience: Patience;
  activities: JourneyActivities;
  /** What the relay does with events: relay/route-events.ts. */
  routeEvents: (tx: Tx, events: EventRow[]) => Promise<void>;
}

const EVENTS_AT_ONCE = 2_000;
/** A moment that passes where somebody is due and cannot be taken. */
const REST_MS = 1_000;

/**
 * Lets virtual time pass from one deadline to the next, and at each does what the engine does: what happens is routed, steps run, mails
 * are rendered. It ends when nothing is due any more, at the horizon, or at a bound.
 */
export const run = async (world: World, input: SimulationInput, deps: RunDeps): Promise<Ran> => {
  const { sql, project, clock } = world;
  const { patience } = deps;
  const began = performance.now();
  const end = Date.parse(later(input.start, input.horizon, 'UTC'));
  const script = input.script
    .map((each, number) => ({
      each,
      number,
      at: each.after === 'PT0S' ? Date.parse(input.start) : Date.parse(later(input.start, each.after, project.timezone)),
    }))
    .toSorted((a, b) => a.at - b.at || a.number - b.number);
  const seen = new Set<string>();
  let steps = 0;

  const route = async (): Promise<boolean> => {
    const events = await takeNewEvents(sql, project.id, world.routed, EVENTS_AT_ONCE);
    if (events.length === 0) return false;
    world.routed = events.at(-1)!.id;
    await sql.begin((tx) => deps.routeEvents(tx, events));
    return true;
  };

  /** Keeps what a step did, in the order in which it was done. */
  const note = async (): Promise<void> => {
    if (!world.verbose) return;
    for (const { step, visit, kind, outcome, detail, at, enrolmentId } of await listSimulatedVisits(sql, project.id)) {
      const key = `${enrolmentId} ${step} ${visit}`;
      if (seen.has(key)) continue;
      seen.add(key);
      world.happened.push(happening(at, kind, outcome, { step, detail }));
    }
  };

  const stepOnce = async (): Promise<'done' | 'nothing' | 'nobody'> => {
    const [group] = await findDueGroups(sql, project.id, clock.now);
    if (group === undefined) return 'nothing';
    steps += 1;
    const kind = world.journey.compiled.steps.get(group.step)?.kind;
    if (kind === undefined) throw new Error(`there is no step ${group.step}`);
    const activities = deps.activities as unknown as Record<string, (input: StepInput) => Promise<StepResult>>;
    const activity = activities[kind.activity];
    if (activity === undefined) throw new Error(`there is no activity ${kind.activity}`);
    const { taken } = await activity({ cohortId: group.cohortId, step: group.step, now: clock.now.toISOString() });
    await note();
    return taken > 0 ? 'done' : 'nobody';
  };

  for (;;) {
    while (await route());
    const bound = performance.now() - began > patience.milliseconds ? 'time' : steps >= patience.steps ? 'steps' : null;
    if (bound !== null) {
      const said = bound === 'time' ? `it ran for ${patience.milliseconds / 1000} seconds` : `it ran ${patience.steps} steps`;
      return { steps, stopped: `${said}, which is as long as a simulation may` };
    }
    if ((await deliver(world, deps)) > 0) continue;
    const did = await stepOnce();
    if (did === 'done') continue;
    if (did === 'nobody') {
      clock.now = new Date(clock.now.getTime() + REST_MS);
      continue;
    }
    const due = (await nextMoment(sql, project.id))?.getTime() ?? Infinity;
    const next = Math.min(due, script[0]?.at ?? Infinity);
    if (next === Infinity) return { steps, stopped: null };
    if (next > end) {
      clock.now = new Date(end);
      return { steps, stopped: `the horizon of ${input.horizon} was reached` };
    }
    clock.now = new Date(Math.max(clock.now.getTime(), next));
    // What the customer does at a moment comes before what the journey does at it.
    while (script[0] !== undefined && script[0].at <= clock.now.getTime()) {
      const { each, number } = script.shift()!;
      await happen(world, each, number);
    }
  }
};
