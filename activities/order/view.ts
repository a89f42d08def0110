import type { OrderRefund } from '../../db/orders.ts';
import { orderLines, totalsOf, type Order, type OrderDiscount, type OrderLine } from '../../domain/order/order.ts';

/** The redemptions of an order, those of a stack under their parent. */
const redemptionsView = (discounts: readonly OrderDiscount[]) => {
  const views: Record<string, Record<string, unknown>> = {};
  for (const { redemptionId, parentId, related, at, rollback } of discounts) {
    if (redemptionId === null) continue;
    const back = rollback && { rollback_id: rollback.id, rollback_date: rollback.at };
    if (parentId === null) {
      views[redemptionId] = { date: at, related_object_type: related?.object, related_object_id: related?.id, ...back };
      continue;
    }
    const parent = (views[parentId] ??= { date: at, related_object_type: 'redemption', related_object_id: parentId, stacked: [] });
    (parent['stacked'] as string[]).push(redemptionId);
    if (rollback) parent['rollback_stacked'] = [...((parent['rollback_stacked'] as string[] | undefined) ?? []), rollback.id];
  }
  return views;
};

const itemView = (line: OrderLine, { items, returned }: Order) => {
  const back = returned.items?.[line.item!];
  return {
    object: 'order_item',
    ...(items[line.item!] ?? line.what),
    amount: line.amount,
    initial_amount: line.initialAmount,
    quantity: line.quantity,
    initial_quantity: line.initialQuantity,
    discount_amount: line.itemDiscount,
    applied_discount_amount: line.itemDiscount,
    total_applied_discount_amount: line.itemDiscount + line.orderDiscount,
    subtotal_amount: line.amount - line.itemDiscount,
    ...(back && back.quantity > 0 && { returned_quantity: back.quantity }),
    ...(back && back.amount > 0 && { refunded_amount: back.amount }),
  };
};

const refundedOf = ({ returned }: Order): number =>
  [...(returned.items ?? []), ...(returned.beside ? [returned.beside] : [])].reduce((sum, { amount }) => sum + amount, 0);

/** An order as the API shows it: `total_applied_discount_amount` of an item is what its return gives back. */
export const keptOrderView = (order: Order, customerSourceId: string | null) => {
  const lines = orderLines(order);
  const { initialAmount, amount, itemsDiscount, orderDiscount, left } = totalsOf(lines);
  const money = order.amount !== null && {
    amount,
    initial_amount: initialAmount,
    discount_amount: orderDiscount,
    items_discount_amount: itemsDiscount,
    total_discount_amount: orderDiscount + itemsDiscount,
    applied_discount_amount: orderDiscount,
    items_applied_discount_amount: itemsDiscount,
    total_applied_discount_amount: orderDiscount + itemsDiscount,
    total_amount: left,
    refunded_amount: refundedOf(order),
  };
  return {
    id: order.id,
    source_id: order.sourceId,
    status: order.status,
    currency: order.currency ?? undefined,
    ...money,
    items: lines.flatMap((line) => (line.item === null ? [] : [itemView(line, order)])),
    metadata: order.metadata,
    customer: order.customerId === null ? null : { id: order.customerId, source_id: customerSourceId, object: 'customer' as const },
    customer_id: order.customerId,
    referrer_id: null,
    redemptions: redemptionsView(order.discounts),
    created_at: order.createdAt.toISOString(),
    updated_at: order.updatedAt?.toISOString() ?? null,
    object: 'order' as const,
  };
};

/** Something of an order that was given back. */
export const refundView = (refund: OrderRefund) => ({
  id: refund.id,
  order_id: refund.orderId,
  amount: refund.amount,
  discount_amount: refund.discountAmount,
  items: refund.items,
  redemptions: refund.redemptions,
  reason: refund.reason,
  metadata: refund.metadata ?? {},
  created_at: refund.createdAt.toISOString(),
  object: 'order_refund' as const,
});
