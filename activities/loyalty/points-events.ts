import type { SetEvent } from '../../db/event/events.ts';
import { newId } from '../../db/ids.ts';
import type { PendingPoints } from '../../db/loyalty/pending-points.ts';
import type { PointsTransaction } from '../../db/loyalty/points-transactions.ts';
import { addsPoints } from '../../domain/loyalty/card.ts';
import { cardTransactionView } from './card-transaction-view.ts';
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
export const pointsTransactionView = (row: PointsTransaction) =>
  cardTransactionView(row, { manual: MANUAL.has(row.type), balance: pointsBalanceView(row), details: row.details });

/** Points that wait, as the API shows them. */
export const pendingPointsView = (entry: PendingPoints) => ({
  id: entry.id,
  voucher_id: entry.voucherId,
  campaign_id: entry.campaignId,
  customer_id: entry.customerId,
  order_id: entry.orderId,
  points: entry.points,
  activates_at: entry.activatesOn,
  details: entry.details,
  created_at: entry.createdAt.toISOString(),
  updated_at: entry.updatedAt?.toISOString() ?? null,
});

/** What of a card waits after it became more or less. */
export const pendingBalanceView = (voucherId: string, { points, total }: { points: number; total: number }) => ({
  points,
  total,
  balance: total,
  type: 'loyalty_card' as const,
  object: 'balance' as const,
  related_object: { type: 'voucher' as const, id: voucherId },
});

const cardView = ({ id, code, campaign, holderId, card }: LockedCard) => ({
  id,
  code,
  campaign: campaign?.name ?? null,
  campaign_id: campaign?.id ?? null,
  type: 'LOYALTY_CARD',
  holder_id: holderId,
  loyalty_card: { points: card.points, balance: card.balance, expired_points: card.expired, subtracted_points: card.subtracted },
});

/** What is told of points that wait; that they are on the card is told with the transaction. */
export type PendingEventName = 'added' | 'updated' | 'canceled';

export const pendingEvent = (
  name: PendingEventName,
  card: LockedCard,
  entry: PendingPoints,
  balance: { points: number; total: number },
): SetEvent => ({
  id: newId('event'),
  type: `voucher.loyalty_card.pending_points.${name}`,
  customerId: card.holderId,
  about: card.id,
  data: {
    voucher: cardView(card),
    voucher_pending_points_balance: pendingBalanceView(card.id, balance),
    order: entry.details['order'],
    pending_points: pendingPointsView(entry),
  },
  occurredAt: card.at,
});

/** What is told of a change of a card's points, by the names of the Voucherify API: of every one, and of those that come or expire by their own. */
export const pointsEvents = (of: LockedCard, transaction: PointsTransaction): SetEvent[] => {
  const { type, details } = transaction;
  const data = {
    voucher: cardView(of),
    balance: pointsBalanceView(transaction),
    transaction: pointsTransactionView(transaction),
  };
  const event = (name: string, more: object = {}): SetEvent => ({
    id: newId('event'),
    type: `voucher.loyalty_card.${name}`,
    customerId: of.holderId,
    about: of.id,
    data: { ...data, ...more },
    occurredAt: of.at,
  });
  return [
    event('transaction.created'),
    ...(addsPoints(type) && type !== 'POINTS_REFUND' ? [event('points_added')] : []),
    ...(type === 'PENDING_POINTS_ACTIVATION'
      ? [event('pending_points.activated', { order: details['order'], pending_points: details['pending_points'] })]
      : []),
    ...(type === 'POINTS_EXPIRATION' ? [event('points_expired')] : []),
  ];
};
