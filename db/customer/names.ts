import type { Db } from '../client.ts';
import { customerColumns, type Customer } from './customers.ts';

/** The ids of customers by the ids and source ids that name them; who does not exist is missing. */
export const findNamedCustomers = async (db: Db, projectId: string, names: string[]): Promise<Map<string, string>> => {
  const rows = await db<{ id: string; sourceId: string }[]>`
    select id, source_id from customer where project_id = ${projectId} and (id = any(${names}::text[]) or source_id = any(${names}::text[]))`;
  return new Map([...rows.map((row) => [row.sourceId, row.id] as const), ...rows.map((row) => [row.id, row.id] as const)]);
};

/** Customers by their ids, in order of id. */
export const findCustomersByIds = (db: Db, projectId: string, ids: string[]) => db<Customer[]>`
  select ${customerColumns(db)} from customer where project_id = ${projectId} and id = any(${ids}::text[]) order by id`;
