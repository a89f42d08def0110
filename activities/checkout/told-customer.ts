import type { NamedCustomer } from '../../db/checkout/checkout.ts';
import type { Tx } from '../../db/client.ts';
import { updateCustomer, upsertCustomers, type Customer } from '../../db/customer/customers.ts';
import { DomainError } from '../../domain/errors.ts';

/**
 * The customer whom a request names, as it tells of them: made where nobody is known by that source id.
 * @throws DomainError not_found, where nobody has that id
 */
export const tellCustomer = async (tx: Tx, projectId: string, { id, sourceId, ...told }: NamedCustomer, now: Date): Promise<Customer> => {
  if (sourceId !== undefined) {
    const [customer] = await upsertCustomers(tx, projectId, [{ ...told, sourceId }], now);
    return customer!;
  }
  const customer = id === undefined ? null : await updateCustomer(tx, projectId, id, told, now);
  if (!customer)
    throw new DomainError('not_found', 'Resource not found', {
      details: `Cannot find customer with id ${id}`,
      resource: { id, type: 'customer' },
    });
  return customer;
};
