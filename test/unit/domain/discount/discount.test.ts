import { describe, expect, test } from 'vitest';
import { applyDiscount, openCart, type Cart, type DiscountScope } from '../../../../domain/checkout/cart.ts';
import { WHOLE_ITEM } from '../../../../domain/checkout/item-scope.ts';
import type { Discount } from '../../../../domain/discount/discount.ts';

const cartOf = (order: Parameters<typeof openCart>[0]): Cart => openCart(order)!;
const items = (...amounts: number[]) => ({ items: amounts.map((amount) => ({ amount })) });
const taken = (cart: Cart, discount: Discount, scope?: DiscountScope) => applyDiscount(cart, discount, scope).step;

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
  test('takes its percentage of each line, within its limit for each', () => {
    expect(taken(cart, { type: 'PERCENT', percent_off: 10, effect: 'APPLY_TO_ITEMS' }).shares).toEqual([300, 30]);
    expect(taken(cart, { type: 'PERCENT', percent_off: 10, amount_limit: 110, effect: 'APPLY_TO_ITEMS' }).shares).toEqual([110, 30]);
  });
  test('takes nothing of what the order costs beside its items', () => {
    const shipped = cartOf({ amount: 1_500, ...items(1_000) });
    expect(taken(shipped, { type: 'AMOUNT', amount_off: 2_000, effect: 'APPLY_TO_ITEMS' }).shares).toEqual([1_000, 0]);
  });
});

describe('a fixed price', () => {
  const cart = cartOf({
    items: [
      { price: 1_000, quantity: 3 },
      { price: 300, quantity: 1 },
    ],
  });
  test('of the order takes what it costs more, shared by its lines', () => {
    expect(taken(cart, { type: 'FIXED', fixed_amount: 2_000 })).toMatchObject({ discount: 1_300, after: 2_000, shares: [1_182, 118] });
  });
  test('of items is the price of each unit', () => {
    expect(taken(cart, { type: 'FIXED', fixed_amount: 400, effect: 'APPLY_TO_ITEMS' }).shares).toEqual([1_800, 0]);
  });
  test('never raises a price', () => {
    expect(taken(cart, { type: 'FIXED', fixed_amount: 9_000 })).toMatchObject({ discount: 0, after: 3_300 });
    expect(taken(cart, { type: 'FIXED', fixed_amount: 1_001, effect: 'APPLY_TO_ITEMS' }).discount).toBe(0);
  });
});

describe('a limit for the order', () => {
  const cart = cartOf(items(10_000, 5_000));
  test.each<[Discount, number[]]>([
    [{ type: 'AMOUNT', amount_off: 2_000, effect: 'APPLY_TO_ITEMS', aggregated_amount_limit: 3_000 }, [1_500, 1_500]],
    [{ type: 'AMOUNT', amount_off: 2_000, aggregated_amount_limit: 1_500 }, [1_000, 500]],
    [{ type: 'AMOUNT', amount_off: 2_000, effect: 'APPLY_TO_ITEMS_PROPORTIONALLY', aggregated_amount_limit: 1_500 }, [1_000, 500]],
    [{ type: 'PERCENT', percent_off: 20, effect: 'APPLY_TO_ITEMS', aggregated_amount_limit: 1_500 }, [1_000, 500]],
    [{ type: 'PERCENT', percent_off: 20, amount_limit: 0 }, [0, 0]],
  ])('%j takes %j', (discount, shares) => expect(taken(cart, discount).shares).toEqual(shares));
  test('is what one amount is before it is spread, so that it is rounded once', () => {
    const spread: Discount = { type: 'AMOUNT', amount_off: 999, effect: 'APPLY_TO_ITEMS_PROPORTIONALLY', aggregated_amount_limit: 500 };
    expect(taken(cartOf(items(99, 100, 22_205, 10)), spread).shares).toEqual([2, 2, 496, 0]);
  });
});

