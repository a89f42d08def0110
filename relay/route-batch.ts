import type { Tx } from '../db/client.ts';
import { COHORT_SIZE, findEmptyCohorts, insertCohorts, newCohort, wakeCohorts, type NewCohort } from '../db/journey/cohorts.ts';
import type { Customer } from '../db/customer/customers.ts';
import { insertEnrolments, writeEnrolments, writeGoals, type Enrolment } from '../db/journey/enrolments.ts';
import { recordEvents, type NewEvent } from '../db/event/events.ts';
import type { JourneyVersion } from '../db/journey/versions.ts';
import { withdrawCoupons } from '../db/journey/vouchers.ts';
import { newEnrolment } from '../db/journey/new-enrolment.ts';
import type { Project } from '../db/project/projects.ts';
import { firstZone } from '../domain/calendar.ts';
import type { Effect, Entry } from '../domain/journey/routing.ts';
import type { JourneyEvent } from '../domain/journey/scope.ts';

/** What a set of events does, kept in memory in their order and then written at once. */
export interface RouteBatch {
  /** The customer's enrolments that are live by now. */
  liveOf: (customerId: string) => Enrolment[];
  apply: (enrolment: Enrolment, version: JourneyVersion, effect: Effect, event: JourneyEvent, at: Date) => void;
  /** `at` is the customer's time; held-out customers enter as well, and stand aside. */
  enrol: (project: Project, customer: Customer, version: JourneyVersion, entry: Entry, event: JourneyEvent | null, at: Date) => void;
  /** Those of the customer's that have ended and may reach their goal still. */
  goalsOpenOf: (customerId: string) => Enrolment[];
  reach: (enrolment: Enrolment, event: JourneyEvent) => void;
  write: (tx: Tx) => Promise<void>;
}

/** Customers who entered by something they did go before those of an audience. */
const PRIORITY = 2;

export const createRouteBatch = (live: Enrolment[], goalsOpen: Enrolment[] = []): RouteBatch => {
  const byCustomer = Map.groupBy(live, (enrolment) => enrolment.customerId);
  const openByCustomer = Map.groupBy(goalsOpen, (enrolment) => enrolment.customerId);
  const changed = new Set<Enrolment>();
  const reached = new Set<Enrolment>();
  const entered = new Set<Enrolment>();
  const cohorts: { cohort: NewCohort; members: number; open: string | null }[] = [];
  const wake = new Set<string>();
  const left = new Set<string>();
  const events: NewEvent[] = [];
  const withdrawals: { enrolment: Enrolment; withdraw: 'unredeemed' | 'all'; reason: string; at: Date }[] = [];

  const tell = (type: string, enrolment: Enrolment, version: JourneyVersion, more: Record<string, unknown>, at: Date): void => {
    events.push({
      projectId: enrolment.projectId,
      type,
      customerId: enrolment.customerId,
      data: { journey: version.key, journey_id: version.journeyId, version: version.version, enrolment_id: enrolment.id, ...more },
      dedupeKey: null,
      occurredAt: at,
    });
  };

  /** In a sandbox everyone is a cohort alone, so that each can travel in time alone. */
  const cohortFor = (project: Project, customer: Customer, version: JourneyVersion): NewCohort => {
    const open = project.mode === 'sandbox' ? null : `${version.journeyId} ${version.version}`;
    const known = cohorts.find((each) => open !== null && each.open === open && each.members < COHORT_SIZE);
    if (known !== undefined) {
      known.members += 1;
      return known.cohort;
    }
    const { journeyId, version: number } = version;
    const clockOffsetMs = customer.clockOffsetMs;
    const cohort = newCohort({ projectId: project.id, journeyId, version: number, priority: PRIORITY, clockOffsetMs });
    cohorts.push({ cohort, members: 1, open });
    return cohort;
  };

  const leave = (enrolment: Enrolment, state: 'completed' | 'exited', outcome: string, at: Date): void => {
    Object.assign(enrolment, { state, outcome, endedAt: at, dueAt: null, awaiting: null, awaitedSince: null, awaitedEventId: null });
    left.add(enrolment.cohortId);
  };

  const reach = (enrolment: Enrolment, event: JourneyEvent): void => {
    Object.assign(enrolment, { goalAt: new Date(event.occurred_at), goalEventId: event.id });
    reached.add(enrolment);
  };

  return {
    goalsOpenOf: (customerId) => (openByCustomer.get(customerId) ?? []).filter(({ goalAt }) => goalAt === null),
    reach,
    liveOf: (customerId) => (byCustomer.get(customerId) ?? []).filter(({ state }) => state === 'active' || state === 'held'),

    apply(enrolment, version, effect, event, at) {
      changed.add(enrolment);
      if (effect.does === 'awaited') {
        enrolment.awaitedEventId = event.id;
        // Due at once, and not by a clock that may be ahead of the workflow's.
        enrolment.dueAt = new Date(Math.min(Date.parse(event.occurred_at), at.getTime(), enrolment.dueAt?.getTime() ?? Infinity));
        wake.add(enrolment.cohortId);
        return;
      }
      const state = effect.does === 'goal' ? 'completed' : 'exited';
      if (effect.does === 'goal') reach(enrolment, event);
      leave(enrolment, state, effect.does === 'goal' ? 'goal' : effect.outcome, at);
      tell(`journey.${state}`, enrolment, version, { outcome: enrolment.outcome, step: enrolment.step, event_id: event.id }, at);
      if (effect.does === 'exit' && effect.withdraw !== 'none') {
        withdrawals.push({ enrolment, withdraw: effect.withdraw, reason: effect.outcome, at });
      }
    },

    enrol(project, customer, version, entry, event, at) {
      const cohortId = cohortFor(project, customer, version).id;
      const zone = firstZone(customer.timezone, version.compiled.definition.timezone_fallback, project.timezone);
      const own = { projectId: project.id, customer, version, cohortId, entry, event, at, zone };
      const enrolment = newEnrolment({ ...own, launchId: null, dueAt: at });
      entered.add(enrolment);
      byCustomer.set(customer.id, [...(byCustomer.get(customer.id) ?? []), enrolment]);
      tell(
        'journey.enrolled',
        enrolment,
        version,
        { entry_key: entry.entryKey, entry_number: entry.entryNumber, holdout: enrolment.holdout },
        at,
      );
    },

    async write(tx) {
      await insertCohorts(
        tx,
        cohorts.map(({ cohort }) => cohort),
      );
      await insertEnrolments(tx, [...entered]);
      const known = [...changed].filter((enrolment) => !entered.has(enrolment));
      await writeEnrolments(
        tx,
        known.map((enrolment) => ({ ...enrolment, step: null, arrives: false })),
      );
      await writeGoals(
        tx,
        [...reached].filter((enrolment) => !entered.has(enrolment)),
      );
      for (const { enrolment, withdraw, reason, at } of withdrawals) {
        const ids = Object.values(enrolment.context.coupons).map((coupon) => coupon.id);
        await withdrawCoupons(tx, enrolment.projectId, ids, withdraw, reason, at);
      }
      await recordEvents(tx, events);
      const empty = await findEmptyCohorts(tx, [...left]);
      await wakeCohorts(tx, [...new Set([...wake, ...empty])]);
    },
  };
};
