import type { Db, Tx } from '../client.ts';
import { planDeliveries, wakeDestinations, type WebhookPayload } from '../delivery/deliveries.ts';
import type { Endpoint } from './endpoints.ts';
import { firstIdAt, idTime } from '../ids.ts';
import { direction, type Page, type PageRequest, toPage } from '../paging.ts';
import { findEventCustomers, isWanted, listEventsAfter, webhookOf } from './events.ts';

type WebhookState = 'planned' | 'sending' | 'accepted' | 'failed';

/** A webhook as people look at it. */
export interface WebhookDelivery {
  projectId: string;
  id: string;
  destinationId: string;
  eventId: string | null;
  state: WebhookState;
  reason: string | null;
  dueAt: Date;
  attempts: number;
  payload: WebhookPayload;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface WebhookAttempt {
  number: number;
  outcome: string;
  status: number | null;
  answer: string | null;
  startedAt: Date;
  finishedAt: Date | null;
}

export interface WebhookDeliveryFilter {
  endpointId?: string;
  eventId?: string;
  eventType?: string;
  state?: WebhookState;
}

const columns = (db: Db) => db`
  project_id, id, destination_id, event_id, state, reason, due_at, attempts, payload, created_at, finished_at`;

export const listWebhookDeliveries = async (
  db: Db,
  projectId: string,
  filter: WebhookDeliveryFilter,
  { limit, page, startingAfter, descending }: PageRequest,
): Promise<Page<WebhookDelivery>> => {
  const matches = db`
    project_id = ${projectId} and kind = 'webhook'
    ${filter.endpointId === undefined ? db`` : db`and destination_id = ${filter.endpointId}`}
    ${filter.eventId === undefined ? db`` : db`and event_id = ${filter.eventId}`}
    ${filter.eventType === undefined ? db`` : db`and payload ->> 'type' = ${filter.eventType}`}
    ${filter.state === undefined ? db`` : db`and state = ${filter.state}`}`;
  const from = startingAfter === undefined ? db`` : descending ? db`and id < ${startingAfter}` : db`and id > ${startingAfter}`;
  const skip = startingAfter === undefined ? (page - 1) * limit : 0;
  const [rows, [count]] = await Promise.all([
    db<WebhookDelivery[]>`
      select ${columns(db)} from delivery where ${matches} ${from} order by id ${direction(db, descending)} limit ${limit + 1} offset ${skip}`,
    db<[{ total: number }]>`select count(*) as total from delivery where ${matches}`,
  ]);
  return toPage(rows, limit, count.total);
};

export const findWebhookDelivery = async (db: Db, projectId: string, id: string): Promise<WebhookDelivery | null> => {
  const [row] = await db<WebhookDelivery[]>`
    select ${columns(db)} from delivery where project_id = ${projectId} and id = ${id} and kind = 'webhook'`;
  return row ?? null;
};

export const listWebhookAttempts = (db: Db, { projectId, id }: WebhookDelivery): Promise<WebhookAttempt[]> => db<WebhookAttempt[]>`
  select number, outcome, status, answer, started_at, finished_at from delivery_attempt
  where project_id = ${projectId} and delivery_id = ${id} order by number`;

const again = (db: Db, now: Date) =>
  db`state = 'planned', reason = null, due_at = ${now}, retries = 0, lease = null, leased_until = null, finished_at = null`;

/** Plans a webhook again, under its id: one that failed, one that was taken, or one that waits for its next attempt. @returns null while it is on the wire */
export const resendWebhook = async (tx: Tx, projectId: string, id: string, now: Date): Promise<WebhookDelivery | null> => {
  const [row] = await tx<WebhookDelivery[]>`
    update delivery set ${again(tx, now)} where project_id = ${projectId} and id = ${id} and kind = 'webhook' and state <> 'sending'
    returning ${columns(tx)}`;
  if (row) await wakeDestinations(tx, [row.destinationId]);
  return row ?? null;
};

/** How many events one call of a recovery looks at. */
const MOST_EVENTS = 5000;
const AT_ONCE = 1000;

/**
 * Plans again what failed for an endpoint since a time, and for the first time what it has missed.
 * @param wants whether it subscribes to a type of event
 * @returns how many, and where to go on where there is more
 */
export const recoverEndpoint = async (
  tx: Tx,
  { projectId, id, config }: Endpoint,
  { since, now, wants }: { since: Date; now: Date; wants: (type: string) => boolean },
): Promise<{ resent: number; planned: number; nextSince: Date | null }> => {
  const resent = await tx`
    update delivery set ${again(tx, now)}
    where destination_id = ${id} and project_id = ${projectId} and kind = 'webhook' and state = 'failed' and id >= ${firstIdAt('delivery', since)}`;
  let planned = 0;
  let seen = 0;
  let after = firstIdAt('event', since);
  let more = true;
  while (more && seen < MOST_EVENTS) {
    const events = await listEventsAfter(tx, projectId, after, AT_ONCE);
    more = events.length === AT_ONCE;
    seen += events.length;
    after = events.at(-1)?.id ?? after;
    const wanted = events.filter(({ type }) => wants(type));
    const customers = await findEventCustomers(tx, wanted);
    const written = await planDeliveries(
      tx,
      wanted.filter((event) => isWanted(event, config, customers)).map((event) => webhookOf(event, id, customers, now)),
    );
    planned += written.filter((each) => each !== null).length;
  }
  if (resent.count > 0) await wakeDestinations(tx, [id]);
  return { resent: resent.count, planned, nextSince: more ? idTime(after) : null };
};

/** So many webhooks are planned again by one call of a replay. */
const MOST_REPLAYED = 5000;

/**
 * Plans the webhooks of a range again, under their ids, the oldest first; what is on the wire or waits anyway stays as it is.
 * @returns how many, and where to go on where there are more
 */
export const replayWebhooks = async (
  tx: Tx,
  { projectId, id }: Endpoint,
  range: { from: Date; until: Date; eventTypes: string[] | null; states: ('accepted' | 'failed')[] },
  now: Date,
): Promise<{ resent: number; nextFrom: Date | null }> => {
  const rows = await tx<{ id: string }[]>`
    with chosen as (
      select id from delivery
      where project_id = ${projectId} and destination_id = ${id} and kind = 'webhook' and state = any(${range.states}::text[])
        and id >= ${firstIdAt('delivery', range.from)} and id < ${firstIdAt('delivery', range.until)}
        ${range.eventTypes === null ? tx`` : tx`and payload ->> 'type' = any(${range.eventTypes}::text[])`}
      order by id limit ${MOST_REPLAYED} for no key update
    )
    update delivery d set ${again(tx, now)} from chosen where d.project_id = ${projectId} and d.id = chosen.id
    returning d.id`;
  if (rows.length > 0) await wakeDestinations(tx, [id]);
  if (rows.length < MOST_REPLAYED) return { resent: rows.length, nextFrom: null };
  const last = rows.reduce((latest, row) => (row.id > latest ? row.id : latest), '');
  return { resent: rows.length, nextFrom: idTime(last) };
};
