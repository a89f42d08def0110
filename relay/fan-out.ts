import type { Tx } from '../db/client.ts';
import { planDeliveries, type PlannedDelivery } from '../db/deliveries.ts';
import { holdSubscribers, type Subscriber } from '../db/endpoints.ts';
import type { EventRow } from '../db/events.ts';
import { findEventCustomers, isWanted, webhookOf } from '../db/webhook-events.ts';
import { subscribes } from '../domain/webhook-event-types.ts';
import type { RouteEvents } from './route.ts';

/** So many rows of one statement stay below what a statement can carry, though every event goes to many endpoints. */
const MOST_ROWS = 2000;

/**
 * Plans a webhook for each endpoint that subscribes to an event, in the transaction that routes the event. Comes after all other routes,
 * since it locks the endpoints, which others lock last.
 */
export const createFanOut =
  ({ now }: { now: () => Date }): RouteEvents =>
  async (tx, events) => {
    const subscribers = await holdSubscribers(tx, [...new Set(events.map((event) => event.projectId))]);
    if (subscribers.length === 0) return;
    for (const planned of inSets(await plan(tx, events, subscribers, now()))) await planDeliveries(tx, planned);
  };

const plan = async (tx: Tx, events: EventRow[], subscribers: Subscriber[], dueAt: Date): Promise<PlannedDelivery[]> => {
  const ofProject = Map.groupBy(subscribers, (subscriber) => subscriber.projectId);
  const subscribed = events.flatMap((event) =>
    (ofProject.get(event.projectId) ?? []).filter(({ eventTypes }) => subscribes(eventTypes, event.type)).map((to) => ({ event, to })),
  );
  const customers = await findEventCustomers(
    tx,
    subscribed.map(({ event }) => event),
  );
  return subscribed
    .filter(({ event, to }) => isWanted(event, to, customers))
    .map(({ event, to }) => webhookOf(event, to.id, customers, dueAt));
};

const inSets = (rows: PlannedDelivery[]): PlannedDelivery[][] =>
  Array.from({ length: Math.ceil(rows.length / MOST_ROWS) }, (_, set) => rows.slice(set * MOST_ROWS, (set + 1) * MOST_ROWS));
