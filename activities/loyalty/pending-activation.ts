import type { Tx } from '../../db/client.ts';
import { findDuePending, type PendingPoints } from '../../db/loyalty/pending-points.ts';
import type { Project } from '../../db/project/projects.ts';
import { pointsExpireAt, type PointsExpiration } from '../../domain/loyalty/points-expiration.ts';
import { cancelPending, openPendingBook, settlePending, writePendingBook, type PendingBook } from './pending-points.ts';
import { changePoints, writePoints, type LockedCard, type PointsChange } from './points.ts';
import { pendingPointsView } from './points-events.ts';

/** A card that is locked, with what says when its points expire. */
export interface ActivatingCard extends LockedCard {
  /** As its program says; null: never. */
  expirationRules: PointsExpiration | null;
}

/**
 * Puts points that waited on a card that is locked, in memory. They expire by when they became active.
 * @param since from when on they can be spent, ISO 8601
 * @param zone IANA; of the project
 * @returns null where the card would have more than can be counted
 */
export const activatePending = (
  book: PendingBook,
  card: ActivatingCard,
  entry: PendingPoints,
  { since, zone }: { since: string; zone: string },
  now: Date,
): PointsChange | null => {
  const rules = entry.expirationRules ?? card.expirationRules;
  const cause = {
    type: 'PENDING_POINTS_ACTIVATION',
    points: entry.points,
    expiresAt: rules && new Date(pointsExpireAt(rules, since, zone)),
    orderId: entry.orderId,
    earningRuleId: entry.earningRuleId,
    dedupeKey: entry.id,
    details: { ...entry.details, pending_points: pendingPointsView(entry) },
  } as const;
  const change = changePoints(card, cause, now);
  if (change) settlePending(book, card, entry, change.transaction.id, now);
  return change;
};

/**
 * Puts what has waited long enough, by their holders' time, on cards that are locked, and writes it. Points that were late by themselves
 * expire as if they had been in time.
 * @param now real time
 */
export const activateDue = async (
  tx: Tx,
  { id: projectId, timezone: zone }: Pick<Project, 'id' | 'timezone'>,
  cards: readonly ActivatingCard[],
  now: Date,
): Promise<void> => {
  if (cards.length === 0) return;
  const due = await findDuePending(
    tx,
    projectId,
    cards.map(({ id, at }) => ({ voucherId: id, at })),
  );
  if (due.length === 0) return;
  const byId = new Map(cards.map((card) => [card.id, card]));
  const book = await openPendingBook(tx, projectId, cards);
  const changes = due.flatMap((entry) => {
    const card = byId.get(entry.voucherId)!;
    const change = activatePending(book, card, entry, { since: entry.activatesAt.toISOString(), zone }, now);
    if (change === null) cancelPending(book, card, entry, now);
    return change ?? [];
  });
  await writePoints(tx, projectId, cards, changes, now);
  await writePendingBook(tx, projectId, book);
};
