import type { CustomerField } from '../../domain/filter/customer-filter.ts';
import type { Filter } from '../../domain/filter/filter.ts';
import type { Db } from '../client.ts';
import { filterCondition, type Fragment } from './condition.ts';

const METADATA = 'metadata.';
const ADDRESS = 'address.';

/** What the orders of the customer `c` say together. */
const ofOrders = (db: Db, sum: Fragment): Fragment => db`(
  select to_jsonb(${sum}) from shop_order o where o.project_id = c.project_id and o.customer_id = c.id and o.status <> 'CANCELED')`;

/** When they ordered first or last: of orders that are kept here, and of those that a shop told of by its own `order.paid`. */
const timeOfOrders = (db: Db, one: Fragment, all: Fragment): Fragment => db`to_jsonb(${one}(
  (select ${all}(o.created_at) from shop_order o where o.project_id = c.project_id and o.customer_id = c.id and o.status <> 'CANCELED'),
  (select ${all}(e.occurred_at) from event e where e.project_id = c.project_id and e.customer_id = c.id and e.type = 'order.paid')))`;

/** A field of the customer `c` as jsonb. */
const customerField =
  (db: Db) =>
  (field: string): Fragment => {
    if (field.startsWith(METADATA)) return db`(c.metadata -> ${field.slice(METADATA.length)})`;
    if (field.startsWith(ADDRESS)) return db`(c.address -> ${field.slice(ADDRESS.length)})`;
    const columns: Record<Exclude<CustomerField, `address.${string}`>, Fragment> = {
      id: db`to_jsonb(c.id)`,
      source_id: db`to_jsonb(c.source_id)`,
      name: db`to_jsonb(c.name)`,
      email: db`to_jsonb(c.email)`,
      phone: db`to_jsonb(c.phone)`,
      description: db`to_jsonb(c.description)`,
      locale: db`to_jsonb(c.locale)`,
      timezone: db`to_jsonb(c.timezone)`,
      birthdate: db`to_jsonb(c.birthdate)`,
      birthday: db`to_jsonb(c.birthdate)`,
      created_at: db`to_jsonb(c.created_at)`,
      updated_at: db`to_jsonb(c.updated_at)`,
      unsubscribed_at: db`to_jsonb(c.unsubscribed_at)`,
      'orders.count': ofOrders(db, db`count(*)`),
      'orders.total_amount': ofOrders(db, db`coalesce(sum(o.amount), 0)`),
      'orders.first_at': timeOfOrders(db, db`least`, db`min`),
      'orders.last_at': timeOfOrders(db, db`greatest`, db`max`),
    };
    return columns[field as keyof typeof columns];
  };

/** Whom a checked filter finds, to stand after `from customer c where … and`. */
export const customerCondition = (db: Db, filter: Filter, now: Date): Fragment => filterCondition(db, filter, customerField(db), now);
