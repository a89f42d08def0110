/** An order's money as the ledger keeps it; see checkout-view.ts orderView. */
interface KeptOrder {
  amount?: number;
  items?: Record<string, unknown>[];
}

/** The order after its discounts were taken back. */
export const restoredOrderView = (order: KeptOrder | null) => {
  if (!order || order.amount === undefined) return order;
  return {
    ...order,
    discount_amount: 0,
    items_discount_amount: undefined,
    total_discount_amount: 0,
    total_amount: order.amount,
    applied_discount_amount: 0,
    items_applied_discount_amount: undefined,
    total_applied_discount_amount: 0,
    items: order.items?.map((item) => ({ ...item, discount_amount: 0, subtotal_amount: item['amount'] })),
  };
};
