import type { Tx } from '../../db/client.ts';
import { findCustomer } from '../../db/customer/customers.ts';
import { insertEvents } from '../../db/event/events.ts';
import { newId } from '../../db/ids.ts';
import { findOrder, insertRefund, lockOrderNames, writeOrders, type OrderRefund } from '../../db/orders.ts';
import { findRedemptionsById, type Redemption } from '../../db/checkout/redemptions.ts';
import { findVouchers } from '../../db/voucher/vouchers.ts';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';
import { refundOf, type RefundAsked } from '../../domain/order/refund.ts';
import { standingRedemptions, takeBackDiscounts, type Order } from '../../domain/order/order.ts';
import type { OnRefund } from '../../domain/voucher/template.ts';
import { orderEventData } from '../redemption/kept-orders.ts';
import { keptOrderView, refundView } from './view.ts';
import { invalidOrder, lockOrder, type OrderCaller } from './orders.ts';
import { lockVouchersOf } from '../rollback/rewards.ts';
import { takeBackRedemptions, type RollbackDeps } from '../rollback/rollback.ts';

/** One item that comes back: named by what the order says of it, or by its place. */
interface ReturnedItem {
  /** From 0. */
  index?: number;
  source_id?: string;
  product_id?: string;
  sku_id?: string;
  /** All that is left of it where it is left out. */
  quantity?: number;
}

/** What of an order is to be given back: items, or an amount of money. */
export interface RefundRequest {
  items: readonly ReturnedItem[] | null;
  amount: number | null;
  reason: string | null;
  metadata: Record<string, unknown> | null;
}

const NAMES = ['source_id', 'product_id', 'sku_id'] as const;

const invalidRefund = (fields: FieldProblem[]): DomainError =>
  new DomainError('invalid_refund', 'Invalid refund', {
    details: fields.map(({ path, message }) => `${path} ${message}`).join('; '),
    fields,
  });

/** @throws DomainError invalid_refund, naming every item that the order does not have, or has more than once */
const askedOf = (order: Order, { items, amount }: RefundRequest): RefundAsked => {
  if (items === null) return { amount: amount! };
  const count = order.items.length + order.discounts.reduce((sum, { added = [] }) => sum + added.length, 0);
  const problems: FieldProblem[] = [];
  const asked = items.map(({ index, quantity, ...names }, at) => {
    const known = order.items.flatMap((item, place) =>
      NAMES.every((name) => names[name] === undefined || item[name] === names[name]) ? [place] : [],
    );
    const places = index === undefined ? known : [index];
    if (places.length === 1 && places[0]! < count) return { item: places[0]!, quantity: quantity ?? null };
    problems.push({
      path: `items[${at}]`,
      message: places.length > 1 ? 'stands for several items of the order: give its index' : 'is not an item of the order',
    });
    return { item: -1, quantity: null };
  });
  if (problems.length > 0) throw invalidRefund(problems);
  return { items: asked };
};

/** What becomes of a code when goods come back, by redemption: as its campaign says, or it itself. */
const policiesOf = async (tx: Tx, projectId: string, redemptions: readonly Redemption[]): Promise<Map<string, OnRefund>> => {
  const ids = redemptions.flatMap(({ voucherId }) => voucherId ?? []);
  const vouchers = new Map((await findVouchers(tx, projectId, ids)).map((voucher) => [voucher.id, voucher]));
  return new Map(redemptions.map(({ id, voucherId }) => [id, (voucherId && vouchers.get(voucherId)?.template.on_refund) || 'keep']));
};

/**
 * Gives back part of an order: each returned line its share of the discounts, as they were kept; and the codes whose campaigns say so, by
 * taking their redemptions back. The sale stays what it was.
 * @throws DomainError not_found, invalid_order, invalid_refund
 */
export const refundOrder = async (tx: Tx, caller: OrderCaller, name: string, request: RefundRequest, deps: RollbackDeps) => {
  const { projectId, apiKeyId } = caller;
  const now = deps.now();
  const seen = await findOrder(tx, projectId, name);
  const redemptions = seen ? await findRedemptionsById(tx, projectId, standingRedemptions(seen)) : [];
  const policies = await policiesOf(tx, projectId, redemptions);
  const mayComeBack = redemptions.filter(({ id }) => policies.get(id) !== 'keep');
  // Vouchers are locked before orders.
  await lockVouchersOf(tx, projectId, mayComeBack);
  await lockOrderNames(tx, projectId, [name]);
  const order = await lockOrder(tx, projectId, name);
  if (order.status === 'CANCELED') throw invalidOrder(order.id, `Order ${name} is canceled: there is nothing to give back`);
  const refund = refundOf(order, askedOf(order, request));
  if (Array.isArray(refund)) throw invalidRefund(refund);

  const back = mayComeBack.filter(({ id }) => policies.get(id) === 'any_return' || refund.full);
  const cause = { projectId, apiKeyId, reason: request.reason ?? 'The order was refunded', trackingId: null, metadata: null };
  const taken = back.length > 0 ? await takeBackRedemptions(tx, deps, cause, back, { keptSale: true }) : { rows: [] };
  const rollbacks = new Map(taken.rows.map((row) => [row.of.id, row.id]));
  const next = { ...takeBackDiscounts(order, rollbacks, { at: now, kept: true }), returned: refund.returned };
  await writeOrders(tx, projectId, [next]);
  const row: OrderRefund = {
    id: newId('refund'),
    orderId: order.id,
    amount: refund.amount,
    discountAmount: refund.discount,
    items: refund.lines.map(({ item, quantity, amount, discount }) => ({ item, quantity, amount, discount_amount: discount })),
    redemptions: [...rollbacks.keys()],
    reason: request.reason,
    metadata: request.metadata,
    createdAt: now,
  };
  await insertRefund(tx, projectId, row, apiKeyId);
  return tell(tx, next, row, now);
};

const tell = async (tx: Tx, order: Order, row: OrderRefund, now: Date) => {
  const customer = order.customerId === null ? null : await findCustomer(tx, order.projectId, order.customerId);
  const occurredAt = new Date(now.getTime() + (customer?.clockOffsetMs ?? 0)).toISOString();
  const data = { ...orderEventData(order), refund: refundView(row) };
  await insertEvents(tx, order.projectId, [
    { id: newId('event'), type: 'order.refunded', customerId: order.customerId, about: order.id, data, occurredAt },
  ]);
  return { ...refundView(row), order: keptOrderView(order, customer?.sourceId ?? null) };
};
