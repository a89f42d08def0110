import { later } from '../calendar.ts';
import { ExpressionError } from '../expression.ts';
import type { CompiledJourney, CompiledStep } from './compile.ts';
import { matchesListener } from './matching.ts';
import type { JourneyCustomer, JourneyEvent, Standing } from './scope.ts';
import { concurrencyOf, LAUNCHED } from './trigger.ts';
import type { Wait } from './steps/wait.ts';

/** What an event does to an enrolment. */
export type Effect = { does: 'goal' } | { does: 'exit'; outcome: string; withdraw: 'none' | 'unredeemed' | 'all' } | { does: 'awaited' };

/** What of an enrolment decides. Times are ISO 8601. */
export interface Live {
  step: string | null;
  visit: number;
  /** When its wait ends. */
  dueAt: string | null;
  awaiting: string | null;
  awaitedSince: string | null;
  awaitedEventId: string | null;
  zone: string;
  standing: Standing;
}

const after = (event: JourneyEvent, cursor: { at: string; id: string }): boolean => {
  const difference = Date.parse(event.occurred_at) - Date.parse(cursor.at);
  return difference > 0 || (difference === 0 && event.id > cursor.id);
};

/** What an event does to an enrolment that is live: it reaches the goal, leaves, or goes on from a wait, in this order; null for nothing. */
export const effectOf = (journey: CompiledJourney, live: Live, event: JourneyEvent): Effect | null => {
  const { standing } = live;
  if (journey.goal !== null && matchesListener(journey.goal, event, standing)) {
    const { window } = journey.goal;
    const inTime = window === null || Date.parse(event.occurred_at) <= Date.parse(later(standing.journey.entered_at, window, live.zone));
    if (inTime) return { does: 'goal' };
  }
  const exit = journey.exits.find((each) => matchesListener(each, event, standing));
  if (exit !== undefined) return { does: 'exit', outcome: event.type, withdraw: exit.withdraw };
  const step = live.step === null ? undefined : journey.steps.get(live.step);
  return step !== undefined && isAwaited(step, live, event) ? { does: 'awaited' } : null;
};

/** Whether an event is the goal of an enrolment that has come to its end already, in the time in which the goal counts. */
export const reachesGoal = (
  { goal }: CompiledJourney,
  { goalUntil, standing }: { goalUntil: Date | null; standing: Standing },
  event: JourneyEvent,
): boolean =>
  goal !== null &&
  goalUntil !== null &&
  Date.parse(event.occurred_at) <= goalUntil.getTime() &&
  Date.parse(event.occurred_at) >= Date.parse(standing.journey.entered_at) &&
  matchesListener(goal, event, standing);

/** Whether an armed wait waits for this event: it came after the last one that a wait took, and not after the wait's end. */
const isAwaited = (step: CompiledStep, live: Live, event: JourneyEvent): boolean => {
  const { awaiting, awaitedEventId, awaitedSince, dueAt, standing } = live;
  if (step.awaits === null || awaiting !== event.type || awaitedEventId !== null || awaitedSince === null || dueAt === null) return false;
  if (Date.parse(event.occurred_at) > Date.parse(dueAt)) return false;
  const { isAwaited: isAbout } = step.kind;
  if (isAbout !== undefined) return isAbout(event, { enrolmentId: standing.journey.enrolment_id, step: step.id, visit: live.visit });
  const fromArrival = (step.fields as unknown as Wait).event?.since === 'arrival';
  const cursor = fromArrival ? { at: awaitedSince, id: '' } : (standing.context.cursor ?? { at: standing.journey.entered_at, id: '' });
  return after(event, cursor) && matchesListener(step.awaits, event, standing);
};

/** What is known of a customer's entries into a journey by one key. */
export interface PastEntries {
  entryKey: string;
  entries: number;
  live: number;
  /** ISO 8601 */
  lastEnteredAt: string;
  eventIds: string[];
}

export interface Entry {
  entryKey: string;
  entryNumber: number;
}

/** Whether an event enrols a customer; null where it does not. Call it under the customer's lock. */
export const entryOf = (
  journey: CompiledJourney,
  event: JourneyEvent,
  customer: JourneyCustomer,
  past: PastEntries[],
  now: string,
  zone: string,
): Entry | null => {
  const { trigger } = journey;
  // A launch enrols by itself; an event that is called like one is somebody's own.
  if (trigger.type !== event.type || trigger.type === LAUNCHED) return null;
  if (trigger.segment !== null && !isOfSegment(event, trigger.segment)) return null;
  const entry = admit(journey, event, customer, past, now, zone);
  return 'refused' in entry ? null : entry;
};

const isOfSegment = ({ data }: JourneyEvent, segment: string): boolean => {
  const told = data['segment'];
  return typeof told === 'object' && told !== null && Object.values(told).some((value) => value === segment);
};

/** Why somebody may not enter. */
export type Refused = { refused: 'filter' | 'entered_already' | 'inside_already' | 'reentry' };

/** Whether a customer may enter by an event or a launch: by filter, concurrency and re-entry. Call it under the customer's lock. */
export const admit = (
  journey: CompiledJourney,
  event: JourneyEvent,
  customer: JourneyCustomer,
  past: PastEntries[],
  now: string,
  zone: string,
): Entry | Refused => {
  const { trigger, definition } = journey;
  const values = { customer, event, now };
  let entryKey = customer.id;
  try {
    if (trigger.match !== null && trigger.match.evaluate(values) !== true) return { refused: 'filter' };
    if (trigger.entryKey !== null) entryKey = trigger.entryKey.evaluate(values) as string;
  } catch (error) {
    // A filter that cannot be decided, such as one that asks for a field that did not come, lets nobody in.
    if (error instanceof ExpressionError) return { refused: 'filter' };
    throw error;
  }
  if (past.some((entry) => entry.eventIds.includes(event.id))) return { refused: 'entered_already' };
  if (past.reduce((live, entry) => live + entry.live, 0) >= concurrencyOf(definition.trigger)) return { refused: 'inside_already' };
  const same = past.find((entry) => entry.entryKey === entryKey);
  if (!mayReenter(definition.trigger.reentry, past, same, now, zone)) return { refused: 'reentry' };
  return { entryKey, entryNumber: (same?.entries ?? 0) + 1 };
};

const mayReenter = (rule: string, past: PastEntries[], same: PastEntries | undefined, now: string, zone: string): boolean => {
  if (rule === 'never') return past.length === 0;
  if (rule === 'per_key') return same === undefined;
  const pause = rule.slice('after('.length, -1);
  return past.every((entry) => Date.parse(later(entry.lastEnteredAt, pause, zone)) <= Date.parse(now));
};