describe('free units', () => {
  const cart = cartOf({
    items: [
      { product_id: 'tea', price: 400, quantity: 2 },
      { product_id: 'pot', price: 3_000, quantity: 1 },
    ],
  });
  const free = (unit_off: number, unit_type: string, effect: 'ADD_MISSING_ITEMS' | 'ADD_NEW_ITEMS'): Discount => ({
    type: 'UNIT',
    unit_off,
    unit_type,
    effect,
  });
  const units = new Map([['cup', { names: ['cup', 'cup-source'], price: 700 }]]);

  test('of the cart are taken of their line', () => {
    const { step, cart: after } = applyDiscount(cart, free(1, 'tea', 'ADD_MISSING_ITEMS'));
    expect(step).toMatchObject({ before: 3_800, added: 0, discount: 400, after: 3_400, shares: [400, 0] });
    expect(after.lines[0]).toMatchObject({ quantity: 2, freeQuantity: 1, itemDiscount: 400, left: 400 });
  });
  test('that are missing are added to their line', () => {
    const { step, cart: after } = applyDiscount(cart, free(3, 'tea', 'ADD_MISSING_ITEMS'));
    expect(step).toMatchObject({ before: 3_800, added: 400, discount: 1_200, after: 3_000, shares: [1_200, 0] });
    expect(after).toMatchObject({ initialAmount: 3_800, amount: 4_200, itemsDiscount: 1_200 });
    expect(after.lines[0]).toMatchObject({ amount: 1_200, initialAmount: 800, quantity: 3, initialQuantity: 2, freeQuantity: 3, left: 0 });
  });
  test('that are new leave those of the cart to be paid', () => {
    const { step, cart: after } = applyDiscount(cart, free(1, 'tea', 'ADD_NEW_ITEMS'));
    expect(step).toMatchObject({ before: 3_800, added: 400, discount: 400, after: 3_800 });
    expect(after.lines[0]).toMatchObject({ quantity: 3, freeQuantity: 1, left: 800 });
  });
  test('of a product that is not in the cart come as a line of their own', () => {
    const { step, cart: after } = applyDiscount(cart, free(2, 'cup', 'ADD_MISSING_ITEMS'), { units });
    expect(step).toMatchObject({ added: 1_400, discount: 1_400, after: 3_800, shares: [0, 0, 1_400] });
    expect(after.added).toEqual([{ product_id: 'cup', quantity: 2, price: 700 }]);
    expect(after.lines[2]).toMatchObject({ item: 2, amount: 1_400, initialQuantity: 0, left: 0 });
  });
  test('of several products', () => {
    const free = [
      { unit_off: 1, unit_type: 'pot' },
      { unit_off: 1, unit_type: 'cup', effect: 'ADD_NEW_ITEMS' as const },
    ];
    const { step } = applyDiscount(cart, { type: 'UNIT', effect: 'ADD_MANY_ITEMS', units: free }, { units });
    expect(step).toMatchObject({ before: 3_800, added: 700, discount: 3_700, after: 800, shares: [0, 3_000, 700] });
  });
  test('of shipping make it free, and add none', () => {
    const shipped = cartOf({ items: [{ price: 1_000 }, { product_id: 'prod_5h1pp1ng', price: 499 }] });
    expect(taken(shipped, free(1, 'prod_5h1pp1ng', 'ADD_MISSING_ITEMS'))).toMatchObject({ discount: 499, shares: [0, 499] });
    expect(taken(cart, free(1, 'prod_5h1pp1ng', 'ADD_MISSING_ITEMS'))).toMatchObject({ added: 0, discount: 0 });
  });
  test('take of later discounts only what is paid', () => {
    const { cart: after } = applyDiscount(cart, free(1, 'tea', 'ADD_MISSING_ITEMS'));
    expect(taken(after, { type: 'FIXED', fixed_amount: 300, effect: 'APPLY_TO_ITEMS' }).shares).toEqual([100, 2_700]);
    expect(taken(after, { type: 'AMOUNT', amount_off: 100, effect: 'APPLY_TO_ITEMS_BY_QUANTITY' }).shares).toEqual([100, 100]);
  });
});

describe('a discount that is for some items', () => {
  const cart = cartOf({ amount: 4_000, ...items(1_000, 2_000) });
  test.each<[Discount, number[]]>([
    [{ type: 'PERCENT', percent_off: 10 }, [0, 200, 0]],
    [{ type: 'AMOUNT', amount_off: 5_000 }, [0, 2_000, 0]],
    [{ type: 'AMOUNT', amount_off: 300, effect: 'APPLY_TO_ITEMS' }, [0, 300, 0]],
    [{ type: 'FIXED', fixed_amount: 500 }, [0, 1_500, 0]],
  ])('%j takes of them alone', (discount, shares) =>
    expect(taken(cart, discount, { items: { items: [null, WHOLE_ITEM], groups: [] } }).shares).toEqual(shares),
  );
});

describe('a discount that reckons with the initial amount', () => {
  const { cart } = applyDiscount(cartOf(items(6_000, 4_000)), { type: 'PERCENT', percent_off: 50 });
  test('takes its share of what was there at first', () => {
    expect(taken(cart, { type: 'PERCENT', percent_off: 10 }, { base: 'initial' })).toMatchObject({ discount: 1_000, shares: [600, 400] });
    expect(taken(cart, { type: 'PERCENT', percent_off: 10, effect: 'APPLY_TO_ITEMS' }, { base: 'initial' }).shares).toEqual([600, 400]);
  });
  test('takes no more than is left', () => {
    expect(taken(cart, { type: 'PERCENT', percent_off: 80 }, { base: 'initial' })).toMatchObject({ discount: 5_000, after: 0 });
  });
});

describe('an order', () => {
  test('costs what its items cost, where it does not say', () => expect(cartOf(items(100, 250)).amount).toBe(350));
  test('without any amount has no cart', () => {
    expect(openCart({})).toBeNull();
    expect(openCart({ items: [{ quantity: 2 }] })).toBeNull();
  });
});
