import type { Tx } from '../../db/client.ts';
import { recordSteps, writeEnrolments, type EnrolmentChange, type StepRecord } from '../../db/journey/enrolments.ts';
import { recordEvents, type NewEvent } from '../../db/event/events.ts';
import type { JourneyVersion } from '../../db/journey/versions.ts';
import { earliest, later } from '../../domain/calendar.ts';
import type { CompiledStep } from '../../domain/journey/compile.ts';
import type { EnrolmentContext } from '../../domain/journey/scope.ts';
import type { Member, Outcome, StepWork } from './step.ts';

/** When a customer must be out of the journey at the latest; null where it has no such limit. */
export const lastMoment = (journey: JourneyVersion, member: Member): string | null => {
  const limit = journey.compiled.definition.max_duration;
  return limit === undefined ? null : later(member.enrolment.enteredAt.toISOString(), limit, member.zone);
};

/** Writes what a step did: the record of the visit, where each member stands now, and the events that tell of those who left. */
export const advance = async (tx: Tx, work: StepWork, outcomes: Map<Member, Outcome>): Promise<void> => {
  const records: StepRecord[] = [];
  const changes: EnrolmentChange[] = [];
  const events: NewEvent[] = [];
  for (const [member, given] of outcomes) {
    const outcome = settle(given, work.step);
    if (outcome.to === 'go' || outcome.to === 'leave') records.push(recordOf(member, outcome, work));
    const change = changeOf(member, outcome, work);
    changes.push(change);
    if (change.state === 'completed' || change.state === 'exited') events.push(leftEvent(member, change, work));
  }
  await recordSteps(tx, records);
  await writeEnrolments(tx, changes);
  await recordEvents(tx, events);
};

/** A failure is what the step's `on_error` makes of it. */
const settle = (outcome: Outcome, step: CompiledStep): Outcome => {
  if (outcome.to !== 'fail' || step.onError === 'hold') return outcome;
  const detail = { error: outcome.error };
  return step.onError === 'exit' ? { to: 'leave', outcome: 'failed', detail } : { to: 'go', outcome: 'failed', detail };
};

const recordOf = ({ enrolment }: Member, outcome: Outcome & { to: 'go' | 'leave' }, { step, now }: StepWork): StepRecord => ({
  projectId: enrolment.projectId,
  enrolmentId: enrolment.id,
  step: step.id,
  visit: enrolment.visit,
  kind: step.kind.kind,
  outcome: outcome.outcome,
  detail: { ...outcome.detail, ...('answer' in outcome && { answer: outcome.answer?.answer.body }) },
  at: now,
});

const changeOf = (member: Member, outcome: Outcome, work: StepWork): EnrolmentChange => {
  const { enrolment } = member;
  const ended = new Date(work.now);
  const still = {
    projectId: enrolment.projectId,
    id: enrolment.id,
    state: 'active' as const,
    outcome: null,
    step: null,
    arrives: false,
    dueAt: null,
    awaiting: null,
    awaitedSince: null,
    awaitedEventId: null,
    context: enrolment.context,
    endedAt: null,
  };
  if (outcome.to === 'stay') {
    const limit = lastMoment(work.journey, member);
    return {
      ...still,
      dueAt: new Date(limit === null ? outcome.dueAt : earliest(outcome.dueAt, limit)),
      awaiting: outcome.armed?.awaiting ?? null,
      awaitedSince: outcome.armed === undefined ? null : sinceOf(enrolment, outcome.armed, ended),
    };
  }
  if (outcome.to === 'fail') return { ...still, state: 'held', outcome: outcome.error, dueAt: enrolment.dueAt };
  if (outcome.to === 'leave') return { ...still, state: 'exited', outcome: outcome.outcome, endedAt: ended };
  const context = contextAfter(enrolment.context, outcome, work.step);
  const next = outcome.next === undefined ? work.step.next : outcome.next;
  if (next === null) return { ...still, state: 'completed', outcome: 'completed', context, endedAt: ended };
  return { ...still, step: next, arrives: true, context, dueAt: new Date(dueAt(next, member, context, work)) };
};

/** Who waits for the same still has waited since they began to. */
const sinceOf = (
  { awaiting, awaitedSince }: { awaiting: string | null; awaitedSince: Date | null },
  armed: { awaiting: string | null; since?: string },
  now: Date,
): Date => {
  if (awaitedSince !== null && awaiting === armed.awaiting) return awaitedSince;
  return armed.since === undefined ? now : new Date(armed.since);
};

const contextAfter = (context: EnrolmentContext, outcome: Outcome & { to: 'go' }, step: CompiledStep): EnrolmentContext => ({
  ...context,
  coupons: outcome.coupon === undefined ? context.coupons : { ...context.coupons, [outcome.coupon.as]: outcome.coupon.coupon },
  ...(outcome.answer !== undefined && { answers: { ...context.answers, [outcome.answer.as]: outcome.answer.answer } }),
  steps: { ...context.steps, [step.id]: { outcome: outcome.outcome, ...outcome.detail, ...outcome.result } },
  cursor: outcome.cursor ?? context.cursor,
});

const dueAt = (next: string, member: Member, context: EnrolmentContext, { journey, now }: StepWork): string => {
  const step = journey.compiled.steps.get(next);
  if (step === undefined) throw new Error(`there is no step ${next}`);
  const due =
    step.kind.due?.(step.fields, {
      now,
      enteredAt: member.enrolment.enteredAt.toISOString(),
      zone: member.zone,
      coupons: context.coupons,
    }) ?? now;
  const limit = lastMoment(journey, member);
  return limit === null ? due : earliest(due, limit);
};

const leftEvent = ({ enrolment }: Member, change: EnrolmentChange, { journey, step, now }: StepWork): NewEvent => ({
  projectId: enrolment.projectId,
  type: `journey.${change.state}`,
  customerId: enrolment.customerId,
  data: {
    journey: journey.key,
    journey_id: journey.journeyId,
    version: journey.version,
    enrolment_id: enrolment.id,
    outcome: change.outcome,
    step: step.id,
  },
  dedupeKey: `${enrolment.id}:left:${enrolment.visit}:${step.id}`,
  occurredAt: new Date(now),
});
