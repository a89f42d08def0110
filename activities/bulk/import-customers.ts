import type { CustomerInput } from '../../domain/customer.ts';
import { upsertCustomers } from '../../db/customer/customers.ts';
import type { WriteRows } from './import-rows.ts';

export const CUSTOMERS_IMPORT = 'CUSTOMERS_IMPORT';

/** A customer to import, as it is kept. */
export interface CustomerRow {
  line: number;
  customer: CustomerInput;
}

/** Makes customers, and changes those that exist as told. Journeys see it, as they see customers that come one by one. */
export const createWriteCustomers =
  (now: () => Date): WriteRows<CustomerRow> =>
  async (tx, action, rows) => {
    await upsertCustomers(
      tx,
      action.projectId,
      rows.map(({ customer }) => customer),
      now(),
    );
    return [];
  };
