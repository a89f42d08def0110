import type { Cart, DiscountStep } from '../checkout/cart.ts';
import type { AddedUnits, OrderDiscount } from '../order/order.ts';

/** What a discount did to the cart, by item, as it is kept with the order. `before`: the cart before it; null where it is the first. */
export const keptShares = (
  { ofItems, shares }: DiscountStep,
  before: Cart | null,
  after: Cart,
): Pick<OrderDiscount, 'ofItems' | 'shares' | 'beside' | 'added'> => {
  const byItem: number[] = [];
  const added: AddedUnits[] = [];
  let beside = 0;
  for (const [index, line] of after.lines.entries()) {
    const share = shares[index] ?? 0;
    if (line.item === null) {
      beside += share;
      continue;
    }
    byItem[line.item] = share;
    const old = before?.lines.find((each) => each.item === line.item);
    const quantity = line.quantity - (old?.quantity ?? line.initialQuantity);
    const amount = line.amount - (old?.amount ?? line.initialAmount);
    const what = after.added[line.item - after.items.length];
    if (quantity > 0 || amount > 0) added.push({ item: line.item, quantity, amount, ...(what && { what }) });
  }
  return { ofItems, shares: Array.from(byItem, (share) => share ?? 0), beside, ...(added.length > 0 && { added }) };
};
