import { describe, expect, test } from 'vitest';
import { STACKING_RULES } from '../../../../domain/checkout/stacking.ts';
import { NOTHING_COUNTED } from '../../../../domain/checkout/counted.ts';
import { offerOf, type Offer } from '../../../../domain/qualification/offer.ts';
import { bookOf } from '../../../../domain/qualification/offered.ts';
import { qualify, type OpenCheckout } from '../../../../domain/qualification/qualify.ts';
import { compileRule } from '../../../../domain/validation-rules/compile.ts';
import type { ItemFacts } from '../../../../domain/validation-rules/facts.ts';
import type { RuleGroup } from '../../../../domain/validation-rules/rule.ts';
import type { VoucherState } from '../../../../domain/voucher/validity.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

const offer = (code: string, rules: RuleGroup, more: Partial<VoucherState> = {}): Offer => {
  const redeemable: VoucherState = {
    object: 'voucher',
    id: `v_${code}`,
    code,
    revision: 1,
    category: null,
    categories: [],
    startsAt: null,
    endsAt: null,
    active: true,
    withdrawnReason: null,
    quantity: null,
    redeemed: 0,
    holderId: null,
    campaign: null,
    templateRevision: null,
    rules: [{ id: 'val_1', revision: 1, ...compileRule({ rules, error: null, applicable_to: null }) }],
    window: null,
    limits: null,
    gift: null,
    discount: { type: 'PERCENT', percent_off: 10 },
    ...more,
  };
  const asked = { object: 'voucher' as const, id: code };
  return offerOf({ object: 'voucher', id: code, source: 'public', parts: [{ asked, redeemable }], createdAt: NOW });
};

const shirt: ItemFacts = {
  productId: 'prod_shirt',
  productSourceId: 'shirt',
  skuId: null,
  skuSourceId: null,
  collections: new Set(['pc_summer']),
  price: 2_000,
  amount: 2_000,
  quantity: 1,
  metadata: {},
  productMetadata: {},
};
const hat: ItemFacts = { ...shirt, productId: 'prod_hat', productSourceId: 'hat', collections: new Set() };

const checkout = (more: Partial<OpenCheckout> = {}): OpenCheckout => ({
  order: {
    items: [
      { source_id: 'hat', amount: 2_000 },
      { source_id: 'shirt', amount: 2_000 },
    ],
  },
  redeemerOf: () => ({ customerId: null, named: false, at: NOW, zone: 'UTC' }),
  rules: STACKING_RULES,
  counts: NOTHING_COUNTED,
  facts: { customer: null, items: [hat, shirt], orderMetadata: {}, metadata: {}, apiKeyName: null },
  ...more,
});

const near = (offers: Offer[], open = checkout()) =>
  qualify(
    open,
    { own: [], book: bookOf(offers), isOffered: () => true },
    { sorting: 'DEFAULT', limit: 10, after: null, nearest: 10 },
  ).near.map(({ offer: { id }, shortfalls }) => ({ id, shortfalls }));
const missing = (rules: RuleGroup, more: Partial<VoucherState> = {}) => near([offer('A', rules, more)])[0]?.shortfalls;

const amount = (least: number) => ({ name: 'order.amount', conditions: { $more_than_or_equal: [least] } });

describe('an offer that nearly applies', () => {
  test('misses so much of the amount', () => {
    expect(missing({ '1': amount(5_000) })).toMatchObject([{ what: 'amount', have: 4_000, need: 5_000, missing: 1_000 }]);
  });

  test('misses one of some products, SKUs or collections', () => {
    const rules = { '1': { name: 'product.collection', conditions: { $is: [{ id: 'pc_winter', object: 'products_collection' }] } } };
    expect(missing(rules)).toEqual([
      {
        rule: 'val_1',
        what: 'items',
        condition: 'product.collection',
        operator: '$is',
        have: 0,
        need: 1,
        missing: 1,
        items: [{ object: 'products_collection', id: 'pc_winter' }],
      },
    ]);
    expect(missing({ '1': { name: 'order.items.any', conditions: { $in: ['coat', 'scarf'] } } })).toMatchObject([
      { what: 'items', items: [{ id: 'coat' }, { id: 'scarf' }] },
    ]);
  });

  test('misses units of the item that is meant', () => {
    const quantity = { name: 'order.items.quantity', conditions: { $more_than_or_equal: [3] } };
    const rules = { '1': { name: 'product.id', conditions: { $is: ['shirt'] }, rules: { '1': quantity } } };
    expect(missing(rules)).toMatchObject([{ what: 'units', have: 1, need: 3, missing: 2 }]);
  });

  test('misses a customer, and then one in a segment', () => {
    const rules = { '1': { name: 'customer.segment', conditions: { $is: ['Gold', 'Silver'] } } };
    expect(missing(rules)).toMatchObject([
      { what: 'customer', condition: 'customer.segment' },
      { what: 'segment', segments: ['Gold', 'Silver'] },
    ]);
  });

  test('misses several things together, up to three', () => {
    const coat = { name: 'order.items.any', conditions: { $is: ['coat'] } };
    const scarf = { name: 'order.items.any', conditions: { $is: ['scarf'] } };
    expect(missing({ '1': amount(5_000), '2': coat, logic: '1 and 2' })?.map(({ what }) => what)).toEqual(['amount', 'items']);
    const two = offer('B', { '1': amount(5_000), '2': coat, logic: '1 and 2' });
    const one = offer('C', { '1': coat });
    expect(near([two, one]).map(({ id }) => id)).toEqual(['C', 'B']);
    expect(missing({ '1': coat, '2': scarf, logic: '1 and 2' })?.map(({ items }) => items)).toEqual([[{ id: 'coat' }], [{ id: 'scarf' }]]);
    const four = ['a', 'b', 'c', 'd'].map((id, index) => [String(index), { name: 'product.id', conditions: { $is: [id] } }]);
    expect(missing({ ...Object.fromEntries(four), logic: '0 and 1 and 2 and 3' })).toBeUndefined();
  });

  test('misses only that it begins', () => {
    expect(missing({}, { startsAt: NOW + 86_400_000 })).toEqual([
      { rule: null, what: 'time', condition: 'start_date', operator: null, from: '2026-03-02T12:00:00.000Z' },
    ]);
    expect(missing({}, { startsAt: NOW + 86_400_000, active: false })).toBeUndefined();
  });

  test('is not told where something else stands in the way', () => {
    expect(missing({ '1': amount(5_000) }, { endsAt: NOW - 1 })).toBeUndefined();
    expect(missing({ '1': { name: 'order.metadata', property: 'till', conditions: { $is: ['3'] } } })).toBeUndefined();
    expect(missing({ '1': { name: 'order.amount', conditions: { $less_than: [100] } } })).toBeUndefined();
  });
});
