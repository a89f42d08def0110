import { findEvents, findEventsSince } from '../../db/customer/events.ts';
import { END } from '../../domain/journey/definition.ts';
import { matchesListener } from '../../domain/journey/matching.ts';
import { scopeValues, type JourneyEvent } from '../../domain/journey/scope.ts';
import { waitEnd, type Wait } from '../../domain/journey/steps/wait.ts';
import { attempt } from './attempt.ts';
import type { Member, Outcome, StepFunction, StepWork } from './step.ts';

/**
 * Arms the wait of those who arrive, and lets those go on whose time has come or whose event has. The members are locked, and only
 * then is looked for events, in a statement of its own: so an event is either seen here, or its relay waits for the lock and then sees
 * the armed wait. Event against timeout is decided by when the event occurred.
 */
export const wait: StepFunction = async (work) => {
  const fields = work.step.fields as unknown as Wait;
  const came = await findCame(work);
  const recent = fields.event === undefined ? new Map<string, JourneyEvent[]>() : await findRecent(work, fields);
  return work.members.map((member) => {
    const { enrolment } = member;
    const event = came.get(enrolment.awaitedEventId ?? '');
    if (event !== undefined) return took(event, fields);
    const end = endOf(work, fields, member);
    if ('error' in end) return { to: 'fail', error: end.error };
    const match = (recent.get(enrolment.id) ?? []).find(
      (each) =>
        Date.parse(each.occurred_at) <= Date.parse(end.value) &&
        work.step.awaits !== null &&
        matchesListener(work.step.awaits, each, member.standing),
    );
    if (match !== undefined) return took(match, fields);
    if (Date.parse(end.value) > Date.parse(work.now)) {
      return { to: 'stay', dueAt: end.value, armed: { awaiting: work.step.awaits?.type ?? null } };
    }
    if (fields.event === undefined) return { to: 'go', outcome: 'elapsed' };
    return { to: 'go', outcome: 'timeout', next: target(fields.on_timeout) };
  });
};

const took = (event: JourneyEvent, fields: Wait): Outcome => ({
  to: 'go',
  outcome: 'event',
  next: target(fields.on_event),
  detail: { event_id: event.id, event: event.type },
  result: { data: event.data },
  cursor: { at: event.occurred_at, id: event.id },
});

const target = (step: string | undefined): string | null | undefined => (step === END ? null : step);

/** The deadline was set when the customer arrived and does not move. */
const endOf = ({ step, now }: StepWork, fields: Wait, member: Member): { value: string } | { error: string } => {
  const { awaitedSince, dueAt } = member.enrolment;
  if (awaitedSince !== null && dueAt !== null) return { value: dueAt.toISOString() };
  return attempt(() =>
    waitEnd(fields, now, member.zone, () => String(step.expressions.get('until')?.evaluate(scopeValues(member.standing)))),
  );
};

/** The events that the relay matched while the wait was armed. */
const findCame = ({ tx, project, members }: StepWork): Promise<Map<string, JourneyEvent>> =>
  findEvents(
    tx,
    project.id,
    members.flatMap(({ enrolment }) => enrolment.awaitedEventId ?? []),
  );

/** The events that came before the wait was armed, or that the relay has not come to yet. */
const findRecent = ({ tx, members, step, project, now }: StepWork, fields: Wait): Promise<Map<string, JourneyEvent[]>> =>
  findEventsSince(
    tx,
    project.id,
    step.awaits?.type ?? '',
    members.map(({ enrolment }) => {
      const arrival = { at: enrolment.awaitedSince?.toISOString() ?? now, id: '' };
      const last = enrolment.context.cursor ?? { at: enrolment.enteredAt.toISOString(), id: '' };
      return { enrolmentId: enrolment.id, customerId: enrolment.customerId, ...(fields.event?.since === 'arrival' ? arrival : last) };
    }),
  );
