import { listSimulatedEnrolments } from '../../db/simulation/state.ts';
import type { Simulated, SimulationInput } from './input.ts';
import { happening, type TimelineEvent } from './timeline.ts';
import type { Ran, World } from './world.ts';

const DAY_MS = 86_400_000;

export type StoryView = Awaited<ReturnType<typeof storyView>>;

const withDay = (event: TimelineEvent, start: number) => ({
  ...event,
  /** Days since the start, from 0. */
  day: Math.floor((Date.parse(event.at) - start) / DAY_MS),
});

/** What happened to one customer, from their entry to their end. */
export const storyView = async (
  { sql, project, customers, clock, happened, journey, refusal }: World,
  what: Simulated,
  input: SimulationInput,
  ran: Ran,
) => {
  const enrolments = await listSimulatedEnrolments(sql, project.id);
  const [customer] = customers;
  const [enrolment] = enrolments;
  const start = Date.parse(input.start);
  const entries = enrolments.map((each) =>
    happening(each.enteredAt, 'entry', each.holdout ? 'held out' : 'enrolled', { detail: { event: each.context.event?.type ?? null } }),
  );
  const ends = enrolments.flatMap((each) =>
    each.endedAt === null ? [] : [happening(each.endedAt, 'end', each.outcome ?? each.state, { detail: { state: each.state } })],
  );
  const ordered = [...entries, ...happened, ...ends].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return {
    object: 'simulation' as const,
    journey: { key: what.definition.journey, name: journey.name, version: what.version },
    start: input.start,
    end: clock.now.toISOString(),
    customer: { source_id: customer?.sourceId ?? '', name: customer?.name ?? null, email: customer?.email ?? null },
    entered: enrolment !== undefined,
    why: enrolment === undefined ? (refusal ?? 'The trigger does not let this customer in.') : null,
    state: enrolment?.state ?? null,
    outcome: enrolment?.outcome ?? null,
    /** Where they stand at the end, where they have not come to one. */
    step: enrolment?.state === 'active' || enrolment?.state === 'held' ? enrolment.step : null,
    goal_at: enrolment?.goalAt?.toISOString() ?? null,
    coupons: enrolment?.context.coupons ?? {},
    timeline: ordered.map((event) => withDay(event, start)),
    steps_run: ran.steps,
    stopped: ran.stopped,
  };
};
