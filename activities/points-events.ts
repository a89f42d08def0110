import type { SetEvent } from '../db/events.ts';
import { newId } from '../db/ids.ts';
import type { PointsTransaction } from '../db/points-transactions.ts';
import { addsPoints } from '../domain/loyalty-card.ts';
import type { LockedCard } from './points.ts';

/** Somebody did it by hand, and not a rule, a redemption or time. */
const MANUAL = new Set<PointsTransaction['type']>(['POINTS_ADDITION', 'POINTS_REMOVAL', 'POINTS_TRANSFER_IN', 'POINTS_TRANSFER_OUT']);

/** What a card has after points came or went. */
export const pointsBalanceView = ({ type, points, total, balance, voucherId }: PointsTransaction) => ({
  points,
  total,
  balance,
  type: 'loyalty_card' as const,
  object: 'balance' as const,
  related_object: { type: 'voucher' as const, id: voucherId },
  operation_type: MANUAL.has(type) ? ('MANUAL' as const) : ('AUTOMATIC' as const),
});

/** An entry of a loyalty card's account. */
export const pointsTransactionView = (row: PointsTransaction) => ({
  id: row.id,
  source_id: row.sourceId,
  voucher_id: row.voucherId,
  campaign_id: row.campaignId,
  type: row.type,
  source: MANUAL.has(row.type) ? 'API' : null,
  reason: row.reason,
  related_transaction_id: row.relatedId,
  created_at: row.createdAt.toISOString(),
  details: {
    balance: pointsBalanceView(row),
    redemption: row.redemptionId === null ? undefined : { id: row.redemptionId },
    rollback: row.rollbackId === null ? undefined : { id: row.rollbackId },
    ...row.details,
  },
});

/** What is told of a change of a card's points, by the names of the Voucherify API: of every one, and of those that come or expire by their own. */
export const pointsEvents = ({ id, code, campaign, holderId, at, card }: LockedCard, transaction: PointsTransaction): SetEvent[] => {
  const { type } = transaction;
  const data = {
    voucher: {
      id,
      code,
      campaign: campaign?.name ?? null,
      campaign_id: campaign?.id ?? null,
      type: 'LOYALTY_CARD',
      holder_id: holderId,
      loyalty_card: { points: card.points, balance: card.balance, expired_points: card.expired, subtracted_points: card.subtracted },
    },
    balance: pointsBalanceView(transaction),
    transaction: pointsTransactionView(transaction),
  };
  const event = (name: string): SetEvent => ({ id: newId('event'), type: name, customerId: holderId, about: id, data, occurredAt: at });
  return [
    event('voucher.loyalty_card.transaction.created'),
    ...(addsPoints(type) && type !== 'POINTS_REFUND' ? [event('voucher.loyalty_card.points_added')] : []),
    ...(type === 'POINTS_EXPIRATION' ? [event('voucher.loyalty_card.points_expired')] : []),
  ];
};
