import type { Sql } from '../../db/client.ts';
import { COHORT_SIZE, insertCohorts, newCohort } from '../../db/journey/cohorts.ts';
import { insertEnrolments } from '../../db/journey/enrolments.ts';
import { findCustomer, upsertCustomers, type Customer } from '../../db/customer/customers.ts';
import { newId } from '../../db/ids.ts';
import { newEnrolment } from '../../db/journey/new-enrolment.ts';
import { findSegment } from '../../db/customer/segments.ts';
import { firstZone } from '../../domain/calendar.ts';
import { journeyCustomer } from '../../domain/journey/customer.ts';
import { admit, type Entry, type Refused } from '../../domain/journey/routing.ts';
import type { JourneyEvent } from '../../domain/journey/scope.ts';
import { LAUNCHED } from '../../domain/journey/trigger.ts';
import type { SimulatedCustomers, SimulationInput } from './input.ts';
import { tell } from './tell.ts';
import type { World } from './world.ts';

/** The customers of a simulation, made where they are made up. */
export const simulatedCustomers = async (sql: Sql, projectId: string, who: SimulatedCustomers, start: Date): Promise<Customer[]> => {
  if ('known' in who) {
    const customer = await findCustomer(sql, projectId, who.known);
    return customer === null ? [] : [customer];
  }
  if ('madeUp' in who) return sql.begin((tx) => upsertCustomers(tx, projectId, [who.madeUp], start));
  const made = Array.from({ length: who.crowd }, (_, index) => ({
    name: `Customer ${index + 1}`,
    email: `customer-${index + 1}@example.com`,
    ...who.like,
    sourceId: `simulated-${index + 1}`,
  }));
  return sql.begin((tx) => upsertCustomers(tx, projectId, made, start));
};

const REFUSALS = {
  filter: 'The filter of the trigger says no, or it cannot be decided, such as where it asks for a field that the event has not.',
  entered_already: 'This event let them in already.',
  inside_already: 'They are inside already.',
  reentry: 'They were inside before, and the journey does not let them in again.',
} as const;

/** Lets customers in by what lets them in: an event, that they come into a segment, or a launch. @returns why the first was not, in words */
export const enter = async (world: World, { data }: SimulationInput): Promise<string | null> => {
  const { sql, project, journey, customers, clock } = world;
  const { type } = journey.compiled.trigger;
  const { segment } = journey.compiled.definition.trigger;
  const found = segment === undefined ? null : await findSegment(sql, project.id, segment);
  const id = newId('event');
  const told = {
    ...(type === LAUNCHED && { launch_id: id }),
    ...(found && { segment: { id: found.id, name: found.name, object: 'segment' } }),
    ...data,
  };
  const event = { id, type, occurred_at: clock.now.toISOString(), data: told };
  const entries = customers.map((customer) => ({ customer, entry: admitted(world, customer, event) }));
  if (type === LAUNCHED) {
    await enrol(
      world,
      event,
      entries.flatMap(({ customer, entry }) => ('refused' in entry ? [] : [{ customer, entry }])),
    );
  } else await tell(world, customers, type, told);
  const first = entries[0]?.entry;
  return first !== undefined && 'refused' in first ? REFUSALS[first.refused] : null;
};

const zoneOf = ({ journey, project }: World, customer: Customer): string =>
  firstZone(customer.timezone, journey.compiled.definition.timezone_fallback, project.timezone);

const admitted = (world: World, customer: Customer, event: JourneyEvent): Entry | Refused =>
  admit(world.journey.compiled, event, journeyCustomer(customer), [], world.clock.now.toISOString(), zoneOf(world, customer));

/** As a launch does. Events and segments enrol by the relay's routing. */
const enrol = async (world: World, event: JourneyEvent, entering: { customer: Customer; entry: Entry }[]): Promise<void> => {
  const { sql, project, journey, clock } = world;
  const cohort = { projectId: project.id, journeyId: journey.journeyId, version: journey.version, priority: 4, clockOffsetMs: 0 };
  const cohorts = Array.from({ length: Math.ceil(entering.length / COHORT_SIZE) }, () => newCohort(cohort));
  const enrolments = entering.map(({ customer, entry }, index) =>
    newEnrolment({
      projectId: project.id,
      customer,
      version: journey,
      cohortId: cohorts[Math.floor(index / COHORT_SIZE)]!.id,
      entry,
      event,
      launchId: null,
      at: clock.now,
      dueAt: clock.now,
      zone: zoneOf(world, customer),
    }),
  );
  await sql.begin(async (tx) => {
    await insertCohorts(tx, cohorts);
    // A launch's event is nobody's own: many enter by it.
    await insertEnrolments(tx, enrolments);
  });
};
