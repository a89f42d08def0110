import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDiscount, openCart, type Cart, type DiscountScope, type OrderItem } from '../../../../domain/checkout/cart.ts';
import type { ItemScope } from '../../../../domain/checkout/item-scope.ts';
import { AMOUNT_EFFECTS, FIXED_EFFECTS, PERCENT_EFFECTS, UNIT_EFFECTS, type Discount } from '../../../../domain/discount/discount.ts';

const CARTS = 10_000;
const PRODUCTS = ['tea', 'pot', 'cup', 'prod_5h1pp1ng'];
const UNITS = new Map([['cup', { names: ['cup'], price: 701 }]]);

interface GivenOrder {
  amount: number;
  items: OrderItem[];
}

/** Small amounts as often as large ones: they are where shares tie and round. */
const price = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_000_000 }));
const item = fc.record({ product_id: fc.constantFrom(...PRODUCTS), price, quantity: fc.integer({ min: 1, max: 12 }) });
const order: fc.Arbitrary<GivenOrder> = fc
  .record({ items: fc.array(item, { maxLength: 6 }), beside: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000 })) })
  .map(({ items, beside }) => ({ items, amount: items.reduce((sum, each) => sum + each.price * each.quantity, beside) }));

const off = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 3_000_000 }));
const limit = fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined });
const percent = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1000);
const priceDiscount: fc.Arbitrary<Discount> = fc.oneof(
  fc.record({
    type: fc.constant('AMOUNT' as const),
    amount_off: off,
    effect: fc.constantFrom(...AMOUNT_EFFECTS),
    aggregated_amount_limit: limit,
  }),
  fc.record({
    type: fc.constant('PERCENT' as const),
    percent_off: percent,
    effect: fc.constantFrom(...PERCENT_EFFECTS),
    amount_limit: limit,
  }),
  fc.record({ type: fc.constant('FIXED' as const), fixed_amount: off, effect: fc.constantFrom(...FIXED_EFFECTS) }),
);
const freeUnits = fc.record({
  unit_off: fc.integer({ min: 1, max: 15 }),
  unit_type: fc.constantFrom(...PRODUCTS),
  effect: fc.constantFrom(...UNIT_EFFECTS),
});
const discount: fc.Arbitrary<Discount> = fc.oneof(
  { weight: 4, arbitrary: priceDiscount },
  { weight: 1, arbitrary: freeUnits.map((units) => ({ type: 'UNIT' as const, ...units })) },
  {
    weight: 1,
    arbitrary: fc
      .array(freeUnits, { minLength: 1, maxLength: 3 })
      .map((units) => ({ type: 'UNIT' as const, effect: 'ADD_MANY_ITEMS' as const, units })),
  },
);
/** One number says all of a bound, since numbers are made in no time: a third of the items has none. */
const boundOf = (seed: number): ItemScope['items'][number] => {
  const digit = (place: number) => Math.floor(seed / 10 ** place) % 10;
  if (digit(0) < 3) return null;
  const units = digit(1) < 5 ? digit(2) + 1 : null;
  return { units, amountLimit: digit(3) < 3 ? (seed % 9_973) + 1 : null, price: digit(4) < 3 ? seed % 97 : null, priceFormula: null };
};
const PLACES = [0, 1, 2, 3, 4, 5];
/** Groups have no item in common: an item that two limits bound has its rounding from both. */
const items: fc.Arbitrary<ItemScope> = fc.nat().map((seed) => {
  const seeds = PLACES.map((place) => (seed * (2 * place + 1) * 7_919) % (10 ** 8 + 7));
  return {
    items: seeds.map(boundOf),
    groups: [0, 1]
      .filter((group) => seeds[group]! % 2 === 0)
      .map((group) => ({
        amountLimit: (seeds[group]! % 5_003) + 1,
        items: PLACES.filter((item) => Math.floor(seeds[item]! / 10 ** 5) % 3 === group),
      })),
  };
});
const scope: fc.Arbitrary<DiscountScope> = fc.record({
  items: fc.option(items),
  base: fc.constantFrom('initial' as const, 'discounted' as const),
  units: fc.constant(UNITS),
});
const stack = fc.array(fc.tuple(discount, scope), { minLength: 1, maxLength: 5 });

const cartOf = (given: GivenOrder): Cart => openCart(given)!;
const after = (given: GivenOrder, each: Discount, where?: DiscountScope): number => applyDiscount(cartOf(given), each, where).step.after;
const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);

