import type { Tx } from '../client.ts';
import { deleteCustomer, type Customer } from './customers.ts';

/** How much was erased. */
export interface Erased {
  events: number;
  orders: number;
  messages: number;
}

/**
 * Erases what is known of a customer: the customer with journeys, their orders, events and messages. What the ledger keeps of them
 * (redemptions, publications) says their id only, which then stands for nobody.
 */
export const eraseCustomer = async (tx: Tx, { projectId, id }: Customer, now: Date): Promise<Erased> => {
  await deleteCustomer(tx, projectId, id, now);
  await tx`update redemption set "order" = null, metadata = null where project_id = ${projectId} and customer_id = ${id}`;
  await tx`update publication set metadata = '{}' where project_id = ${projectId} and customer_id = ${id}`;
  await tx`delete from referral where project_id = ${projectId} and (referrer_id = ${id} or referee_id = ${id})`;
  await tx`
    delete from order_refund where project_id = ${projectId}
      and order_id in (select id from shop_order where project_id = ${projectId} and customer_id = ${id})`;
  const orders = await tx`delete from shop_order where project_id = ${projectId} and customer_id = ${id}`;
  const messages = await tx`delete from delivery where project_id = ${projectId} and customer_id = ${id}`;
  // The event of the deletion itself is told, without what it says of the customer.
  const events = await tx`delete from event where project_id = ${projectId} and customer_id = ${id} and type <> 'customer.deleted'`;
  await tx`
    update event set data = jsonb_build_object('customer', jsonb_build_object('id', ${id}::text, 'object', 'customer'))
    where project_id = ${projectId} and customer_id = ${id}`;
  await tx`
    delete from outbox o where project_id = ${projectId} and customer_id = ${id}
      and not exists (select from event e where e.project_id = o.project_id and e.id = o.event_id)`;
  return { events: events.count, orders: orders.count, messages: messages.count };
};
