/** An order's money as the ledger keeps it; see checkout-view.ts orderView. */
interface KeptOrder {
  amount?: number;
  initial_amount?: number;
  items?: Record<string, unknown>[];
}

/** The item without the units that discounts added. */
const restoredItem = (item: Record<string, unknown>) => {
  const { initial_amount: amount = item['amount'], initial_quantity: quantity = item['quantity'] } = item;
  return {
    ...item,
    amount,
    quantity,
    discount_quantity: undefined,
    discount_amount: 0,
    applied_discount_amount: 0,
    total_applied_discount_amount: 0,
    subtotal_amount: amount,
  };
};

/** The order after its discounts were taken back. */
export const restoredOrderView = (order: KeptOrder | null) => {
  if (!order || order.amount === undefined) return order;
  return {
    ...order,
    discount_amount: 0,
    items_discount_amount: undefined,
    total_discount_amount: 0,
    amount: order.initial_amount ?? order.amount,
    total_amount: order.initial_amount ?? order.amount,
    applied_discount_amount: 0,
    items_applied_discount_amount: undefined,
    total_applied_discount_amount: 0,
    items: order.items?.filter((item) => item['initial_quantity'] !== 0).map(restoredItem),
  };
};
