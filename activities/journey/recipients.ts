import { customerColumns, type Customer } from '../../db/customer/customers.ts';
import type { Tx } from '../../db/client.ts';
import { firstZone } from '../../domain/calendar.ts';
import { journeyCustomer } from '../../domain/journey/customer.ts';
import { scopeValues, type JourneyCustomer } from '../../domain/journey/scope.ts';
import { attempt } from './attempt.ts';
import type { Member, StepWork } from './step.ts';

/** Who gets what a step gives. */
export interface Recipient {
  customer: JourneyCustomer;
  zone: string;
  unsubscribed: boolean;
}

const ofMember = ({ standing, zone, unsubscribed }: Member): Recipient => ({ customer: standing.customer, zone, unsubscribed });

/** Customers by their ids or source ids. */
export const findCustomers = async (tx: Tx, projectId: string, names: string[]): Promise<Map<string, Customer>> => {
  if (names.length === 0) return new Map();
  const rows = await tx<Customer[]>`
    select ${customerColumns(tx)} from customer where project_id = ${projectId} and id = any(${names}::text[])
    union
    select ${customerColumns(tx)} from customer where project_id = ${projectId} and source_id = any(${names}::text[])`;
  return new Map([...rows.map((row) => [row.sourceId, row] as const), ...rows.map((row) => [row.id, row] as const)]);
};

/** Who gets what the step gives each member: themselves, or whom the step's `recipient` names. One for each, in their order. */
export const recipientsOf = async (work: StepWork): Promise<(Recipient | { error: string })[]> => {
  const expression = work.step.expressions.get('recipient');
  if (expression === undefined) return work.members.map(ofMember);
  const names = work.members.map((member) => attempt(() => expression.evaluate(scopeValues(member.standing)) as string));
  const found = await findCustomers(
    work.tx,
    work.project.id,
    names.flatMap((name) => ('error' in name ? [] : name.value)),
  );
  return names.map((name) => {
    if ('error' in name) return name;
    const customer = found.get(name.value);
    if (customer === undefined) return { error: `the recipient ${name.value} is not a customer of this project` };
    const zone = firstZone(customer.timezone, work.journey.compiled.definition.timezone_fallback, work.project.timezone);
    return { customer: journeyCustomer(customer), zone, unsubscribed: customer.unsubscribedAt !== null };
  });
};
