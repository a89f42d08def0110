import { isOfItems, type AmountDiscount, type PercentDiscount, type PriceDiscount } from './discount.ts';
import type { ItemBound, ItemScope } from '../checkout/item-scope.ts';
import { ratioOfPercent, shareOf, spread, spreadWithin } from '../money.ts';

/** What a discount is taken of. `item` is null for what the order costs beside its items, such as shipping. */
export interface DiscountLine {
  item: number | null;
  /** Units that are paid for. */
  paidQuantity: number;
  initialAmount: number;
  left: number;
}

export interface DiscountRange {
  /** Which items the discount may be taken of, and how much of them. null: of all, and of what the order costs beside them. */
  items?: ItemScope | null;
  /** `initial` reckons with what lines cost at first, and takes no more than is left of them. */
  base?: 'initial' | 'discounted';
  /** By line: what stands in place of the discount's own figure, where it is taken of each line. */
  figures?: readonly number[] | null;
}

/** A line as the discount reckons with it. */
interface Part {
  /** Units of which it is taken. */
  units: number;
  /** Of so many that the amounts are for; 1 and 1 where nobody counts units. */
  of: number;
  /** What the whole line is reckoned as, and so many units of it. */
  base: number;
  worth: number;
  /** What can be taken at most. */
  cap: number;
  bound: ItemBound | null;
}

/** The lines of which the discount is taken. */
interface Range {
  parts: readonly Part[];
  /** The most that is taken of several of them together. */
  groups: readonly { parts: readonly number[]; amountLimit: number }[];
  /** True where what a line is reckoned as is what can be taken of it, so that a share of it is within it. */
  exact: boolean;
}

const NOTHING: Part = { units: 0, of: 1, base: 0, worth: 0, cap: 0, bound: null };

const partOf = (line: DiscountLine, bound: ItemBound | null, base: number): Part => {
  const units = Math.min(bound?.units ?? line.paidQuantity, line.paidQuantity);
  const most = bound?.amountLimit ?? Infinity;
  if (units === line.paidQuantity) return { units, of: Math.max(units, 1), base, worth: base, cap: Math.min(line.left, most), bound };
  const part = { numerator: units, denominator: line.paidQuantity };
  const cap = Math.min(shareOf(line.left, part), most);
  return { units, of: line.paidQuantity, base, worth: shareOf(base, part), cap, bound };
};

const rangeOf = (lines: readonly DiscountLine[], ofItems: boolean, { items = null, base = 'discounted' }: DiscountRange): Range => {
  const initial = base === 'initial';
  const parts = lines.map((line): Part => {
    const bound = line.item === null ? null : (items?.items[line.item] ?? null);
    const isOpen = line.item === null ? !ofItems && items === null : items === null || bound !== null;
    return isOpen ? partOf(line, bound, initial ? line.initialAmount : line.left) : NOTHING;
  });
  const groups = (items?.groups ?? []).map(({ items: places, amountLimit }) => ({
    parts: lines.flatMap(({ item }, index) => (item !== null && places.includes(item) ? [index] : [])),
    amountLimit,
  }));
  return { parts, groups, exact: parts.every(({ worth, cap }) => worth === cap) && groups.length === 0 };
};

/** What the discount takes of each line as it stands: never more than is left of the line. */
export const sharesOf = (lines: readonly DiscountLine[], discount: PriceDiscount, where: DiscountRange = {}): number[] => {
  const ofItems = isOfItems(discount);
  const range = rangeOf(lines, ofItems, where);
  const limit = limitOf(discount, ofItems);
  if (!ofItems) return spreadOver(range, Math.min(offOf(discount, sum(range.parts.map(({ worth }) => worth))), limit));
  const shares = sharesOfItems(range, discount, where.figures ?? null);
  return sum(shares) > limit ? spread(limit, shares) : shares;
};

/** The most that is taken of the order. A limit of percentages bounds each line where they are taken of lines. */
const limitOf = (discount: PriceDiscount, ofItems: boolean): number => {
  if (discount.type === 'FIXED') return Infinity;
  const ofPercent = discount.type === 'PERCENT' && !ofItems ? discount.amount_limit : null;
  return Math.min(discount.aggregated_amount_limit ?? Infinity, ofPercent ?? Infinity);
};

const offOf = (discount: PriceDiscount, base: number): number => {
  if (discount.type === 'AMOUNT') return discount.amount_off;
  if (discount.type === 'FIXED') return Math.max(0, base - discount.fixed_amount);
  return shareOf(base, ratioOfPercent(discount.percent_off));
};

/** One amount spread over the lines, where each takes what the limits of lines, and its part of the limits of groups, let. */
const spreadOver = ({ parts, groups, exact }: Range, amount: number, ofUnits = false): number[] => {
  const weights = parts.map(({ worth, units }) => (ofUnits ? units : worth));
  const caps = parts.map(({ cap }) => cap);
  for (const { parts: places, amountLimit } of groups) {
    const ofGroup = spreadWithin(
      amountLimit,
      places.map((place) => weights[place]!),
      places.map((place) => caps[place]!),
    );
    places.forEach((place, index) => (caps[place] = ofGroup[index]!));
  }
  const all = Math.min(amount, sum(caps));
  return exact && !ofUnits ? spread(all, weights) : spreadWithin(all, weights, caps);
};

type Figures = readonly number[] | null;

const sharesOfItems = (range: Range, discount: PriceDiscount, figures: Figures): number[] => {
  if (discount.type === 'AMOUNT') return amountOfItems(range, discount, figures);
  if (discount.type === 'PERCENT') return withinGroups(range, percentOfItems(range, discount, figures));
  return withinGroups(
    range,
    range.parts.map(({ worth, cap, units, bound }, index) => {
      const price = bound?.price ?? figures?.[index] ?? discount.fixed_amount;
      return Math.min(cap, Math.max(0, worth - price * units));
    }),
  );
};

/** No more of lines together than rules let. What is cut off goes to no other line. */
const withinGroups = ({ groups }: Range, shares: number[]): number[] => {
  const bounded = [...shares];
  for (const { parts, amountLimit } of groups) {
    const taken = parts.map((part) => bounded[part]!);
    if (sum(taken) <= amountLimit) continue;
    const cut = spread(amountLimit, taken);
    parts.forEach((part, index) => (bounded[part] = cut[index]!));
  }
  return bounded;
};

const percentOfItems = ({ parts }: Range, { percent_off: percent, amount_limit: limit }: PercentDiscount, figures: Figures): number[] => {
  const ratio = ratioOfPercent(percent);
  return parts.map(({ base, units, of, cap }, index) => {
    const part = units === of ? undefined : { numerator: units, denominator: of };
    return Math.min(shareOf(base, figures ? ratioOfPercent(figures[index]!) : ratio, part), cap, limit ?? Infinity);
  });
};

const amountOfItems = (range: Range, discount: AmountDiscount, figures: Figures): number[] => {
  const { amount_off: off, effect, aggregated_amount_limit: limit } = discount;
  // One amount is what its limit leaves of it before it is spread: cut off later, it would be rounded twice.
  const amount = Math.min(off, limit ?? Infinity);
  if (effect === 'APPLY_TO_ITEMS_PROPORTIONALLY') return spreadOver(range, amount);
  if (effect === 'APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY') return spreadOver(range, amount, true);
  return withinGroups(
    range,
    range.parts.map(({ units, cap }, index) => {
      const ofLine = figures?.[index] ?? off;
      return Math.min(effect === 'APPLY_TO_ITEMS_BY_QUANTITY' ? ofLine * units : ofLine, cap);
    }),
  );
};

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
