import type { Customer } from '../../db/customer/customers.ts';
import { recordEvents } from '../../db/event/events.ts';
import type { World } from './world.ts';

/** Records an event of each of these customers, now. */
export const tell = (
  { sql, project, clock }: World,
  customers: Customer[],
  type: string,
  data: Record<string, unknown>,
): Promise<unknown> =>
  recordEvents(
    sql,
    customers.map(({ id }) => ({ projectId: project.id, type, customerId: id, data, dedupeKey: null, occurredAt: clock.now })),
  );
