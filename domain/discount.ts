import { ratioOfPercent, shareOf, spread, spreadWithin } from './money.ts';

export const AMOUNT_EFFECTS = [
  'APPLY_TO_ORDER',
  'APPLY_TO_ITEMS',
  'APPLY_TO_ITEMS_BY_QUANTITY',
  'APPLY_TO_ITEMS_PROPORTIONALLY',
  'APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY',
] as const;
export const PERCENT_EFFECTS = ['APPLY_TO_ORDER', 'APPLY_TO_ITEMS'] as const;

type AmountEffect = (typeof AMOUNT_EFFECTS)[number];
type PercentEffect = (typeof PERCENT_EFFECTS)[number];

/** A discount as the API writes it. Amounts are minor units; `percent_off` has at most 6 decimals; a missing effect is APPLY_TO_ORDER. */
export type Discount =
  | { type: 'AMOUNT'; amount_off: number; effect?: AmountEffect }
  | { type: 'PERCENT'; percent_off: number; amount_limit?: number | null; effect?: PercentEffect };

/** What a discount is taken of. `item` is null for what the order costs beside its items, such as shipping. */
export interface DiscountLine {
  item: number | null;
  quantity: number;
  left: number;
}

export interface DiscountBase {
  left: number;
  lines: readonly DiscountLine[];
}

/** True where the discount is taken of the lines, so that an order without items has nothing to take it of. */
export const needsItems = (discount: Discount): boolean => (discount.effect ?? 'APPLY_TO_ORDER') !== 'APPLY_TO_ORDER';

/** What the discount takes of each line of the cart as it stands: never more than is left of the line. */
export const sharesOf = (cart: DiscountBase, discount: Discount): number[] => {
  if (!needsItems(discount)) {
    return spread(
      amountOff(cart.left, discount),
      cart.lines.map((line) => line.left),
    );
  }
  return discount.type === 'PERCENT' ? percentOfItems(cart.lines, discount) : amountOfItems(cart.lines, discount);
};

const amountOff = (base: number, discount: Discount): number => {
  const off = discount.type === 'AMOUNT' ? discount.amount_off : shareOf(base, ratioOfPercent(discount.percent_off));
  const limit = discount.type === 'PERCENT' ? (discount.amount_limit ?? Infinity) : Infinity;
  return Math.min(off, limit, base);
};

/** What an item discount can take of a line; nothing of what stands for the order's other amounts, such as shipping. */
const leftOfItem = (line: DiscountLine): number => (line.item === null ? 0 : line.left);

const percentOfItems = (lines: readonly DiscountLine[], discount: Extract<Discount, { type: 'PERCENT' }>): number[] => {
  const ratio = ratioOfPercent(discount.percent_off);
  const shares = lines.map((line) => Math.min(shareOf(leftOfItem(line), ratio), leftOfItem(line)));
  const limit = discount.amount_limit ?? Infinity;
  return sum(shares) > limit ? spread(limit, shares) : shares;
};

const amountOfItems = (lines: readonly DiscountLine[], discount: Extract<Discount, { type: 'AMOUNT' }>): number[] => {
  const off = discount.amount_off;
  const lefts = lines.map(leftOfItem);
  const all = Math.min(off, sum(lefts));
  const { effect } = discount;
  if (effect === 'APPLY_TO_ITEMS_BY_QUANTITY') return lines.map((line, index) => Math.min(off * line.quantity, lefts[index]!));
  if (effect === 'APPLY_TO_ITEMS_PROPORTIONALLY') return spread(all, lefts);
  if (effect === 'APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY') {
    const quantities = lines.map((line) => line.quantity);
    return spreadWithin(all, quantities, lefts);
  }
  return lefts.map((left) => Math.min(off, left));
};

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
