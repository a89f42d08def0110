import type { Tx } from '../../db/client.ts';
import { refillBuckets } from '../../db/loyalty/points-buckets.ts';
import type { PointsTransaction } from '../../db/loyalty/points-transactions.ts';
import type { Project } from '../../db/project/projects.ts';
import { expiryOf, type ProgramCard } from './card.ts';
import { changePoints, writePoints } from './points.ts';

/** Points that were spent and come back. */
export interface PointsRefund {
  card: ProgramCard;
  /** What spent them. */
  spending: PointsTransaction;
  rollbackId: string;
  reason: string | null;
}

/**
 * Gives back what transactions spent of cards that are locked, each once, where the caller sees to it (the ledger takes one rollback of a
 * redemption). Points expire when they would have; those that would be gone by now, as points that come now do.
 */
export const refundPoints = async (
  tx: Tx,
  { id: projectId, timezone }: Pick<Project, 'id' | 'timezone'>,
  refunds: readonly PointsRefund[],
  now: Date,
): Promise<void> => {
  if (refunds.length === 0) return;
  const asked = refunds.map(({ card, spending }) => ({ transactionId: spending.id, at: card.at }));
  const lost = await refillBuckets(tx, projectId, asked, now);
  const changes = refunds.flatMap(({ card, spending, rollbackId, reason }) => {
    const { id: relatedId, redemptionId, orderId, details } = spending;
    const points = -spending.points;
    const refilled = points - (lost.get(relatedId) ?? 0);
    const cause = { type: 'POINTS_REFUND', points, refilled, expiresAt: expiryOf(card, timezone) } as const;
    return changePoints(card, { ...cause, relatedId, redemptionId, orderId, rollbackId, reason, details }, now) ?? [];
  });
  await writePoints(
    tx,
    projectId,
    refunds.map(({ card }) => card),
    changes,
    now,
  );
};
