import type { Tx } from '../../db/client.ts';
import { customerColumns, type Customer } from '../../db/customer/customers.ts';
import type { Enrolment } from '../../db/journey/enrolments.ts';
import type { JourneyVersion } from '../../db/journey/versions.ts';
import type { Project } from '../../db/project/projects.ts';
import { firstZone } from '../../domain/calendar.ts';
import { journeyCustomer } from '../../domain/journey/customer.ts';
import type { Member } from './step.ts';

/** Puts each enrolment together with its customer as they are now. */
export const loadMembers = async (
  tx: Tx,
  project: Project,
  journey: JourneyVersion,
  enrolments: Enrolment[],
  now: string,
): Promise<Member[]> => {
  const ids = enrolments.map((enrolment) => enrolment.customerId);
  const customers = await tx<Customer[]>`
    select ${customerColumns(tx)} from unnest(${ids}::text[]) as wanted (customer_id)
    join customer on project_id = ${project.id} and id = wanted.customer_id`;
  const byId = new Map(customers.map((customer) => [customer.id, customer]));
  return enrolments.map((enrolment) => {
    const customer = byId.get(enrolment.customerId);
    if (customer === undefined) throw new Error(`the customer of ${enrolment.id} is gone`);
    return {
      enrolment,
      zone: firstZone(customer.timezone, journey.compiled.definition.timezone_fallback, project.timezone),
      unsubscribed: customer.unsubscribedAt !== null,
      standing: {
        customer: journeyCustomer(customer),
        context: enrolment.context,
        journey: {
          key: journey.key,
          version: journey.version,
          enrolment_id: enrolment.id,
          entered_at: enrolment.enteredAt.toISOString(),
        },
        now,
      },
    };
  });
};
