import { lookUpCustomers, type CheckoutCustomer, type NamedCustomer } from '../../db/checkout/checkout.ts';
import type { Sql } from '../../db/client.ts';
import type { CheckoutRequest } from './request.ts';

/** The customers whom requests of a project name, by one read; none where nobody is named. What requests tell of them changes nothing. */
export const findCustomers = async (
  sql: Sql,
  projectId: string,
  requests: readonly CheckoutRequest[],
): Promise<(named: NamedCustomer) => CheckoutCustomer | undefined> => {
  const named = requests.flatMap((request) => request.customer ?? []);
  if (named.length === 0) return () => undefined;
  const lookup = lookUpCustomers(
    sql,
    projectId,
    named.map(({ id, sourceId }) => ({ id, sourceId })),
  );
  return lookup.match(await lookup.rows);
};
