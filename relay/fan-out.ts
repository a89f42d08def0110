import type { Tx } from '../db/client.ts';
import { planDeliveries, type PlannedDelivery } from '../db/delivery/deliveries.ts';
import { holdSubscribers, type Subscriber } from '../db/webhook/endpoints.ts';
import type { EventRow } from '../db/event/events.ts';
import { ensureSvixDestinations, isSvixEndpoint } from '../db/delivery/svix-destinations.ts';
import { findEventCustomers, isWanted, webhookOf } from '../db/webhook/events.ts';
import { ANSWERED } from '../domain/journey/answer.ts';
import { subscribes } from '../domain/webhook/event-types.ts';
import type { RouteEvents } from './route.ts';

export interface FanOutDeps {
  now: () => Date;
  /** Whether a Svix server delivers, as far as it can. */
  svix?: boolean;
}

/** So many rows of one statement stay below what a statement can carry, though every event goes to many endpoints. */
const MOST_ROWS = 2000;

/**
 * Plans a webhook for each endpoint that subscribes to an event, in the transaction that routes the event. Comes after all other routes,
 * since it locks the endpoints, which others lock last.
 */
export const createFanOut =
  ({ now, svix = false }: FanOutDeps): RouteEvents =>
  async (tx, all) => {
    // What one endpoint answered is nothing to tell to the others.
    const events = all.filter((event) => event.type !== ANSWERED);
    const projectIds = [...new Set(events.map((event) => event.projectId))];
    const subscribers = await holdSubscribers(tx, projectIds);
    const own = svix ? subscribers.filter((each) => !isSvixEndpoint(each)) : subscribers;
    const planned = own.length === 0 ? [] : await plan(tx, events, own, now());
    if (svix) planned.push(...(await planForSvix(tx, events, projectIds, now())));
    for (const set of inSets(planned)) await planDeliveries(tx, set);
  };

/** One for each event: Svix knows who subscribes. */
const planForSvix = async (tx: Tx, events: EventRow[], projectIds: string[], dueAt: Date): Promise<PlannedDelivery[]> => {
  const destinations = await ensureSvixDestinations(tx, projectIds);
  const customers = await findEventCustomers(tx, events);
  return events.flatMap((event) => {
    const destination = destinations.get(event.projectId);
    return destination === undefined ? [] : webhookOf(event, destination, customers, dueAt);
  });
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
    .filter(({ event, to }) => isWanted(event, to.config, customers))
    .map(({ event, to }) => webhookOf(event, to.id, customers, dueAt));
};

const inSets = (rows: PlannedDelivery[]): PlannedDelivery[][] =>
  Array.from({ length: Math.ceil(rows.length / MOST_ROWS) }, (_, set) => rows.slice(set * MOST_ROWS, (set + 1) * MOST_ROWS));
