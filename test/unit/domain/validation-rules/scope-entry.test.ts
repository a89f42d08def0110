import { describe, expect, test } from 'vitest';
import { applicableView } from '../../../../activities/checkout/applicable-view.ts';
import { applyDiscount, openCart } from '../../../../domain/checkout/cart.ts';
import type { Discount } from '../../../../domain/discount/discount.ts';
import type { ItemFacts } from '../../../../domain/validation-rules/facts.ts';
import { compileRule } from '../../../../domain/validation-rules/compile.ts';
import type { ProductScope, ScopeEntry } from '../../../../domain/validation-rules/rule.ts';
import { scopeOf } from '../../../../domain/validation-rules/scope.ts';

/** The order that the reference's docs reckon with: three products of one brand, and one of another. */
const ITEMS = [
  ['t-shirt', 2_000, 3],
  ['poster', 1_500, 5],
  ['mug', 1_000, 2],
  ['socks', 500, 4],
  ['bottle', 2_500, 2],
] as const;

const facts = ITEMS.map(([name, price, quantity]): ItemFacts => ({
  productId: `prod_${name}`,
  productSourceId: name,
  skuId: null,
  skuSourceId: null,
  collections: new Set(name === 'bottle' ? [] : ['pc_adventure']),
  price,
  amount: price * quantity,
  quantity,
  metadata: {},
  productMetadata: {},
}));
const cart = openCart({ items: ITEMS.map(([source_id, price, quantity]) => ({ source_id, price, quantity })) })!;

const rule = (scope: Partial<ProductScope>) => ({
  id: 'val_1',
  revision: 1,
  ...compileRule({ rules: {}, error: null, applicable_to: { included: [], excluded: [], included_all: false, ...scope } }),
});
const adventure = (more: Partial<ScopeEntry>): ScopeEntry => ({ object: 'products_collection', id: 'pc_adventure', ...more });
const product = (name: string, more: Partial<ScopeEntry> = {}): ScopeEntry => ({ object: 'product', source_id: name, ...more });
const of = (...included: ScopeEntry[]) => scopeOf([rule({ included })], { items: facts })!;
const shares = (discount: Discount, ...included: ScopeEntry[]) => applyDiscount(cart, discount, { items: of(...included) }).step.shares;
const views = (...included: ScopeEntry[]) => applicableView(of(...included)).applicable_to.data;

const half: Discount = { type: 'PERCENT', percent_off: 50, effect: 'APPLY_TO_ITEMS' };
const each: Discount = { type: 'AMOUNT', amount_off: 500, effect: 'APPLY_TO_ITEMS_BY_QUANTITY' };
const line: Discount = { type: 'AMOUNT', amount_off: 500, effect: 'APPLY_TO_ITEMS' };
const fixed: Discount = { type: 'FIXED', fixed_amount: 1_000, effect: 'APPLY_TO_ITEMS' };

