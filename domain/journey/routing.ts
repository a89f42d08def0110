import { later } from '../calendar.ts';
import { ExpressionError } from '../expression.ts';
import type { CompiledJourney, CompiledStep } from './compile.ts';
import { matchesListener } from './matching.ts';
import type { JourneyCustomer, JourneyEvent, Standing } from './scope.ts';
import type { Wait } from './steps/wait.ts';

/** What an event does to an enrolment. */
export type Effect = { does: 'goal' } | { does: 'exit'; outcome: string; withdraw: 'none' | 'unredeemed' | 'all' } | { does: 'awaited' };

/** What of an enrolment decides. Times are ISO 8601. */
export interface Live {
  step: string | null;
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

/** Whether an armed wait waits for this event: it came after the last one that a wait took, and not after the wait's end. */
const isAwaited = (step: CompiledStep, live: Live, event: JourneyEvent): boolean => {
  const { awaiting, awaitedEventId, awaitedSince, dueAt, standing } = live;
  if (step.awaits === null || awaiting !== event.type || awaitedEventId !== null || awaitedSince === null || dueAt === null) return false;
  const fromArrival = (step.fields as unknown as Wait).event?.since === 'arrival';
  const cursor = fromArrival ? { at: awaitedSince, id: '' } : (standing.context.cursor ?? { at: standing.journey.entered_at, id: '' });
  return after(event, cursor) && Date.parse(event.occurred_at) <= Date.parse(dueAt) && matchesListener(step.awaits, event, standing);
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

/** Whether an event enrols a customer, by filter, re-entry and concurrency; null where it does not. Call it under the customer's lock. */
export const entryOf = (
  journey: CompiledJourney,
  event: JourneyEvent,
  customer: JourneyCustomer,
  past: PastEntries[],
  now: string,
  zone: string,
): Entry | null => {
  const { trigger, definition } = journey;
  if (trigger.type !== event.type) return null;
  const values = { customer, event, now };
  let entryKey = customer.id;
  try {
    if (trigger.match !== null && trigger.match.evaluate(values) !== true) return null;
    if (trigger.entryKey !== null) entryKey = trigger.entryKey.evaluate(values) as string;
  } catch (error) {
    // A filter that cannot be decided, such as one that asks for a field that did not come, lets nobody in.
    if (error instanceof ExpressionError) return null;
    throw error;
  }
  if (past.some((entry) => entry.eventIds.includes(event.id))) return null;
  if (past.reduce((live, entry) => live + entry.live, 0) >= definition.trigger.concurrency) return null;
  const same = past.find((entry) => entry.entryKey === entryKey);
  return mayReenter(definition.trigger.reentry, past, same, now, zone) ? { entryKey, entryNumber: (same?.entries ?? 0) + 1 } : null;
};

const mayReenter = (rule: string, past: PastEntries[], same: PastEntries | undefined, now: string, zone: string): boolean => {
  if (rule === 'never') return past.length === 0;
  if (rule === 'per_key') return same === undefined;
  const pause = rule.slice('after('.length, -1);
  return past.every((entry) => Date.parse(later(entry.lastEnteredAt, pause, zone)) <= Date.parse(now));
};
