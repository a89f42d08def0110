import type { Db, Tx } from '../../db/client.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import { insertEvents } from '../../db/event/events.ts';
import { newId } from '../../db/ids.ts';
import { findOrder, lockOrderNames, lockOrders, orderNamed, writeOrders } from '../../db/orders.ts';
import { findRedemptionsById } from '../../db/checkout/redemptions.ts';
import type { NamedCustomer } from '../../db/checkout/checkout.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { spread } from '../../domain/money.ts';
import { hasReturns, orderLines, standingRedemptions, tellOrder, totalsOf, type Order, type OrderTold } from '../../domain/order/order.ts';
import { newOrder, orderEvents } from '../redemption/kept-orders.ts';
import { keptOrderView } from './view.ts';
import { takeBackRedemptions, type RollbackDeps } from '../rollback/rollback.ts';
import { tellCustomer } from '../checkout/told-customer.ts';

/** What a shop tells of an order. Minor units. */
export interface ToldOrder extends Omit<OrderTold, 'customerId'> {
  sourceId: string | null;
  customer: NamedCustomer | null;
  /** What the shop took off by itself. */
  discountAmount?: number;
}

export interface OrderCaller {
  projectId: string;
  apiKeyId: string;
  /** Whether a canceled order keeps what was taken off it, as the project's stacking rules say. */
  keptSale?: boolean;
}

export const orderNotFound = (id: string): DomainError =>
  new DomainError('not_found', 'Resource not found', {
    details: `Cannot find order with id ${id}`,
    resource: { id, type: 'order' },
  });

const sourceTaken = (sourceId: string): DomainError =>
  new DomainError('duplicate_found', `There is an order with the source_id ${sourceId} already.`, {
    resource: { type: 'order', id: sourceId },
  });

export const invalidOrder = (id: string, details: string): DomainError =>
  new DomainError('invalid_order', 'Invalid order', { details, resource: { id, type: 'order' } });

/** @throws DomainError not_found */
export const lockOrder = async (tx: Tx, projectId: string, name: string): Promise<Order> => {
  const found = await lockOrders(tx, projectId, [name]);
  const order = orderNamed(found, { id: name, sourceId: name });
  if (!order) throw orderNotFound(name);
  return order;
};

/** An order as the API shows it. @throws DomainError not_found */
export const showOrder = async (db: Db, projectId: string, name: string) => {
  const order = await findOrder(db, projectId, name);
  if (!order) throw orderNotFound(name);
  return viewOf(db, order);
};

const viewOf = async (db: Db, order: Order) => {
  const customer = order.customerId === null ? null : await findCustomer(db, order.projectId, order.customerId);
  return keptOrderView(order, customer?.sourceId ?? null);
};

/** Writes a changed order that is locked, and tells of it. `before` is undefined where it is new. */
const writeOrder = async (tx: Tx, before: Order | undefined, order: Order, at: Date): Promise<void> => {
  await writeOrders(tx, order.projectId, [order]);
  const customer = order.customerId === null ? null : await findCustomer(tx, order.projectId, order.customerId);
  const occurredAt = new Date(at.getTime() + (customer?.clockOffsetMs ?? 0)).toISOString();
  await insertEvents(tx, order.projectId, orderEvents(before, order, occurredAt));
};

/** @throws DomainError duplicate_found, where the project has an order of this source id */
export const createOrder = async (tx: Tx, { projectId }: OrderCaller, told: ToldOrder, now: Date) => {
  const { sourceId } = told;
  const customer = told.customer && (await tellCustomer(tx, projectId, told.customer, now));
  if (sourceId !== null) {
    await lockOrderNames(tx, projectId, [sourceId]);
    if ((await lockOrders(tx, projectId, [sourceId])).length > 0) throw sourceTaken(sourceId);
  }
  const blank = newOrder(projectId, newId('order'), sourceId, now);
  const order = withOwnDiscount(tellOrder(blank, { ...told, ...(customer && { customerId: customer.id }) }, now), told, now);
  await writeOrder(tx, undefined, { ...order, updatedAt: null }, now);
  return viewOf(tx, { ...order, updatedAt: null });
};

/**
 * Changes an order. One that is canceled gives back what was redeemed for it.
 * @throws DomainError not_found; invalid_order, where it is canceled, or lines would change that discounts were taken of
 */
