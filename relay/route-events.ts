import type { Tx } from '../db/client.ts';
import { journeyEvent } from '../db/customer/events.ts';
import { customerColumns, type Customer } from '../db/customer/customers.ts';
import { findPastEntries, lockGoalsOpen, lockLiveEnrolments, type Enrolment } from '../db/journey/enrolments.ts';
import type { EventRow } from '../db/event/events.ts';
import type { JourneyVersion, JourneyVersions } from '../db/journey/versions.ts';
import { findListened, findTriggered } from '../db/journey/journeys.ts';
import type { Project } from '../db/project/projects.ts';
import { firstZone } from '../domain/calendar.ts';
import { journeyCustomer } from '../domain/journey/customer.ts';
import { effectOf, entryOf, reachesGoal, type Live, type PastEntries } from '../domain/journey/routing.ts';
import { createRouteBatch } from './route-batch.ts';

export interface RouteEventsDeps {
  versions: JourneyVersions;
  now: () => Date;
}

type CustomerEvent = EventRow & { customerId: string };

const key = (...parts: string[]): string => parts.join(' ');

/**
 * Acts on events in the transaction that takes them out of the outbox: live enrolments reach their goal, leave or go on, and customers
 * enter. The customer's live enrolments are locked, armed or not, before they are looked at: so an event and a wait that is being armed
 * cannot miss each other. A customer's events are taken in order; everything is read in a few statements and written in a few.
 */
export const createRouteEvents =
  ({ versions, now }: RouteEventsDeps) =>
  async (tx: Tx, all: EventRow[]): Promise<void> => {
    const events = await interesting(tx, all);
    if (events.length === 0) return;
    const projectIds = [...new Set(events.map((event) => event.projectId))];
    const triggered = await findTriggered(tx, projectIds, [...new Set(events.map((event) => event.type))]);
    const triggers = Map.groupBy(triggered, (each) => key(each.projectId, each.triggerEvent));
    const triggersOf = (event: EventRow) => triggers.get(key(event.projectId, event.type)) ?? [];

    const customers = await loadCustomers(tx, events, (event) => triggersOf(event).length > 0);
    const present = events.filter((event) => customers.has(key(event.projectId, event.customerId)));
    const projects = await loadProjects(tx, projectIds);
    const concerned = distinctCustomers(present);
    const live = await lockLiveEnrolments(tx, concerned);
    const goalsOpen = await lockGoalsOpen(tx, concerned);
    const versionOf = await versions.get(tx, [...live, ...goalsOpen, ...triggered]);
    const past = await loadPast(tx, present, triggersOf);

    const batch = createRouteBatch(live, goalsOpen);
    const real = now().getTime();
    for (const row of present) {
      const customer = customers.get(key(row.projectId, row.customerId)) as Customer;
      const project = projects.get(row.projectId) as Project;
      const at = new Date(real + customer.clockOffsetMs);
      const zoneIn = (version: JourneyVersion) =>
        firstZone(customer.timezone, version.compiled.definition.timezone_fallback, project.timezone);
      const event = journeyEvent(row);
      for (const enrolment of batch.liveOf(customer.id)) {
        const version = versionOf(enrolment);
        const effect = effectOf(version.compiled, liveOf(enrolment, version, customer, zoneIn(version), at), event);
        if (effect !== null) batch.apply(enrolment, version, effect, event, at);
      }
      for (const enrolment of batch.goalsOpenOf(customer.id)) {
        const version = versionOf(enrolment);
        const state = liveOf(enrolment, version, customer, zoneIn(version), at);
        if (reachesGoal(version.compiled, { ...state, goalUntil: enrolment.goalUntil }, event)) batch.reach(enrolment, event);
      }
      for (const trigger of triggersOf(row)) {
        const version = versionOf(trigger);
        const entries = past.get(key(row.projectId, trigger.journeyId, customer.id)) ?? [];
        const entry = entryOf(version.compiled, event, journeyCustomer(customer), entries, at.toISOString(), zoneIn(version));
        if (entry === null) continue;
        batch.enrol(project, customer, version, entry, event, at);
        past.set(key(row.projectId, trigger.journeyId, customer.id), withEntry(entries, entry.entryKey, event.id, at));
      }
    }
    await batch.write(tx);
  };

