import type { EnrolmentRow, VisitRow } from '../../db/journey/enrolment-views.ts';
import type { EventRow } from '../../db/event/events.ts';
import { ANSWERED } from '../../domain/journey/answer.ts';

/** Why somebody stands where they stand, in words. */
const why = (row: EnrolmentRow): string | null => {
  if (row.state === 'held') return `held: ${row.outcome ?? 'by hand'}`;
  if (row.overdue) return 'its time has come and nothing happened: it is woken within a minute, if a worker runs';
  if (row.state !== 'active') return null;
  if (row.journeyState === 'paused') return 'the journey is paused';
  if (row.awaiting === ANSWERED && row.awaitedEventId === null) return 'waits for what its webhook is answered';
  if (row.awaitedEventId !== null) return `${row.awaiting} came, the step is about to run`;
  if (row.awaiting !== null) return `waits for ${row.awaiting}`;
  return 'waits for its time';
};

/** An enrolment as the API shows it. Times are the customer's. */
export const enrolmentView = (row: EnrolmentRow) => ({
  id: row.id,
  object: 'enrolment' as const,
  journey: { id: row.journeyId, key: row.journeyKey, name: row.journeyName, version: row.version },
  customer: { id: row.customerId, source_id: row.customerSourceId },
  cohort_id: row.cohortId,
  state: row.state,
  outcome: row.outcome,
  step: row.state === 'active' || row.state === 'held' ? row.step : null,
  why: why(row),
  next_at: row.state === 'active' && row.journeyState !== 'paused' ? (row.dueAt?.toISOString() ?? null) : null,
  coupons: row.context.coupons,
  answers: row.context.answers ?? {},
  entered_at: row.enteredAt.toISOString(),
  ended_at: row.endedAt?.toISOString() ?? null,
  held_at: row.heldAt?.toISOString() ?? null,
  goal_at: row.goalAt?.toISOString() ?? null,
  holdout: row.holdout,
  overdue: row.overdue,
});

export type EnrolmentView = ReturnType<typeof enrolmentView>;

const visitView = (row: VisitRow) => ({
  at: row.at.toISOString(),
  step: row.step,
  kind: row.kind,
  outcome: row.outcome,
  detail: row.detail,
  message:
    row.messageId === null
      ? null
      : { id: row.messageId, to: row.messageTo, template: row.messageTemplate, state: row.messageState, reason: row.messageReason },
});

export type TimelineEntry = ReturnType<typeof visitView>;

/** What happened in an enrolment: how it began, each step, and how it ended. */
export const timelineView = (row: EnrolmentRow, visits: VisitRow[], operations: EventRow[] = []): TimelineEntry[] => {
  const entry = (at: Date, kind: string, outcome: string, detail: Record<string, unknown>): TimelineEntry => ({
    at: at.toISOString(),
    step: '',
    kind,
    outcome,
    detail,
    message: null,
  });
  const { event } = row.context;
  return [
    entry(row.enteredAt, 'entry', 'enrolled', event === null ? {} : { event: event.type, event_id: event.id }),
    ...byTime([
      ...visits.map(visitView),
      ...operations.map((event) => entry(event.occurredAt, 'operator', event.type.replace(/^journey\./, ''), event.data)),
    ]),
    ...(row.endedAt === null ? [] : [entry(row.endedAt, 'end', row.outcome ?? row.state, { state: row.state })]),
  ];
};

/** Stable, so that what happened at one moment keeps its order. */
const byTime = (entries: TimelineEntry[]): TimelineEntry[] => entries.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));

export const passedView = (row: VisitRow) => ({ journey: row.journeyKey, enrolment_id: row.enrolmentId, ...visitView(row) });
