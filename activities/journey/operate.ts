import type { Tx } from '../../db/client.ts';
import { wakeCohorts } from '../../db/journey/cohorts.ts';
import { countOperated, lockOperated, type Operated, type OperationFilter } from '../../db/journey/enrolment-operations.ts';
import { writeEnrolments, type EnrolmentChange } from '../../db/journey/enrolments.ts';
import { recordEvents } from '../../db/event/events.ts';
import { withdrawCoupons } from '../../db/journey/vouchers.ts';
import { loadVersions } from '../../db/journey/journeys.ts';
import { DomainError } from '../../domain/errors.ts';
import type { JourneyDefinition } from '../../domain/journey/definition.ts';
import { didYouMean } from '../../domain/suggestion.ts';

/** What a person does to somebody who is inside a journey. */
export type Operation =
  /** To another step, which is run as if they had come to it by themselves. */
  | { does: 'move'; step: string }
  | { does: 'exit'; outcome: string; withdraw: 'none' | 'unredeemed' | 'all' }
  /** Nothing is done for them until they are released. */
  | { does: 'hold'; reason: string }
  /** Held ones go on where they stand: a step that failed is run again. */
  | { does: 'release' };

export interface OperationResult {
  /** Those who were changed, at most as many as were asked for. */
  enrolments: string[];
  /** How many are left of those whom the filter means. */
  remaining: number;
}

const EVENTS = { move: 'journey.moved', exit: 'journey.exited', hold: 'journey.held', release: 'journey.released' } as const;

/**
 * Does something to those inside whom a filter means, a bounded set at a time: done again, it goes on with the next ones and changes
 * nobody twice. Everything is written with the event that tells who did it.
 * @throws DomainError invalid_payload where a step is not in the version that somebody is on
 */
export const operate = async (
  tx: Tx,
  projectId: string,
  filter: OperationFilter,
  operation: Operation,
  { limit, by, now }: { limit: number; by: string; now: Date },
): Promise<OperationResult> => {
  const open = {
    ...filter,
    ...(operation.does === 'release' && { state: 'held' as const }),
    ...(operation.does === 'hold' && { state: 'active' as const }),
  };
  const total = await countOperated(tx, projectId, open);
  const locked = await lockOperated(tx, projectId, open, limit);
  const versions = new Map(
    (locked.length === 0 ? [] : await loadVersions(tx, distinctVersions(locked))).map((row) => [`${row.journeyId} ${row.version}`, row]),
  );
  if (operation.does === 'move') requireStep(operation.step, [...versions.values()]);
  await writeEnrolments(
    tx,
    locked.map((enrolment) => changeOf(enrolment, operation, clockOf(enrolment, now))),
  );
  if (operation.does === 'exit' && operation.withdraw !== 'none') {
    const ids = locked.flatMap(({ context }) => Object.values(context.coupons).map((coupon) => coupon.id));
    await withdrawCoupons(tx, projectId, ids, operation.withdraw, operation.outcome, now);
  }
  await recordEvents(
    tx,
    locked.map((enrolment) => ({
      projectId,
      type: EVENTS[operation.does],
      customerId: enrolment.customerId,
      data: {
        journey: versions.get(`${enrolment.journeyId} ${enrolment.version}`)?.key ?? '',
        journey_id: enrolment.journeyId,
        version: enrolment.version,
        enrolment_id: enrolment.id,
        step: operation.does === 'move' ? operation.step : enrolment.step,
        from: enrolment.step,
        outcome: operation.does === 'exit' ? operation.outcome : operation.does === 'hold' ? operation.reason : enrolment.outcome,
        by,
      },
      dedupeKey: null,
      occurredAt: clockOf(enrolment, now),
    })),
  );
  await wakeCohorts(tx, [...new Set(locked.map((enrolment) => enrolment.cohortId))]);
  return { enrolments: locked.map(({ id }) => id), remaining: Math.max(0, total - locked.length) };
};

const clockOf = ({ clockOffsetMs }: Operated, now: Date): Date => new Date(now.getTime() + clockOffsetMs);

const distinctVersions = (enrolments: Operated[]) => [
  ...new Map(
    enrolments.map(({ projectId, journeyId, version }) => [`${journeyId} ${version}`, { projectId, journeyId, version }]),
  ).values(),
];

const requireStep = (step: string, versions: { key: string; version: number; definition: JourneyDefinition }[]): void => {
  const fields = versions.flatMap(({ key, version, definition }) => {
    const steps = definition.steps.map((each) => each.id);
    if (steps.includes(step)) return [];
    return [{ path: 'step', message: `version ${version} of ${key} has no step ${step}${didYouMean(step, steps)}` }];
  });
  if (fields.length > 0) throw new DomainError('invalid_payload', 'There is no such step where they are.', { fields });
};

const changeOf = (enrolment: Operated, operation: Operation, now: Date): EnrolmentChange => {
  const same = { ...enrolment, step: null, arrives: false };
  const gone = { awaiting: null, awaitedSince: null, awaitedEventId: null };
  if (operation.does === 'move')
    return { ...same, ...gone, state: 'active', outcome: null, step: operation.step, arrives: true, dueAt: now };
  if (operation.does === 'exit') return { ...same, ...gone, state: 'exited', outcome: operation.outcome, endedAt: now, dueAt: null };
  if (operation.does === 'hold') return { ...same, state: 'held', outcome: operation.reason };
  return { ...same, state: 'active', outcome: null, dueAt: enrolment.dueAt ?? now };
};
