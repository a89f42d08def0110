import type { Tx } from '../../db/client.ts';
import { insertEvents, type SetEvent } from '../../db/event/events.ts';
import { newId } from '../../db/ids.ts';
import { endBuckets, insertBuckets, spendBuckets, type NewBucket, type Spending } from '../../db/loyalty/points-buckets.ts';
import { insertPointsTransactions, writeCards, type PointsTransaction } from '../../db/loyalty/points-transactions.ts';
import { addsPoints, changedCard, type LoyaltyCard, type PointsTransactionType } from '../../domain/loyalty/card.ts';
import { pointsEvents } from './points-events.ts';

/** A loyalty card that is locked, with what its points are now. Changes that are made of it stand in `card`, to be written together. */
export interface LockedCard {
  id: string;
  code: string;
  campaign: { id: string; name: string } | null;
  holderId: string | null;
  /** The holder's time, ISO 8601. */
  at: string;
  card: LoyaltyCard;
}

/** Why a card's points change. */
export interface PointsCause extends Partial<
  Pick<
    PointsTransaction,
    'sourceId' | 'reason' | 'redemptionId' | 'rollbackId' | 'orderId' | 'earningRuleId' | 'details' | 'relatedId' | 'dedupeKey'
  >
> {
  type: PointsTransactionType;
  /** Above 0, whether they come or go. */
  points: number;
  /** When points that come expire; null or left out: never. */
  expiresAt?: Date | null;
  /** Of points that come: so many go back to buckets that are there (db/loyalty/points-buckets.ts refillBuckets). */
  refilled?: number;
  /** Of points that go: the transaction whose own are taken first. */
  first?: string | null;
}

/** What a change of a card's points writes. */
export interface PointsChange {
  transaction: PointsTransaction;
  bucket: NewBucket | null;
  spending: Spending | null;
  events: SetEvent[];
}

/**
 * Changes the points of a card that is locked, in memory.
 * @param now real time
 * @returns what is to be written of it; null where it has fewer points than go, or would have more than can be counted
 */
export const changePoints = (of: LockedCard, cause: PointsCause, now: Date): PointsChange | null => {
  const { type, points, expiresAt = null, refilled = 0, first = null, ...more } = cause;
  const next = changedCard(of.card, type, points);
  if (next === null) return null;
  of.card = next;
  const adds = addsPoints(type);
  const transaction: PointsTransaction = {
    sourceId: null,
    reason: null,
    redemptionId: null,
    rollbackId: null,
    orderId: null,
    earningRuleId: null,
    details: {},
    relatedId: null,
    dedupeKey: null,
    ...more,
    id: newId('pointsTransaction'),
    voucherId: of.id,
    campaignId: of.campaign?.id ?? null,
    type,
    points: adds ? points : -points,
    balance: next.balance,
    total: next.points,
    createdAt: now,
  };
  const owned = { voucherId: of.id, transactionId: transaction.id };
  return {
    transaction,
    bucket:
      adds && points > refilled
        ? { ...owned, id: newId('pointsBucket'), campaignId: transaction.campaignId, points: points - refilled, expiresAt, createdAt: now }
        : null,
    // What expires is taken out of its bucket by whoever found it due.
    spending: adds || type === 'POINTS_EXPIRATION' ? null : { ...owned, points, first },
    events: pointsEvents(of, transaction),
  };
};

/**
 * Writes changes of cards that are locked, in the transaction that holds the locks, and tells of them. Points that come are there before others go.
 * @param cards all whose points changed, as they are after it
 */
export const writePoints = async (
  tx: Tx,
  projectId: string,
  cards: Iterable<LockedCard>,
  changes: readonly PointsChange[],
  now: Date,
): Promise<void> => {
  if (changes.length === 0) return;
  const touched = new Set(changes.map(({ transaction }) => transaction.voucherId));
  const states = [...cards].filter(({ id }) => touched.has(id)).map(({ id, card }) => ({ voucherId: id, ...card }));
  const buckets = changes.flatMap(({ bucket }) => bucket ?? []);
  const spendings = changes.flatMap(({ spending }) => spending ?? []);
  await writeCards(tx, projectId, states, now);
  await insertPointsTransactions(
    tx,
    projectId,
    changes.map(({ transaction }) => transaction),
  );
  if (buckets.length > 0) await insertBuckets(tx, projectId, buckets);
  if (spendings.length > 0) await spendBuckets(tx, projectId, spendings, now);
  await insertEvents(
    tx,
    projectId,
    changes.flatMap(({ events }) => events),
  );
};

/**
 * Takes from cards that are locked what has expired by their holders' time, so that nobody spends it, and writes it.
 * @param now real time
 * @returns how many buckets came to their end
 */
export const expireDue = async (tx: Tx, projectId: string, cards: readonly LockedCard[], now: Date): Promise<number> => {
  const withPoints = cards.filter(({ card }) => card.balance > 0);
  if (withPoints.length === 0) return 0;
  const byId = new Map(withPoints.map((card) => [card.id, card]));
  const ended = await endBuckets(
    tx,
    projectId,
    withPoints.map(({ id, at }) => ({ voucherId: id, at })),
    now,
  );
  const changes = ended.flatMap(({ id, voucherId, points, expiresAt }) => {
    const details = { bucket: { id, expires_at: expiresAt!.toISOString() } };
    return changePoints(byId.get(voucherId)!, { type: 'POINTS_EXPIRATION', points, details }, now) ?? [];
  });
  await writePoints(tx, projectId, withPoints, changes, now);
  return ended.length;
};
