import type { Tx } from '../../../db/client.ts';
import type { EventRow } from '../../../db/event/events.ts';
import { findOrders } from '../../../db/orders.ts';
import type { PendingPoints } from '../../../db/loyalty/pending-points.ts';
import type { OrderAccrual } from '../../../db/loyalty/points-transactions.ts';
import { pointsToTakeBack } from '../../../domain/loyalty/earning-rule.ts';
import { orderLines, totalsOf } from '../../../domain/order/order.ts';
import type { ProgramCard } from '../card.ts';
import { returnPending, type PendingBook } from '../pending-points.ts';
import { changePoints, type PointsChange } from '../points.ts';
import { orderIdOf } from './facts.ts';

const CANCELED = 'order.canceled';
const REFUNDED = 'order.refunded';

/** Whether an event says that an order comes back, or a part of it. */
export const isReturn = ({ type }: Pick<EventRow, 'type'>): boolean => type === CANCELED || type === REFUNDED;

/** How much of the money for an order came back, of all that was paid. Minor units. */
export interface Returned {
  refunded: number;
  total: number;
}

/** What came back of the orders that were refunded, by id: all of it until now. */
export const readReturns = async (tx: Tx, projectId: string, events: readonly EventRow[]): Promise<Map<string, Returned>> => {
  const ids = events.flatMap((event) => (event.type === REFUNDED ? (orderIdOf(event) ?? []) : []));
  const orders = ids.length > 0 ? await findOrders(tx, projectId, ids) : [];
  return new Map(
    orders.map((order) => {
      const { items = [], beside } = order.returned;
      const refunded = [...items, ...(beside ? [beside] : [])].reduce((sum, { amount }) => sum + amount, 0);
      return [order.id, { refunded, total: totalsOf(orderLines(order)).left }];
    }),
  );
};

interface Given {
  /** What was given for orders; `taken` changes on the way. */
  given: readonly OrderAccrual[];
  /** What waits for them; it changes on the way. */
  pending: readonly PendingPoints[];
  book: PendingBook;
  cards: ReadonlyMap<string, ProgramCard>;
  returns: ReadonlyMap<string, Returned>;
}

type Share = Parameters<typeof pointsToTakeBack>[1];

/** How much of what an order gave is to go back with it, and of which. */
const shareOf = (event: EventRow, money: Returned, { details }: Pick<OrderAccrual, 'details'>): Share => ({
  canceled: event.type === CANCELED,
  proportional: (details['earning_rule'] as { type?: string } | undefined)?.type === 'PROPORTIONAL',
  ...money,
});

/**
 * Takes back, in memory, what was given for an order that comes back: points that wait, and of those on the card as many as are there still,
 * since a card never owes points.
 */
export const cancellationsOf = (event: EventRow, { given, pending, book, cards, returns }: Given, now: Date): PointsChange[] => {
  const orderId = isReturn(event) ? orderIdOf(event) : null;
  if (orderId === null) return [];
  const money = returns.get(orderId) ?? { refunded: 0, total: 0 };
  for (const entry of pending) {
    const card = cards.get(entry.voucherId);
    if (entry.orderId !== orderId || entry.status !== 'PENDING' || !card) continue;
    const all = pointsToTakeBack(entry.points + entry.taken, shareOf(event, money, entry));
    const points = Math.min(all - entry.taken, entry.points);
    if (points > 0) returnPending(book, card, entry, points, now);
  }
  return given.flatMap((accrual) => {
    const card = cards.get(accrual.voucherId);
    if (accrual.orderId !== orderId || !card) return [];
    const all = pointsToTakeBack(accrual.points, shareOf(event, money, accrual));
    const points = Math.min(all - accrual.taken, card.card.balance);
    if (points <= 0) return [];
    accrual.taken += points;
    const { event: _earned, pending_points: _waited, ...details } = accrual.details;
    const cause = {
      type: 'POINTS_CANCELLATION',
      points,
      first: accrual.id,
      relatedId: accrual.id,
      orderId,
      details: { ...details, event: { id: event.id, type: event.type } },
    } as const;
    return changePoints(card, cause, now) ?? [];
  });
};
