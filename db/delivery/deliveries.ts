import type { MailRules } from '../../domain/delivery/sending.ts';
import type { Db, Tx } from '../client.ts';
import { newId } from '../ids.ts';

/** What a mail is made of when it is sent: its template's pinned version, and the data as they stood when it was planned. */
export interface EmailPayload {
  to: string;
  name: string | null;
  /** A marketing topic, or `transactional`, which an unsubscribe does not stop. */
  topic: string;
  template: string;
  version: number;
  /** Asked again when it is sent: quiet hours, lateness and the frequency cap. */
  rules?: MailRules;
  /** What the template's variables name: {customer, coupon, coupons, event, journey, now}. */
  data: Record<string, unknown>;
}

export interface WebhookPayload {
  type: string;
  body: unknown;
  /** A mail that is rendered when the webhook is sent, and goes along as subject, html and text. */
  mail?: EmailPayload;
  /** The visit of a journey's step that waits for the answer, which is then kept. */
  awaited?: { step: string; visit: number };
}

export interface PlannedDelivery {
  projectId: string;
  destinationId: string;
  kind: 'email' | 'webhook';
  /** What it is, such as enrolment, step, visit and channel; never a run's id. */
  dedupeKey: string;
  customerId: string | null;
  enrolmentId: string | null;
  eventId: string | null;
  /** 0 (first) to 9 (last); a signup's mail goes before a launch's. */
  priority: number;
  /** Real time. */
  dueAt: Date;
  payload: EmailPayload | WebhookPayload;
}

/**
 * Writes deliveries and asks for their destinations to be woken; call it in the transaction that causes them, after everything else
 * that locks. A delivery whose dedupe key is known is not written again.
 * @returns the ids of those that are new, with null where one was known
 */
export const planDeliveries = async (tx: Tx, deliveries: PlannedDelivery[]): Promise<(string | null)[]> => {
  if (deliveries.length === 0) return [];
  const rows = deliveries.map((delivery) => ({
    id: newId('delivery'),
    project_id: delivery.projectId,
    destination_id: delivery.destinationId,
    kind: delivery.kind,
    dedupe_key: delivery.dedupeKey,
    customer_id: delivery.customerId,
    enrolment_id: delivery.enrolmentId,
    event_id: delivery.eventId,
    priority: delivery.priority,
    due_at: delivery.dueAt.toISOString(),
    payload: delivery.payload,
  }));
  const written = await tx<{ id: string; destinationId: string }[]>`
    insert into delivery (project_id, id, destination_id, kind, dedupe_key, customer_id, enrolment_id, event_id, priority, due_at, payload)
    select project_id, id, destination_id, kind, dedupe_key, customer_id, enrolment_id, event_id, priority, due_at, payload
    from jsonb_to_recordset(${tx.json(rows as never)}) as t (
      project_id text, id text, destination_id text, kind text, dedupe_key text, customer_id text, enrolment_id text, event_id text,
      priority smallint, due_at timestamptz, payload jsonb)
    order by id
    on conflict (project_id, dedupe_key) do nothing
    returning id, destination_id`;
  await wakeDestinations(tx, [...new Set(written.map((row) => row.destinationId))]);
  const known = new Set(written.map((row) => row.id));
  return rows.map((row) => (known.has(row.id) ? row.id : null));
};

/** Asks the relay to wake destinations: their rows changed, and they have to look again. */
export const wakeDestinations = async (db: Db, ids: string[]): Promise<void> => {
  if (ids.length === 0) return;
  await db`
    with locked as (select id from destination where id = any(${ids}::text[]) order by id for no key update)
    update destination d set wakes_asked = wakes_asked + 1 from locked where d.id = locked.id`;
};
