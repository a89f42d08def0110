import { needsItems, sharesOf, type Discount, type DiscountLine } from './discount.ts';

/** What an order says of one item: minor units, and at least one of amount or price. */
export interface OrderItem {
  amount?: number;
  price?: number;
  quantity?: number;
}

export interface CartLine extends DiscountLine {
  amount: number;
  itemDiscount: number;
  /** This line's share of discounts on the whole order: what a return of the line gives back. */
  orderDiscount: number;
}

/** A cart with what discounts have taken so far. The lines always sum to the whole. */
export interface Cart {
  amount: number;
  itemsDiscount: number;
  orderDiscount: number;
  left: number;
  lines: readonly CartLine[];
}

/** One discount's arithmetic, for the trace: what was there, what was taken, what is left, and of which line. */
export interface DiscountStep {
  before: number;
  discount: number;
  after: number;
  ofItems: boolean;
  shares: readonly number[];
}

export const lineAmount = (item: OrderItem): number | undefined =>
  item.amount ?? (item.price === undefined ? undefined : item.price * (item.quantity ?? 1));

/**
 * Opens the cart of an order. Without `order.amount` it is the sum of its items.
 * @returns null where nothing says what the order costs
 */
export const openCart = (order: { amount?: number; items?: readonly OrderItem[] }): Cart | null => {
  const items = order.items ?? [];
  const lines: CartLine[] = [];
  let sum = 0;
  for (const [index, item] of items.entries()) {
    const amount = lineAmount(item);
    if (amount === undefined) {
      if (order.amount === undefined) return null;
      continue;
    }
    lines.push(openLine(index, amount, item.quantity ?? 1));
    sum += amount;
  }
  const amount = order.amount ?? (items.length > 0 ? sum : undefined);
  if (amount === undefined) return null;
  if (amount > sum || lines.length === 0) lines.push(openLine(null, amount - sum, 0));
  return { amount, itemsDiscount: 0, orderDiscount: 0, left: amount, lines };
};

const openLine = (item: number | null, amount: number, quantity: number): CartLine => ({
  item,
  amount,
  quantity,
  itemDiscount: 0,
  orderDiscount: 0,
  left: amount,
});

export const hasItems = (cart: Cart): boolean => cart.lines.some((line) => line.item !== null);

/** Takes a discount of what is left of the cart. */
export const applyDiscount = (cart: Cart, discount: Discount): { cart: Cart; step: DiscountStep } => {
  const shares = sharesOf(cart, discount);
  const ofItems = needsItems(discount);
  const taken = shares.reduce((total, share) => total + share, 0);
  return {
    cart: {
      amount: cart.amount,
      itemsDiscount: cart.itemsDiscount + (ofItems ? taken : 0),
      orderDiscount: cart.orderDiscount + (ofItems ? 0 : taken),
      left: cart.left - taken,
      lines: cart.lines.map((line, index) => takeOfLine(line, shares[index]!, ofItems)),
    },
    step: { before: cart.left, discount: taken, after: cart.left - taken, ofItems, shares },
  };
};

const takeOfLine = (line: CartLine, share: number, ofItems: boolean): CartLine => ({
  item: line.item,
  amount: line.amount,
  quantity: line.quantity,
  itemDiscount: line.itemDiscount + (ofItems ? share : 0),
  orderDiscount: line.orderDiscount + (ofItems ? 0 : share),
  left: line.left - share,
});