describe('an entry of a scope', () => {
  test.each<[string, Partial<ScopeEntry>, number[]]>([
    ['all of it', {}, [3_000, 3_750, 1_000, 1_000, 0]],
    ['the cheapest', { effect: 'APPLY_TO_CHEAPEST' }, [0, 0, 0, 1_000, 0]],
    ['the dearest', { effect: 'APPLY_TO_MOST_EXPENSIVE' }, [3_000, 0, 0, 0, 0]],
    ['the cheapest unit', { effect: 'APPLY_TO_CHEAPEST', target: 'UNIT' }, [0, 0, 0, 250, 0]],
    ['the dearest unit', { effect: 'APPLY_TO_MOST_EXPENSIVE', target: 'UNIT' }, [1_000, 0, 0, 0, 0]],
    ['one unit of each line', { quantity_limit: 1 }, [1_000, 750, 500, 250, 0]],
    ['four units, as they come', { aggregated_quantity_limit: 4 }, [3_000, 750, 0, 0, 0]],
    [
      'four units, the cheapest first',
      { aggregated_quantity_limit: 5, effect: 'APPLY_FROM_CHEAPEST', quantity_limit: 3 },
      [0, 0, 1_000, 750, 0],
    ],
    ['so much of a line', { amount_limit: 900 }, [900, 900, 900, 900, 0]],
    ['so much of all lines', { aggregated_amount_limit: 1_000 }, [343, 429, 114, 114, 0]],
    ['every second line from the second on', { skip_initially: 1, repeat: 2 }, [0, 3_750, 0, 1_000, 0]],
    ['nothing where all are skipped', { skip_initially: 4 }, [0, 0, 0, 0, 0]],
    ['without a limit where that is 0', { quantity_limit: 0, amount_limit: 0 }, [3_000, 3_750, 1_000, 1_000, 0]],
  ])('covers %s', (_, more, expected) => expect(shares(half, adventure(more))).toEqual(expected));

  /** https://docs.voucherify.io/build/discount-types-and-effects, "Application rules – examples" */
  test('covers lines from the dearest, all but the first, each second', () => {
    const entry = adventure({ effect: 'APPLY_FROM_MOST_EXPENSIVE', skip_initially: 1, repeat: 2 });
    expect(shares(line, entry)).toEqual([0, 500, 0, 500, 0]);
    expect(views(entry)).toMatchObject([{ order_item_indices: [1, 3] }]);
  });

  test('covers units from the dearest, all but the first, each second', () => {
    const entry = adventure({ effect: 'APPLY_FROM_MOST_EXPENSIVE', target: 'UNIT', skip_initially: 1, repeat: 2 });
    expect(shares(each, entry)).toEqual([500, 1_500, 500, 1_000, 0]);
    expect(views(entry)).toMatchObject([
      {
        order_item_indices: [0, 1, 2, 3],
        order_item_units: [
          { index: 0, units: [2] },
          { index: 1, units: [1, 3, 5] },
          { index: 2, units: [2] },
          { index: 3, units: [2, 4] },
        ],
      },
    ]);
  });

  test('counts units past what is skipped: 2, 5 and 8 of ten', () => {
    const ten = [{ ...facts[0]!, quantity: 10, amount: 20_000 }];
    const scope = scopeOf([rule({ included: [product('t-shirt', { target: 'UNIT', skip_initially: 1, repeat: 3 })] })], { items: ten })!;
    expect(applicableView(scope).applicable_to.data).toMatchObject([{ order_item_units: [{ index: 0, units: [2, 5, 8] }] }]);
    expect(scope.items[0]!.units).toBe(3);
  });

  test('does not count up the units of a very large order', () => {
    const many = [{ ...facts[0]!, quantity: 1_000_000_000, amount: 1_000_000_000 }];
    const scope = scopeOf([rule({ included: [product('t-shirt', { target: 'UNIT', repeat: 3 })] })], { items: many })!;
    expect(applicableView(scope).applicable_to.data).toMatchObject([{ order_item_units: [{ index: 0, units_limit_exceeded: true }] }]);
    expect(scope.items[0]!.units).toBe(333_333_334);
  });

  test('gives units another price with a FIXED discount', () => {
    expect(shares(fixed, adventure({}))).toEqual([3_000, 2_500, 0, 0, 0]);
    expect(shares(fixed, adventure({ price: 800 }), product('bottle'))).toEqual([3_600, 3_500, 400, 0, 3_000]);
    expect(shares(fixed, product('poster', { price: 0, quantity_limit: 2 }))).toEqual([0, 3_000, 0, 0, 0]);
  });

  test('bounds a discount that is spread over lines, and one of the whole order', () => {
    const spreadOut: Discount = { type: 'AMOUNT', amount_off: 1_000, effect: 'APPLY_TO_ITEMS_PROPORTIONALLY' };
    expect(shares(spreadOut, product('mug'), product('socks', { amount_limit: 300 }))).toEqual([0, 0, 700, 300, 0]);
    expect(shares(spreadOut, adventure({ aggregated_amount_limit: 100 }))).toEqual([34, 43, 12, 11, 0]);
    expect(shares({ type: 'PERCENT', percent_off: 10 }, product('poster', { quantity_limit: 2 }))).toEqual([0, 300, 0, 0, 0]);
  });
});

describe('entries together', () => {
  test('each has its say of what several cover', () => {
    expect(shares(half, adventure({}), product('mug', { quantity_limit: 1 }))).toEqual([3_000, 3_750, 500, 1_000, 0]);
    expect(shares(half, adventure({ amount_limit: 600 }), product('mug', { quantity_limit: 1 }))).toEqual([600, 600, 500, 600, 0]);
  });

  test('the cheapest is found among what is not excluded', () => {
    const scope = scopeOf([rule({ included: [adventure({ effect: 'APPLY_TO_CHEAPEST' })], excluded: [product('socks')] })], {
      items: facts,
    })!;
    expect(applyDiscount(cart, half, { items: scope }).step.shares).toEqual([0, 0, 1_000, 0, 0]);
    expect(applicableView(scope)).toMatchObject({
      applicable_to: { total: 1, data: [{ id: 'pc_adventure', effect: 'APPLY_TO_CHEAPEST', order_item_indices: [2] }] },
      inapplicable_to: { total: 1, data: [{ object: 'product', id: 'prod_socks', source_id: 'socks', order_item_indices: [3] }] },
    });
  });

  test('of several rules, each bounds what the others let', () => {
    const rules = [rule({ included: [adventure({ quantity_limit: 2 })] }), rule({ excluded: [product('mug')] })];
    const scope = scopeOf(rules, { items: facts })!;
    expect(applyDiscount(cart, half, { items: scope }).step.shares).toEqual([2_000, 1_500, 0, 500, 0]);
    expect(applicableView(scope).applicable_to.data).toEqual([
      { object: 'products_collection', id: 'pc_adventure', effect: 'APPLY_TO_EVERY', quantity_limit: 2, order_item_indices: [0, 1, 3] },
      { object: 'products_collection', id: 'pc_a11pr0dUc75', effect: 'APPLY_TO_EVERY', order_item_indices: [0, 1, 3] },
    ]);
  });

  test('name what they are without an order too', () => {
    const scope = scopeOf([rule({ included: [product('mug'), { object: 'sku', id: 'sku_1' }] })], { items: [] });
    expect(applicableView(scope).applicable_to).toEqual({
      object: 'list',
      data_ref: 'data',
      total: 2,
      data: [
        { object: 'product', id: 'mug', source_id: 'mug', effect: 'APPLY_TO_EVERY' },
        { object: 'sku', id: 'sku_1', effect: 'APPLY_TO_EVERY' },
      ],
    });
  });
});