export const updateOrder = async (tx: Tx, caller: OrderCaller, name: string, told: ToldOrder, deps: RollbackDeps) => {
  const { projectId } = caller;
  const now = deps.now();
  const customer = told.customer && (await tellCustomer(tx, projectId, told.customer, now));
  if (told.status === 'CANCELED') await takeBackAll(tx, caller, name, deps);
  if (told.sourceId !== null) await lockOrderNames(tx, projectId, [told.sourceId]);
  const known = await lockOrder(tx, projectId, name);
  const sourceId = await sourceIdOf(tx, known, told.sourceId);
  if (known.status === 'CANCELED' && told.status !== undefined && told.status !== 'CANCELED')
    throw invalidOrder(known.id, `Order ${name} is canceled, and what was redeemed for it was given back: make a new order`);
  if (told.status === 'CANCELED' && standingRedemptions(known).length > 0)
    throw new DomainError('multiple_requests', 'Something was redeemed for the order at this moment. Try again.');
  const change = { ...told, ...linesOf(known, told), ...(customer && { customerId: customer.id }) };
  const order = withOwnDiscount({ ...tellOrder(known, change, now), sourceId }, told, now);
  await writeOrder(tx, known, order, now);
  return viewOf(tx, order);
};

/** Takes back all that was redeemed for an order and still stands, before the order itself is locked. */
const takeBackAll = async (tx: Tx, { projectId, apiKeyId, keptSale }: OrderCaller, name: string, deps: RollbackDeps): Promise<void> => {
  const order = await findOrder(tx, projectId, name);
  const standing = order ? standingRedemptions(order) : [];
  if (!order || standing.length === 0) return;
  const cause = { projectId, apiKeyId, reason: 'The order was canceled', trackingId: null, metadata: null };
  const redemptions = await findRedemptionsById(tx, projectId, standing);
  await takeBackRedemptions(tx, deps, cause, redemptions, { keptSale: keptSale === true || hasReturns(order) });
};

/** A source id is given once. */
const sourceIdOf = async (tx: Tx, known: Order, told: string | null): Promise<string | null> => {
  if (told === null || told === known.sourceId) return known.sourceId;
  if (known.sourceId !== null)
    throw new DomainError('invalid_payload', 'A source id cannot be changed.', {
      fields: [{ path: 'source_id', message: `must be ${known.sourceId}, as it is` }],
    });
  if ((await lockOrders(tx, known.projectId, [told])).length > 0) throw sourceTaken(told);
  return told;
};

/** Lines that discounts were taken of, or that came back, stay: they may be told as they are. */
const linesOf = (known: Order, told: ToldOrder): Pick<OrderTold, 'amount' | 'items'> => {
  if (standingRedemptions(known).length === 0 && !hasReturns(known)) return { amount: told.amount, items: told.items };
  const asTold = orderLines({ amount: told.amount ?? known.amount, items: told.items ?? known.items, discounts: [] });
  const figures = (order: Pick<Order, 'amount' | 'items' | 'discounts'>) => orderLines(order).map((line) => [line.amount, line.quantity]);
  const toldFigures = JSON.stringify(asTold.map((line) => [line.amount, line.quantity]));
  const same = [known, { ...known, discounts: [] }].some((order) => JSON.stringify(figures(order)) === toldFigures);
  if (!same)
    throw invalidOrder(
      known.id,
      `Discounts were taken of the items of order ${known.id}, or some came back: its amounts cannot be changed`,
    );
  return { amount: undefined, items: undefined };
};

/** What the shop took off by itself, where nothing was redeemed: shared out over the lines like any discount on the order. */
export const withOwnDiscount = (order: Order, { discountAmount }: ToldOrder, at: Date): Order => {
  if (discountAmount === undefined || standingRedemptions(order).length > 0 || hasReturns(order)) return order;
  const discounts = order.discounts.filter(({ redemptionId }) => redemptionId !== null);
  const lines = orderLines({ ...order, discounts });
  const { left } = totalsOf(lines);
  if (discountAmount > left)
    throw invalidPayload([{ path: 'discount_amount', message: `must be at most ${left}, which is what the order costs` }]);
  if (discountAmount === 0) return { ...order, discounts };
  const shares = spread(
    discountAmount,
    lines.map((line) => line.amount),
  );
  const own = { redemptionId: null, parentId: null, related: null, at: at.toISOString(), ofItems: false };
  return { ...order, discounts: [...discounts, { ...own, shares: shares.slice(0, -1), beside: shares.at(-1)! }] };
};
