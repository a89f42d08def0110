import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDiscount, openCart, type Cart } from '../../../domain/checkout-cart.ts';
import { AMOUNT_EFFECTS, PERCENT_EFFECTS, type Discount } from '../../../domain/discount.ts';

const cartOf = (order: Parameters<typeof openCart>[0]): Cart => openCart(order)!;
const items = (...amounts: number[]) => ({ items: amounts.map((amount) => ({ amount })) });
const taken = (cart: Cart, discount: Discount) => applyDiscount(cart, discount).step;

const item = fc.record({ price: fc.integer({ min: 0, max: 1_000_000 }), quantity: fc.integer({ min: 1, max: 50 }) });
const order = fc
  .record({ items: fc.array(item, { maxLength: 8 }), beside: fc.integer({ min: 0, max: 5_000 }) })
  .map(({ items, beside }) => ({ items, amount: items.reduce((sum, { price, quantity }) => sum + price * quantity, beside) }));
const amountOff = fc.record({
  type: fc.constant('AMOUNT' as const),
  amount_off: fc.integer({ min: 0, max: 3_000_000 }),
  effect: fc.constantFrom(...AMOUNT_EFFECTS),
});
const percentOff = fc.record({
  type: fc.constant('PERCENT' as const),
  percent_off: fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1000),
  amount_limit: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
  effect: fc.constantFrom(...PERCENT_EFFECTS),
});
const discount: fc.Arbitrary<Discount> = fc.oneof(amountOff, percentOff);
const stack = fc.array(discount, { minLength: 1, maxLength: 5 });

describe('a discount on the order', () => {
  test('takes its percentage, rounded once', () => {
    expect(taken(cartOf({ amount: 11499 }), { type: 'PERCENT', percent_off: 10 })).toMatchObject({
      before: 11499,
      discount: 1150,
      after: 10349,
    });
  });
  test('takes no more than its limit', () => {
    expect(taken(cartOf({ amount: 11499 }), { type: 'PERCENT', percent_off: 10, amount_limit: 1000 }).discount).toBe(1000);
  });
  test('takes no more than is left', () => {
    expect(taken(cartOf({ amount: 500 }), { type: 'AMOUNT', amount_off: 2000 })).toMatchObject({ discount: 500, after: 0 });
  });
  test('is shared by the lines, and by what the order costs beside them', () => {
    const cart = cartOf({ amount: 12_000, ...items(10_000, 1_000) });
    expect(taken(cart, { type: 'AMOUNT', amount_off: 1_200 }).shares).toEqual([1_000, 100, 100]);
  });
  test('works on what those before it left', () => {
    const first = applyDiscount(cartOf({ amount: 10_000 }), { type: 'AMOUNT', amount_off: 1_000 });
    expect(taken(first.cart, { type: 'PERCENT', percent_off: 10 })).toMatchObject({ before: 9_000, discount: 900, after: 8_100 });
  });
});

describe('a discount on items', () => {
  const cart = cartOf({
    items: [
      { price: 1_000, quantity: 3 },
      { price: 300, quantity: 1 },
    ],
  });
  test.each([
    ['APPLY_TO_ITEMS', [500, 300]],
    ['APPLY_TO_ITEMS_BY_QUANTITY', [1_500, 300]],
    ['APPLY_TO_ITEMS_PROPORTIONALLY', [455, 45]],
    ['APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY', [375, 125]],
  ] as const)('%s of 500 takes %j', (effect, shares) => {
    expect(taken(cart, { type: 'AMOUNT', amount_off: 500, effect }).shares).toEqual(shares);
  });
  test('takes its percentage of each line, within its limit', () => {
    expect(taken(cart, { type: 'PERCENT', percent_off: 10, effect: 'APPLY_TO_ITEMS' }).shares).toEqual([300, 30]);
    expect(taken(cart, { type: 'PERCENT', percent_off: 10, amount_limit: 110, effect: 'APPLY_TO_ITEMS' }).shares).toEqual([100, 10]);
  });
  test('takes nothing of what the order costs beside its items', () => {
    const shipped = cartOf({ amount: 1_500, ...items(1_000) });
    expect(taken(shipped, { type: 'AMOUNT', amount_off: 2_000, effect: 'APPLY_TO_ITEMS' }).shares).toEqual([1_000, 0]);
  });
});

describe('an order', () => {
  test('costs what its items cost, where it does not say', () => expect(cartOf(items(100, 250)).amount).toBe(350));
  test('without any amount has no cart', () => {
    expect(openCart({})).toBeNull();
    expect(openCart({ items: [{ quantity: 2 }] })).toBeNull();
  });
});

describe('whatever the cart and the stack', () => {
  const walk = (cart: Cart, discounts: Discount[]) => {
    const steps = [];
    for (const each of discounts) {
      const next = applyDiscount(cart, each);
      steps.push({ ...next.step, cart, next: next.cart });
      cart = next.cart;
    }
    return { cart, steps };
  };

  test('shares sum to the discount and stay within their lines, and the total within [0, initial]', () => {
    fc.assert(
      fc.property(order, stack, (given, discounts) => {
        const { cart, steps } = walk(cartOf(given), discounts);
        for (const step of steps) {
          expect(step.shares.reduce((sum, share) => sum + share, 0)).toBe(step.discount);
          expect(step.after).toBe(step.before - step.discount);
          step.shares.forEach((share, index) => {
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(step.cart.lines[index]!.left);
          });
        }
        expect(cart.left).toBeGreaterThanOrEqual(0);
        expect(cart.left).toBe(cart.amount - cart.orderDiscount - cart.itemsDiscount);
        expect(cart.lines.reduce((sum, line) => sum + line.left, 0)).toBe(cart.left);
      }),
      { numRuns: 2_000 },
    );
  });

  test('more discount never costs more', () => {
    fc.assert(
      fc.property(order, discount, fc.integer({ min: 1, max: 5_000 }), (given, each, more) => {
        const larger: Discount =
          each.type === 'AMOUNT'
            ? { ...each, amount_off: each.amount_off + more }
            : { ...each, percent_off: Math.min(100, Math.round(each.percent_off * 1000 + more) / 1000) };
        expect(taken(cartOf(given), larger).after).toBeLessThanOrEqual(taken(cartOf(given), each).after);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the order of the lines changes no total', () => {
    fc.assert(
      fc.property(order, discount, (given, each) => {
        const turned = { ...given, items: given.items.toReversed() };
        expect(taken(cartOf(turned), each).after).toBe(taken(cartOf(given), each).after);
      }),
    );
  });
});
