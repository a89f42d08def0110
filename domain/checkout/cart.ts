import { isOfItems, unitsOf, type Discount } from '../discount/discount.ts';
import { sharesOf, type DiscountRange } from '../discount/shares.ts';
import { takeUnits, type KnownUnits } from '../discount/free-units.ts';

/** What an order says of one item: minor units, and at least one of amount or price; with the names of what it is. */
export interface OrderItem {
  amount?: number;
  price?: number;
  quantity?: number;
  product_id?: string;
  sku_id?: string;
  source_id?: string;
  product?: { id?: string; source_id?: string };
  sku?: { id?: string; source_id?: string };
}

export interface CartLine {
  /** Index of the request's items, and after them of those that discounts added; null for what the order costs beside its items. */
  item: number | null;
  initialAmount: number;
  initialQuantity: number;
  /** With the units that discounts added. */
  amount: number;
  quantity: number;
  /** Units that discounts made free. */
  freeQuantity: number;
  itemDiscount: number;
  /** This line's share of discounts on the whole order: what a return of the line gives back beside its own discount. */
  orderDiscount: number;
  left: number;
}

/** A cart with what discounts have taken so far. The lines always sum to the whole. */
export interface Cart {
  initialAmount: number;
  /** With the units that discounts added. */
  amount: number;
  itemsDiscount: number;
  orderDiscount: number;
  left: number;
  lines: readonly CartLine[];
  /** The request's, as they came. */
  items: readonly OrderItem[];
  /** Items that discounts added. */
  added: readonly OrderItem[];
}

/** One discount's arithmetic, for the trace: what was there, what was added to be free, what was taken, what is left, and of which line. */
export interface DiscountStep {
  before: number;
  added: number;
  discount: number;
  after: number;
  /** Units that became free. */
  freed: number;
  ofItems: boolean;
  /** By line of the cart after it. */
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
  return { initialAmount: amount, amount, itemsDiscount: 0, orderDiscount: 0, left: amount, lines, items, added: [] };
};

const openLine = (item: number | null, amount: number, quantity: number): CartLine => ({
  item,
  initialAmount: amount,
  initialQuantity: quantity,
  amount,
  quantity,
  freeQuantity: 0,
  itemDiscount: 0,
  orderDiscount: 0,
  left: amount,
});

export const hasItems = (cart: Cart): boolean => cart.lines.some((line) => line.item !== null);

/** What a discount is taken of, and what is known of units that it makes free. */
export interface DiscountScope extends DiscountRange {
  units?: KnownUnits;
}

const NO_UNITS: KnownUnits = new Map();

/** Takes a discount of what is left of the cart. */
export const applyDiscount = (cart: Cart, discount: Discount, scope: DiscountScope = {}): { cart: Cart; step: DiscountStep } => {
  const ofItems = isOfItems(discount);
  const { cart: next, shares } =
    discount.type === 'UNIT'
      ? freeAll(cart, unitsOf(discount), scope.units ?? NO_UNITS)
      : take(cart, sharesOf(cart.lines.map(discountLine), discount, scope), ofItems);
  const added = next.amount - cart.amount;
  const freed = discount.type === 'UNIT' ? freeUnitsIn(next) - freeUnitsIn(cart) : 0;
  return {
    cart: next,
    step: { before: cart.left, added, discount: cart.left + added - next.left, after: next.left, freed, ofItems, shares },
  };
};

const freeUnitsIn = ({ lines }: Cart): number => lines.reduce((sum, line) => sum + line.freeQuantity, 0);

const discountLine = ({ item, initialAmount, quantity, freeQuantity, left }: CartLine) => ({
  item,
  initialAmount,
  left,
  paidQuantity: quantity - freeQuantity,
});

const freeAll = (cart: Cart, units: ReturnType<typeof unitsOf>, known: KnownUnits): { cart: Cart; shares: number[] } => {
  let shares: number[] = [];
  for (const each of units) {
    const next = takeUnits(cart, each, known);
    shares = next.shares.map((share, index) => share + (shares[index] ?? 0));
    cart = next.cart;
  }
  return { cart, shares };
};

const take = (cart: Cart, shares: number[], ofItems: boolean): { cart: Cart; shares: number[] } => {
  const taken = shares.reduce((total, share) => total + share, 0);
  return {
    cart: {
      ...cart,
      itemsDiscount: cart.itemsDiscount + (ofItems ? taken : 0),
      orderDiscount: cart.orderDiscount + (ofItems ? 0 : taken),
      left: cart.left - taken,
      lines: cart.lines.map((line, index) => takeOfLine(line, shares[index]!, ofItems)),
    },
    shares,
  };
};

const takeOfLine = (line: CartLine, share: number, ofItems: boolean): CartLine => ({
  ...line,
  itemDiscount: line.itemDiscount + (ofItems ? share : 0),
  orderDiscount: line.orderDiscount + (ofItems ? 0 : share),
  left: line.left - share,
});
