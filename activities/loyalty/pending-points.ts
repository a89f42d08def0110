import type { Tx } from '../../db/client.ts';
import { insertEvents, type SetEvent } from '../../db/event/events.ts';
import { newId } from '../../db/ids.ts';
import { readPendingTotals, writePendingPoints, type PendingPoints } from '../../db/loyalty/pending-points.ts';
import { activationOf } from '../../domain/loyalty/pending-points.ts';
import type { LockedCard } from './points.ts';
import { pendingEvent, type PendingEventName } from './points-events.ts';

/** What is pending on cards that are locked, as it changes in memory. */
export interface PendingBook {
  /** How many points of each card are pending, by its id. */
  totals: Map<string, number>;
  changed: Map<string, PendingPoints>;
  events: SetEvent[];
}

/** Begins to change what is pending on cards that are locked. */
export const openPendingBook = async (tx: Tx, projectId: string, cards: readonly Pick<LockedCard, 'id'>[]): Promise<PendingBook> => ({
  totals: await readPendingTotals(
    tx,
    projectId,
    cards.map(({ id }) => id),
  ),
  changed: new Map(),
  events: [],
});

const note = (book: PendingBook, card: LockedCard, entry: PendingPoints, change: number, name: PendingEventName | null): void => {
  const total = (book.totals.get(card.id) ?? 0) + change;
  book.totals.set(card.id, total);
  book.changed.set(entry.id, entry);
  if (name !== null) book.events.push(pendingEvent(name, card, entry, { points: change, total }));
};

/** Points that are earned now and wait. */
export type NewPending = Pick<
  PendingPoints,
  'campaignId' | 'customerId' | 'orderId' | 'earningRuleId' | 'points' | 'expirationRules' | 'details' | 'dedupeKey'
> & {
  /** For how many days, from this time (ISO 8601) on. */
  days: number;
  earnedAt: string;
};

/** Earned points begin to wait. @param zone IANA; of the project. @param now real time */
export const addPending = (
  book: PendingBook,
  card: LockedCard,
  { days, earnedAt, ...told }: NewPending,
  zone: string,
  now: Date,
): PendingPoints => {
  const activation = activationOf(days, earnedAt, zone);
  const entry: PendingPoints = {
    ...told,
    id: newId('pendingPoints'),
    voucherId: card.id,
    status: 'PENDING',
    taken: 0,
    activatesOn: activation.day,
    activatesAt: new Date(activation.at),
    transactionId: null,
    createdAt: now,
    updatedAt: null,
  };
  note(book, card, entry, entry.points, 'added');
  return entry;
};

/** More or fewer points wait. @param points above 0 or below it, and never all that wait */
export const changePending = (book: PendingBook, card: LockedCard, entry: PendingPoints, points: number, now: Date): void => {
  Object.assign(entry, { points: entry.points + points, updatedAt: now });
  note(book, card, entry, points, 'updated');
};

/** Points that wait will not come. */
export const cancelPending = (book: PendingBook, card: LockedCard, entry: PendingPoints, now: Date): void => {
  Object.assign(entry, { status: 'CANCELED', updatedAt: now });
  note(book, card, entry, -entry.points, 'canceled');
};

/** A part of what an order gave goes back with it, or all that waits. @param points above 0, at most what waits */
export const returnPending = (book: PendingBook, card: LockedCard, entry: PendingPoints, points: number, now: Date): void => {
  entry.taken += points;
  if (points === entry.points) cancelPending(book, card, entry, now);
  else changePending(book, card, entry, -points, now);
};

/** Points that waited are on the card by a transaction, whose events tell of it. */
export const settlePending = (book: PendingBook, card: LockedCard, entry: PendingPoints, transactionId: string, now: Date): void => {
  Object.assign(entry, { status: 'ACTIVATED', transactionId, updatedAt: now });
  note(book, card, entry, -entry.points, null);
};

/** Writes what changed, in the transaction that holds the cards' locks, and tells of it. */
export const writePendingBook = async (tx: Tx, projectId: string, { changed, events }: PendingBook): Promise<void> => {
  if (changed.size === 0) return;
  await writePendingPoints(tx, projectId, [...changed.values()]);
  await insertEvents(tx, projectId, events);
};
