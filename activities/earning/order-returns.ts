import type { Tx } from '../../db/client.ts';
import type { EventRow } from '../../db/events.ts';
import { findOrders } from '../../db/orders.ts';
import type { OrderAccrual } from '../../db/points-transactions.ts';
import { pointsToTakeBack } from '../../domain/loyalty/earning-rule.ts';
import { orderLines, totalsOf } from '../../domain/order.ts';
import type { ProgramCard } from '../loyalty-card.ts';
import { changePoints, type PointsChange } from '../points.ts';
import { orderIdOf } from './earning-facts.ts';

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
  cards: ReadonlyMap<string, ProgramCard>;
  returns: ReadonlyMap<string, Returned>;
}

/** Takes back, in memory, what was given for an order that comes back: as far as it is there still, since a card never owes points. */
export const cancellationsOf = (event: EventRow, { given, cards, returns }: Given, now: Date): PointsChange[] => {
  const orderId = isReturn(event) ? orderIdOf(event) : null;
  if (orderId === null) return [];
  const money = returns.get(orderId) ?? { refunded: 0, total: 0 };
  return given.flatMap((accrual) => {
    const card = cards.get(accrual.voucherId);
    if (accrual.orderId !== orderId || !card) return [];
    const rule = accrual.details['earning_rule'] as { type?: string } | undefined;
    const all = pointsToTakeBack(accrual.points, {
      canceled: event.type === CANCELED,
      proportional: rule?.type === 'PROPORTIONAL',
      ...money,
    });
    const points = Math.min(all - accrual.taken, card.card.balance);
    if (points <= 0) return [];
    accrual.taken += points;
    const { event: _earned, ...details } = accrual.details;
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
