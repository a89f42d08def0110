import { instantOf, todayOf, type Moment } from './moments.ts';
import { inMajor, NoValue, ratio, rationalOf, type Rational } from './rational.ts';

/** What formulas reckon with. */
export type Value = Rational | string | boolean | Moment | readonly Value[];

/** A line of the order. Minor units. */
export interface FormulaItem {
  price: number;
  /** Before discounts, and what those before this one left of it. */
  amount: number;
  subtotal: number;
  quantity: number;
  metadata: Readonly<Record<string, unknown>>;
  productMetadata: Readonly<Record<string, unknown>>;
}

type Metadata = Readonly<Record<string, unknown>> | null;

/** What a formula may look at, at the turn of its redeemable. */
export interface FormulaFacts {
  /** Decimals of the currency. */
  exponent: number;
  /** Epoch milliseconds by the clock of who redeems, and where their days begin. */
  at: number;
  zone: string;
  orderAmount: number;
  items: readonly FormulaItem[];
  /** The line that the formula is worked out for; null: the whole order. */
  item: FormulaItem | null;
  orderMetadata: Metadata;
  customerMetadata: Metadata;
  /** YYYY-MM-DD */
  birthdate: string | null;
  redemptionMetadata: Metadata;
  redeemableMetadata: Metadata;
  /** Of the event that earns points. */
  eventMetadata: Metadata;
  /** Uses that a voucher has, and had. */
  quantity: number | null;
  redeemed: number | null;
  startsAt: number | null;
  endsAt: number | null;
}

interface Operand {
  /** True where it names a field of metadata. */
  property?: true;
  /** What has to be read for it. */
  needs?: 'customer' | 'products';
  /** Where it is, where it is not everywhere: discounts of items, what is redeemed, or points that are earned. */
  goesWith?: 'item' | 'redemption' | 'points';
  read: (facts: FormulaFacts, property: string) => Value;
}

/** @throws NoValue where there is none, as in metadata that holds something else than texts, numbers, truths and lists of them */
const known = (value: unknown): Value => {
  if (typeof value === 'number') return rationalOf(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(known);
  throw new NoValue('is not there');
};

const field = (of: (facts: FormulaFacts) => Metadata, more: Omit<Operand, 'read' | 'property'> = {}): Operand => ({
  ...more,
  property: true,
  read: (facts, property) => known(of(facts)?.[property]),
});

const REDEEMED = { goesWith: 'redemption' } as const;

const time = (of: (facts: FormulaFacts) => number | null): Operand => ({
  ...REDEEMED,
  read: (facts) => {
    const at = of(facts);
    if (at === null) throw new NoValue('is not there');
    return { at };
  },
});

const count = (of: (facts: FormulaFacts) => number | null): Operand => ({ ...REDEEMED, read: (facts) => known(of(facts)) });

type Picks = (facts: FormulaFacts) => FormulaItem | null;

/** Of items of one price, the one of which less is left to pay, and then the first. */
const extreme =
  (sign: 1 | -1): Picks =>
  ({ items }) =>
    items.reduce<FormulaItem | null>(
      (best, item) =>
        best === null || sign * (item.price - best.price) < 0 || (item.price === best.price && item.subtotal < best.subtotal) ? item : best,
      null,
    );

const one = (pick: Picks, facts: FormulaFacts): FormulaItem => {
  const item = pick(facts);
  if (item === null) throw new NoValue('is not there');
  return item;
};

const ofItems = (prefix: string, pick: Picks, more: Pick<Operand, 'goesWith'> = {}): Record<string, Operand> => {
  const amount = (of: (item: FormulaItem) => number): Operand => ({
    ...more,
    read: (facts) => inMajor(of(one(pick, facts)), facts.exponent),
  });
  return {
    [`${prefix}PRICE`]: amount(({ price }) => price),
    [`${prefix}AMOUNT`]: amount(({ amount: whole }) => whole),
    [`${prefix}SUBTOTAL`]: amount(({ subtotal }) => subtotal),
    [`${prefix}UNITS_QUANTITY`]: { ...more, read: (facts) => ratio(BigInt(one(pick, facts).quantity)) },
    [`${prefix}METADATA`]: field((facts) => one(pick, facts).metadata, more),
    [`${prefix}PRODUCT_METADATA`]: field((facts) => one(pick, facts).productMetadata, { ...more, needs: 'products' }),
  };
};

/** Everything that a formula may read, by its name. */
export const OPERANDS: Readonly<Record<string, Operand>> = {
  ORDER_AMOUNT: { read: ({ orderAmount, exponent }) => inMajor(orderAmount, exponent) },
  ORDER_ITEMS_QUANTITY: { read: ({ items }) => ratio(BigInt(items.length)) },
  ORDER_UNITS_QUANTITY: { read: ({ items }) => items.reduce((sum, { quantity }) => ({ n: sum.n + BigInt(quantity), d: 1n }), ratio(0n)) },
  ORDER_METADATA: field(({ orderMetadata }) => orderMetadata),
  CUSTOMER_METADATA: field(({ customerMetadata }) => customerMetadata, { needs: 'customer' }),
  REDEMPTION_METADATA: field(({ redemptionMetadata }) => redemptionMetadata, REDEEMED),
  REDEEMABLE_METADATA: field(({ redeemableMetadata }) => redeemableMetadata, REDEEMED),
  VOUCHER_METADATA: field(({ redeemableMetadata }) => redeemableMetadata, REDEEMED),
  CUSTOM_EVENT_METADATA: field(({ eventMetadata }) => eventMetadata, { goesWith: 'points' }),
  ...ofItems('ORDER_ITEM_', ({ item }) => item, { goesWith: 'item' }),
  ...ofItems('CHEAPEST_ORDER_ITEM_', extreme(1)),
  ...ofItems('MOST_EXPENSIVE_ORDER_ITEM_', extreme(-1)),
  VOUCHER_REDEMPTION_QUANTITY: count(({ quantity }) => quantity),
  VOUCHER_REDEEMED_QUANTITY: count(({ redeemed }) => redeemed),
  VOUCHER_START_DATE: time(({ startsAt }) => startsAt),
  VOUCHER_EXPIRATION_DATE: time(({ endsAt }) => endsAt),
  PROMOTION_TIER_START_DATE: time(({ startsAt }) => startsAt),
  PROMOTION_TIER_EXPIRATION_DATE: time(({ endsAt }) => endsAt),
  CUSTOMER_BIRTHDATE: { needs: 'customer', read: ({ birthdate, zone }) => instantOf(birthdate ?? '', zone) },
  TODAY: { read: ({ at, zone }) => todayOf(at, zone) },
  NOW: { read: ({ at }) => ({ at }) },
};