/** The events of customers that some journey listens for. */
const interesting = async (tx: Tx, all: EventRow[]): Promise<CustomerEvent[]> => {
  const events = all.filter((event): event is CustomerEvent => event.customerId !== null);
  if (events.length === 0) return [];
  const listened = await findListened(
    tx,
    [...new Set(events.map((event) => event.projectId))],
    [...new Set(events.map((event) => event.type))],
  );
  const known = new Set(listened.map((each) => key(each.projectId, each.type)));
  return events.filter((event) => known.has(key(event.projectId, event.type)));
};

const distinctCustomers = (events: CustomerEvent[]): { projectId: string; customerId: string }[] => [
  ...new Map(events.map(({ projectId, customerId }) => [key(projectId, customerId), { projectId, customerId }])).values(),
];

/** Customers by project and id. Those who may enter are locked, since their entries are counted. */
const loadCustomers = async (
  tx: Tx,
  events: CustomerEvent[],
  mayEnter: (event: CustomerEvent) => boolean,
): Promise<Map<string, Customer>> => {
  const read = (pairs: { projectId: string; customerId: string }[], locking: boolean) =>
    tx<Customer[]>`
      select ${customerColumns(tx)} from customer
      where (project_id, id) in (select "projectId", "customerId" from jsonb_to_recordset(${tx.json(pairs)}) as c ("projectId" text, "customerId" text))
      ${locking ? tx`order by project_id, id for no key update` : tx``}`;
  const entering = distinctCustomers(events.filter(mayEnter));
  const others = distinctCustomers(events.filter((event) => !mayEnter(event)));
  const rows = [...(others.length > 0 ? await read(others, false) : []), ...(entering.length > 0 ? await read(entering, true) : [])];
  return new Map(rows.map((customer) => [key(customer.projectId, customer.id), customer]));
};

const loadProjects = async (tx: Tx, ids: string[]): Promise<Map<string, Project>> => {
  const rows = await tx<Project[]>`
    select id, app_id, name, mode, timezone, currency, case_sensitive_codes from project where id = any(${ids}::text[])`;
  return new Map(rows.map((project) => [project.id, project]));
};

const loadPast = async (
  tx: Tx,
  events: CustomerEvent[],
  triggersOf: (event: EventRow) => { journeyId: string }[],
): Promise<Map<string, PastEntries[]>> => {
  const pairs = events.flatMap((event) =>
    triggersOf(event).map(({ journeyId }) => ({ projectId: event.projectId, journeyId, customerId: event.customerId })),
  );
  if (pairs.length === 0) return new Map();
  const rows = await findPastEntries(tx, pairs);
  const entries = rows.map((row) => ({ ...row, lastEnteredAt: row.lastEnteredAt.toISOString() }));
  return Map.groupBy(entries, (row) => key(row.projectId, row.journeyId, row.customerId));
};

const withEntry = (past: PastEntries[], entryKey: string, eventId: string, at: Date): PastEntries[] => {
  const same = past.find((entry) => entry.entryKey === entryKey) ?? { entryKey, entries: 0, live: 0, lastEnteredAt: '', eventIds: [] };
  const next = {
    ...same,
    entries: same.entries + 1,
    live: same.live + 1,
    lastEnteredAt: at.toISOString(),
    eventIds: [...same.eventIds, eventId],
  };
  return [...past.filter((entry) => entry !== same), next];
};

const liveOf = (enrolment: Enrolment, version: JourneyVersion, customer: Customer, zone: string, at: Date): Live => ({
  step: enrolment.step,
  visit: enrolment.visit,
  dueAt: enrolment.dueAt?.toISOString() ?? null,
  awaiting: enrolment.awaiting,
  awaitedSince: enrolment.awaitedSince?.toISOString() ?? null,
  awaitedEventId: enrolment.awaitedEventId,
  zone,
  standing: {
    customer: journeyCustomer(customer),
    context: enrolment.context,
    journey: {
      key: version.key,
      version: version.version,
      enrolment_id: enrolment.id,
      entered_at: enrolment.enteredAt.toISOString(),
    },
    now: at.toISOString(),
  },
});
