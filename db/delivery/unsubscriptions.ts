import type { Unsubscription } from '../../domain/delivery/unsubscribe-token.ts';
import type { Db, Tx } from '../client.ts';
import { recordEvents } from '../event/events.ts';
import { EVERY_TOPIC, suppress } from './suppressions.ts';

interface Unsubscriber {
  sentTo: string | null;
  email: string | null;
  clockOffsetMs: number;
  /** Whose mails these are. */
  sender: string;
}

/** Who follows an unsubscribe link; null where the customer was deleted, or the mail, with the project. */
export const findUnsubscriber = async (db: Db, { projectId, customerId, deliveryId }: Unsubscription): Promise<Unsubscriber | null> => {
  const [row] = await db<Unsubscriber[]>`
    select d.payload ->> 'to' as sent_to, c.email, c.clock_offset_ms, coalesce(t.config -> 'from' ->> 'name', p.name) as sender
    from customer c join project p on p.id = c.project_id
    left join delivery d on d.project_id = c.project_id and d.id = ${deliveryId}
    left join destination t on t.id = d.destination_id
    where c.project_id = ${projectId} and c.id = ${customerId}`;
  return row ?? null;
};

/**
 * Stops a topic, or every topic, for the address that the mail went to and the customer's present one, and tells of it. Asked again, it
 * changes nothing.
 */
export const unsubscribe = async (tx: Tx, unsubscription: Unsubscription, now: Date): Promise<void> => {
  const { projectId, customerId, topic, deliveryId } = unsubscription;
  await tx`select from customer where project_id = ${projectId} and id = ${customerId} for no key update`;
  const customer = await findUnsubscriber(tx, unsubscription);
  if (!customer) return;
  const addresses = new Set(
    [customer.sentTo, customer.email].filter((address) => address !== null).map((address) => address.toLowerCase()),
  );
  let changed = false;
  for (const email of addresses) if (await suppress(tx, { projectId, email, topic, reason: 'unsubscribed' })) changed = true;
  if (topic === EVERY_TOPIC) {
    const marked = await tx`
      update customer set unsubscribed_at = ${now}, updated_at = ${now}
      where project_id = ${projectId} and id = ${customerId} and unsubscribed_at is null`;
    changed ||= marked.count > 0;
  }
  if (!changed) return;
  await recordEvents(tx, [
    {
      projectId,
      type: 'customer.unsubscribed',
      customerId,
      data: { topic, message_id: deliveryId },
      dedupeKey: null,
      occurredAt: new Date(now.getTime() + customer.clockOffsetMs),
    },
  ]);
};
