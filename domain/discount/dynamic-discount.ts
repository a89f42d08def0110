import type { Cart, CartLine, OrderItem } from '../checkout/cart.ts';
import type { Candidate } from '../checkout/checks.ts';
import type { Discount, UnitDiscount } from './discount.ts';
import { isOfEachItem, workOut, type FormulaOf } from '../formula/formula.ts';
import type { FormulaFacts, FormulaItem } from '../formula/operands.ts';
import type { ItemScope } from '../checkout/item-scope.ts';
import { exponentOf, shareOf } from '../money.ts';

/** The formulas of a discount. */
export const formulasOf = (discount: Discount): string[] => {
  if (discount.type === 'AMOUNT') return given(discount.amount_off_formula);
  if (discount.type === 'PERCENT') return given(discount.percent_off_formula);
  if (discount.type === 'FIXED') return given(discount.fixed_amount_formula);
  return [...given(discount.unit_off_formula), ...(discount.units ?? []).flatMap((each) => given(each.unit_off_formula))];
};

const given = (formula: string | undefined): string[] => (formula === undefined ? [] : [formula]);

/** A discount as it is for one order, once its formulas are worked out. */
export interface WorkedOut {
  discount: Discount;
  /** By line of the cart, where a formula says something else for each; null: the discount's own. */
  figures: readonly number[] | null;
  items: ItemScope | null;
}

/** The discount and its scope with the values of their formulas; where one has none, what stands beside it counts. */
export const worksOut = (candidate: Candidate, cart: Cart, discount: Discount, items: ItemScope | null): WorkedOut => {
  const isDynamic = formulasOf(discount).length > 0;
  const isPriced = discount.type === 'FIXED' && items !== null && items.items.some((bound) => bound && bound.priceFormula !== null);
  if (!isDynamic && !isPriced) return { discount, figures: null, items };
  const facts = factsOf(candidate, cart);
  return {
    ...(isDynamic ? withFormulas(discount, facts, cart) : { discount, figures: null }),
    items: isPriced ? withPrices(items, facts, cart) : items,
  };
};

/** What stands in place of the figure of a discount that a formula may say. */
const FIGURES = {
  AMOUNT: { field: 'amount_off', of: 'amount' },
  PERCENT: { field: 'percent_off', of: 'percent' },
  FIXED: { field: 'fixed_amount', of: 'amount' },
} as const satisfies Record<string, { field: string; of: FormulaOf }>;

const withFormulas = (discount: Discount, facts: OrderFacts, cart: Cart): Omit<WorkedOut, 'items'> => {
  if (discount.type === 'UNIT') return { discount: withUnits(discount, facts), figures: null };
  const { field, of } = FIGURES[discount.type];
  const [formula] = formulasOf(discount) as [string];
  const kept = (discount as unknown as Record<string, number>)[field]!;
  if (isOfEachItem(formula)) {
    const values = cart.lines.map(({ item }) => (item === null ? null : workOut(formula, of, facts.ofItem(item))));
    return { discount: { ...discount, is_dynamic: values.some((value) => value !== null) }, figures: values.map((value) => value ?? kept) };
  }
  const value = workOut(formula, of, facts.whole);
  return { discount: value === null ? discount : { ...discount, [field]: value, is_dynamic: true }, figures: null };
};

const unitsOf = <T extends { unit_off?: number; unit_off_formula?: string }>(units: T, facts: OrderFacts): T => {
  const value = units.unit_off_formula === undefined ? null : workOut(units.unit_off_formula, 'units', facts.whole);
  return value === null ? units : { ...units, unit_off: value, is_dynamic: true };
};

const withUnits = (discount: UnitDiscount, facts: OrderFacts): UnitDiscount => ({
  ...unitsOf(discount, facts),
  ...(discount.units && { units: discount.units.map((each) => unitsOf(each, facts)) }),
});

const withPrices = (scope: ItemScope, facts: OrderFacts, cart: Cart): ItemScope => {
  const isPriced = new Set(cart.lines.map(({ item }) => item));
  return {
    ...scope,
    items: scope.items.map((bound, item) => {
      if (bound === null || bound.priceFormula === null || !isPriced.has(item)) return bound;
      return { ...bound, price: workOut(bound.priceFormula, 'amount', facts.ofItem(item)) ?? bound.price };
    }),
  };
};

interface OrderFacts {
  whole: FormulaFacts;
  /** By its place among the request's items. */
  ofItem: (item: number) => FormulaFacts;
}

const factsOf = ({ redeemable, by, checkout: { facts, currency = '' } }: Candidate, cart: Cart): OrderFacts => {
  const lines = cart.lines.filter((line) => line.item !== null);
  const items = lines.map((line) => itemOf(line, cart.items[line.item!], facts.items[line.item!]));
  const voucher = redeemable.object === 'voucher' ? redeemable : null;
  const whole: FormulaFacts = {
    exponent: exponentOf(currency),
    at: by.at,
    zone: by.zone,
    orderAmount: cart.initialAmount,
    items,
    item: null,
    orderMetadata: facts.orderMetadata,
    customerMetadata: facts.customer?.metadata ?? null,
    birthdate: facts.customer?.birthdate ?? null,
    redemptionMetadata: facts.metadata,
    redeemableMetadata: redeemable.metadata ?? null,
    eventMetadata: null,
    quantity: voucher?.quantity ?? null,
    redeemed: voucher?.redeemed ?? null,
    startsAt: redeemable.startsAt,
    endsAt: redeemable.endsAt,
  };
  const places = new Map(lines.map((line, index) => [line.item, items[index]!]));
  return { whole, ofItem: (item) => ({ ...whole, item: places.get(item) ?? null }) };
};

const itemOf = (
  line: CartLine,
  told: OrderItem | undefined,
  known: Candidate['checkout']['facts']['items'][number] | undefined,
): FormulaItem => ({
  price: told?.price ?? known?.price ?? shareOf(line.initialAmount, { numerator: 1, denominator: Math.max(1, line.initialQuantity) }),
  amount: line.initialAmount,
  subtotal: line.left,
  quantity: line.quantity,
  metadata: known?.metadata ?? {},
  productMetadata: known?.productMetadata ?? {},
});