/** The same discount, taking more. */
const larger = (each: Discount, more: number): Discount => {
  if (each.type === 'AMOUNT') return { ...each, amount_off: each.amount_off + more };
  if (each.type === 'PERCENT') return { ...each, percent_off: Math.min(100, Math.round(each.percent_off * 1000 + more) / 1000) };
  if (each.type === 'FIXED') return { ...each, fixed_amount: Math.max(0, each.fixed_amount - more) };
  return {
    ...each,
    units: each.units?.map((units) => ({ ...units, unit_off: units.unit_off + 1 })),
    ...(each.unit_off !== undefined && { unit_off: each.unit_off + 1 }),
  };
};

/** Checks without the messages of `expect`, which cost more than the arithmetic. */
const holds = (name: string, condition: boolean): void => {
  if (!condition) throw new Error(`does not hold: ${name}`);
};

/** Of all generated cases, one that does not hold; null where all do. */
const failureOf = <T>(property: fc.IProperty<T>): string | null => {
  const found = fc.check(property, { numRuns: CARTS });
  return found.failed ? (fc.defaultReportMessage(found) ?? 'failed') : null;
};

describe('whatever the cart and the stack', { timeout: 60_000 }, () => {
  test('shares sum to the discount and stay within their lines, and the total within [0, initial]', () => {
    const failure = failureOf(
      fc.property(order, stack, (given, discounts) => {
        let cart = cartOf(given);
        for (const [each, where] of discounts) {
          const { cart: next, step } = applyDiscount(cart, each, where);
          holds('shares sum to the discount', sum(step.shares) === step.discount);
          holds('before + added - discount = after', step.before + step.added - step.discount === step.after && step.after === next.left);
          for (const [index, line] of next.lines.entries()) {
            const grown = line.amount - (cart.lines[index]?.amount ?? 0);
            const share = step.shares[index]!;
            holds('a share is within its line', share >= 0 && share <= (cart.lines[index]?.left ?? 0) + grown);
            holds(
              'a line is what it costs less its discounts',
              line.left === line.amount - line.itemDiscount - line.orderDiscount && line.left >= 0,
            );
            holds('no more units are free than there are', line.freeQuantity <= line.quantity);
          }
          cart = next;
        }
        holds('the total is within [0, initial]', cart.left >= 0 && cart.left <= cart.initialAmount);
        holds('the total is what it costs less its discounts', cart.left === cart.amount - cart.orderDiscount - cart.itemsDiscount);
        holds('the lines sum to the whole', sum(cart.lines.map((line) => line.left)) === cart.left);
      }),
    );
    expect(failure).toBeNull();
  });

  test('no more is taken of an item, and of items together, than rules let', () => {
    const failure = failureOf(
      fc.property(order, priceDiscount, items, (given, each, bounds) => {
        const { shares } = applyDiscount(cartOf(given), each, { items: bounds }).step;
        const shareOf = (item: number) => shares[item] ?? 0;
        for (const [index, of] of given.items.entries()) {
          const { units, amountLimit } = bounds.items[index] ?? { units: 0, amountLimit: null };
          const most = units === null ? Infinity : Math.ceil(of.price! * Math.min(units, of.quantity!));
          holds('a share is within the bounds of its item', shareOf(index) <= Math.min(most, amountLimit ?? Infinity));
        }
        for (const group of bounds.groups)
          holds('shares are within the limit of the group', sum(group.items.map(shareOf)) <= group.amountLimit);
      }),
    );
    expect(failure).toBeNull();
  });

  test('more discount never costs more', () => {
    const failure = failureOf(
      fc.property(order, discount, scope, fc.integer({ min: 1, max: 5_000 }), (given, each, where, more) =>
        holds('more discount costs no more', after(given, larger(each, more), where) <= after(given, each, where)),
      ),
    );
    expect(failure).toBeNull();
  });

  test('the order of the lines changes no total', () => {
    const failure = failureOf(
      fc.property(order, discount, scope, (given, each, where) => {
        const turned = { ...given, items: given.items.toReversed() };
        const last = given.items.length - 1;
        const scoped = where.items && {
          items: where.items.items.slice(0, last + 1).toReversed(),
          groups: where.items.groups.map((group) => ({
            ...group,
            items: group.items.filter((item) => item <= last).map((item) => last - item),
          })),
        };
        holds('the total is the same', after(given, each, where) === after(turned, each, { ...where, items: scoped }));
      }),
    );
    expect(failure).toBeNull();
  });

  test('an order that costs nothing stays so', () => {
    const property = fc.property(priceDiscount, (each) => holds('it costs nothing', after({ amount: 0, items: [] }, each) === 0));
    expect(failureOf(property)).toBeNull();
  });
});
