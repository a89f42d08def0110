import type { Sql } from '../../db/client.ts';
import { recordEvents } from '../../db/events.ts';
import { findCustomer, upsertCustomers, type Customer } from '../../db/customers.ts';
import { newId } from '../../db/ids.ts';
import { findSegment } from '../../db/segments.ts';
import { LAUNCHED, SEGMENT_ENTERED } from '../../domain/journey/trigger.ts';
import type { SimulatedCustomers, SimulationInput } from './input.ts';
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

/** Tells what lets customers into the journey: its event, that they came into its segment, or a launch. */
export const enter = async (world: World, { data }: SimulationInput): Promise<void> => {
  const { sql, project, journey, customers, clock } = world;
  const { type } = journey.compiled.trigger;
  const { segment } = journey.compiled.definition.trigger;
  const found = segment === undefined ? null : await findSegment(sql, project.id, segment);
  const own =
    type === LAUNCHED
      ? { launch_id: newId('event') }
      : type === SEGMENT_ENTERED && found
        ? { segment: { id: found.id, name: found.name, object: 'segment' } }
        : {};
  await recordEvents(
    sql,
    customers.map((customer) => ({
      projectId: project.id,
      type,
      customerId: customer.id,
      data: { ...own, ...data },
      dedupeKey: null,
      occurredAt: clock.now,
    })),
  );
};
