import { isOfItems, type AmountDiscount, type PercentDiscount, type PriceDiscount } from './discount.ts';
import { ratioOfPercent, shareOf, spread, spreadWithin } from './money.ts';

/** What a discount is taken of. `item` is null for what the order costs beside its items, such as shipping. */
export interface DiscountLine {
  item: number | null;
  /** Units that are paid for. */
  paidQuantity: number;
  initialAmount: number;
  left: number;
}

export interface DiscountRange {
  /** By item of the request: whether the discount may be taken of it. null: of all, and of what the order costs beside them. */
  items?: readonly boolean[] | null;
  /** `initial` reckons with what lines cost at first, and takes no more than is left of them. */
  base?: 'initial' | 'discounted';
}

/** The lines of which the discount is taken: what each is reckoned as, and what can be taken of it at most. */
interface Range {
  bases: number[];
  caps: number[];
  quantities: number[];
  /** True where a base is what is left, so that a share of it is within it. */
  exact: boolean;
}

const rangeOf = (lines: readonly DiscountLine[], ofItems: boolean, { items = null, base = 'discounted' }: DiscountRange): Range => {
  const within = (line: DiscountLine): boolean =>
    line.item === null ? !ofItems && items === null : items === null || items[line.item] === true;
  const initial = base === 'initial';
  return {
    bases: lines.map((line) => (within(line) ? (initial ? line.initialAmount : line.left) : 0)),
    caps: lines.map((line) => (within(line) ? line.left : 0)),
    quantities: lines.map((line) => (within(line) ? line.paidQuantity : 0)),
    exact: !initial,
  };
};

/** What the discount takes of each line as it stands: never more than is left of the line. */
export const sharesOf = (lines: readonly DiscountLine[], discount: PriceDiscount, where: DiscountRange = {}): number[] => {
  const ofItems = isOfItems(discount);
  const range = rangeOf(lines, ofItems, where);
  if (!ofItems) return spreadOver(range, Math.min(offOf(discount, sum(range.bases)), limitOf(discount)));
  const shares = sharesOfItems(range, discount);
  const limit = limitOf(discount);
  return sum(shares) > limit ? spread(limit, shares) : shares;
};

const limitOf = (discount: PriceDiscount): number => {
  if (discount.type === 'FIXED') return Infinity;
  const ofPercent = discount.type === 'PERCENT' ? discount.amount_limit : null;
  return Math.min(discount.aggregated_amount_limit ?? Infinity, ofPercent ?? Infinity);
};

const offOf = (discount: PriceDiscount, base: number): number => {
  if (discount.type === 'AMOUNT') return discount.amount_off;
  if (discount.type === 'FIXED') return Math.max(0, base - discount.fixed_amount);
  return shareOf(base, ratioOfPercent(discount.percent_off));
};

const spreadOver = ({ bases, caps, exact }: Range, amount: number, weights = bases): number[] => {
  const all = Math.min(amount, sum(caps));
  return exact && weights === bases ? spread(all, bases) : spreadWithin(all, weights, caps);
};

const sharesOfItems = (range: Range, discount: PriceDiscount): number[] => {
  const { bases, caps, quantities } = range;
  if (discount.type === 'AMOUNT') return amountOfItems(range, discount);
  if (discount.type === 'PERCENT') return percentOfItems(range, discount);
  return bases.map((base, index) => Math.min(caps[index]!, Math.max(0, base - discount.fixed_amount * quantities[index]!)));
};

const percentOfItems = ({ bases, caps }: Range, { percent_off: percent }: PercentDiscount): number[] => {
  const ratio = ratioOfPercent(percent);
  return bases.map((base, index) => Math.min(shareOf(base, ratio), caps[index]!));
};

const amountOfItems = (range: Range, { amount_off: off, effect }: AmountDiscount): number[] => {
  const { caps, quantities } = range;
  if (effect === 'APPLY_TO_ITEMS_BY_QUANTITY') return caps.map((cap, index) => Math.min(off * quantities[index]!, cap));
  if (effect === 'APPLY_TO_ITEMS_PROPORTIONALLY') return spreadOver(range, off);
  if (effect === 'APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY') return spreadOver(range, off, quantities);
  return caps.map((cap) => Math.min(off, cap));
};

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
