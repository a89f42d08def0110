import type { SetEvent } from '../../db/event/events.ts';
import { idTime, newId } from '../../db/ids.ts';
import { orderNamed } from '../../db/orders.ts';
import type { Cart } from '../../domain/checkout/cart.ts';
import type { Applied } from '../../domain/checkout/checkout.ts';
import { DomainError } from '../../domain/errors.ts';
import { keptShares } from '../../domain/discount/order-discount.ts';
import { orderLines, tellOrder, totalsOf, type Order, type OrderDiscount, type OrderTold } from '../../domain/order/order.ts';
import type { OrderRequest } from '../checkout/request.ts';

/** The names by which requests may mean an order that exists. */
export const orderNamesOf = (orders: readonly (OrderRequest | null)[]): string[] =>
  orders.flatMap((order) => [order?.id, order?.source_id].filter((name) => name !== undefined));

/** Redemptions that an order is told of, in the order in which they applied. */
export interface RedeemedOrder {
  told: OrderRequest;
  customerId: string | null;
  applied: readonly Applied[];
  /** Ids of the redemptions, and of what they are part of. */
  ids: readonly string[];
  parentId: string | null;
  /** Real time. */
  at: Date;
  /** ISO 8601, in the customer's time. */
  occurredAt: string;
}

/** The orders of a set of redemptions, as they change while its requests are decided. */
export const createKeptOrders = (projectId: string, found: readonly Order[]) => {
  const orders = new Map(found.map((order) => [order.id, order]));
  const changed = new Set<string>();
  const events: SetEvent[] = [];

  const named = (told: OrderRequest): Order | undefined =>
    told.id === undefined && told.source_id === undefined
      ? undefined
      : orderNamed([...orders.values()], { id: told.id, sourceId: told.source_id });

  return {
    /** Why nothing can be redeemed for this order; null where it can. */
    refusalOf: (told: OrderRequest): DomainError | null => {
      const id = told.id ?? told.source_id;
      return told.status === 'CANCELED' || named(told)?.status === 'CANCELED' ? canceled(id) : null;
    },

    /** The order that is meant, or a new one. */
    idOf: (told: OrderRequest): string => named(told)?.id ?? told.id ?? newId('order'),

    /** Keeps what was redeemed with the order of this id. */
    keep: (id: string, redeemed: RedeemedOrder): void => {
      const { told, customerId, at, occurredAt } = redeemed;
      const known = orders.get(id);
      const order = tellOrder(known ?? newOrder(projectId, id, told.source_id ?? null, at), toldOf(told, customerId), at);
      const next = { ...order, discounts: [...order.discounts, ...discountsOf(redeemed)], ...(!known && { updatedAt: null }) };
      orders.set(id, next);
      changed.add(id);
      // An order that nobody can name is told of by its redemption's event.
      if (known || told.source_id !== undefined || told.status !== undefined) events.push(...orderEvents(known, next, occurredAt));
    },

    changed: (): Order[] => [...changed].toSorted().map((id) => orders.get(id)!),
    events: (): SetEvent[] => events,
  };
};

export type KeptOrders = ReturnType<typeof createKeptOrders>;

const canceled = (id: string | undefined): DomainError =>
  new DomainError('invalid_order', 'Invalid order', {
    details: `Order ${id} is canceled: nothing can be redeemed for it`,
    resource: { id, type: 'order' },
  });

/** An order that is made now; an id that is ours says when. */
export const newOrder = (projectId: string, id: string, sourceId: string | null, at: Date): Order => ({
  projectId,
  id,
  sourceId,
  status: 'CREATED',
  customerId: null,
  currency: null,
  amount: null,
  items: [],
  discounts: [],
  returned: {},
  metadata: {},
  createdAt: /^ord_[0-9a-f]{32}$/.test(id) ? idTime(id) : at,
  updatedAt: null,
});

const toldOf = (told: OrderRequest, customerId: string | null): OrderTold => ({
  ...(told.status !== undefined && { status: told.status as Order['status'] }),
  ...(customerId !== null && { customerId }),
  ...(told.currency !== undefined && { currency: told.currency }),
  ...(told.amount !== undefined && { amount: told.amount }),
  ...(told.items !== undefined && { items: told.items }),
  ...(told.metadata !== undefined && { metadata: told.metadata }),
});

const discountsOf = ({ applied, ids, parentId, at }: RedeemedOrder): OrderDiscount[] => {
  let before: Cart | null = null;
  return applied.map(({ redeemable, step, cart }, index) => {
    const shares = step && cart ? keptShares(step, before, cart) : { ofItems: false, shares: [], beside: 0 };
    before = cart;
    const related = { object: redeemable.object, id: redeemable.id };
    return { redemptionId: ids[index]!, parentId, related, at: at.toISOString(), ...shares };
  });
};

/** What an order is told as in events. */
export const orderEventData = (order: Order) => {
  const { amount, left } = totalsOf(orderLines(order));
  const { id, sourceId, status, customerId, currency, metadata } = order;
  const money = order.amount === null ? {} : { amount, total_discount_amount: amount - left, total_amount: left };
  return { order: { id, source_id: sourceId, status, customer_id: customerId, currency, ...money, metadata, object: 'order' } };
};

/** What happened to an order, beside its being made or changed. */
const STATUS_EVENTS: Partial<Record<Order['status'], string>> = { PAID: 'order.paid', CANCELED: 'order.canceled' };

/** The events of an order that was made (`before` is undefined) or changed. @param occurredAt ISO 8601, by the customer's clock */
export const orderEvents = (before: Order | undefined, order: Order, occurredAt: string): SetEvent[] => {
  const types = [before ? 'order.updated' : 'order.created'];
  const ofStatus = STATUS_EVENTS[order.status];
  if (ofStatus !== undefined && before?.status !== order.status) types.push(ofStatus);
  return types.map((type) => ({
    id: newId('event'),
    type,
    customerId: order.customerId,
    about: order.id,
    data: orderEventData(order),
    occurredAt,
  }));
};
