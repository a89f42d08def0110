import { later } from '../../domain/calendar.ts';
import type { Customer } from '../../domain/customer.ts';
import { isHeldOut } from '../../domain/journey/bucket.ts';
import { goalPeriod } from '../../domain/journey/compile.ts';
import type { Entry } from '../../domain/journey/routing.ts';
import type { JourneyEvent } from '../../domain/journey/scope.ts';
import { HOLDOUT_STEP } from '../../domain/journey/steps/holdout.ts';
import type { Enrolment } from './enrolments.ts';
import { newId } from '../ids.ts';
import type { JourneyVersion } from './versions.ts';

export interface NewEnrolment {
  projectId: string;
  customer: Customer;
  version: JourneyVersion;
  cohortId: string;
  entry: Entry;
  /** What let them in; null where nothing but a launch did. */
  event: JourneyEvent | null;
  launchId: string | null;
  /** The customer's time. */
  at: Date;
  /** When the first step is due. */
  dueAt: Date;
  zone: string;
}

/** An enrolment that begins. Held-out customers stand aside from the first moment until the goal no longer counts. */
export const newEnrolment = ({
  projectId,
  customer,
  version,
  cohortId,
  entry,
  event,
  launchId,
  at,
  dueAt,
  zone,
}: NewEnrolment): Enrolment => {
  const { definition, first, goal } = version.compiled;
  const holdout = definition.holdout !== undefined && isHeldOut(definition.holdout, customer.id);
  const goalUntil = holdout || goal !== null ? new Date(later(at.toISOString(), goalPeriod(definition), zone)) : null;
  return {
    projectId,
    id: newId('enrolment'),
    journeyId: version.journeyId,
    version: version.version,
    cohortId,
    customerId: customer.id,
    ...entry,
    eventId: event?.id ?? null,
    state: 'active',
    outcome: null,
    step: holdout ? HOLDOUT_STEP : first,
    visit: 1,
    dueAt: holdout ? goalUntil : dueAt,
    awaiting: null,
    awaitedSince: null,
    awaitedEventId: null,
    context: { event, coupons: {}, steps: {}, cursor: { at: event?.occurred_at ?? at.toISOString(), id: event?.id ?? '' } },
    enteredAt: at,
    endedAt: null,
    holdout,
    launchId,
    goalUntil: goal === null ? null : goalUntil,
    goalAt: null,
    goalEventId: null,
  };
};
