import { describe, expect, test } from 'vitest';
import { counterKey } from '../../../../domain/checkout/counters.ts';
import { checkRules } from '../../../../domain/validation-rules/check.ts';
import { countersOfRules } from '../../../../domain/validation-rules/counting.ts';
import { refusalOfRules } from '../../../../domain/validation-rules/evaluate.ts';
import type { RuleFacts } from '../../../../domain/validation-rules/facts.ts';
import type { RuleGroup, RuleNode } from '../../../../domain/validation-rules/rule.ts';
import { facts, one, ruleOf } from '../../../harness/rules.ts';

const holds = (node: RuleNode, more: Partial<RuleFacts> = {}): boolean => {
  expect(checkRules(one(node))).toEqual([]);
  return refusalOfRules([ruleOf(one(node))], facts(more)) === null;
};

describe('operators', () => {
  const metadata = (property: string, conditions: Record<string, unknown>): RuleNode => ({
    name: 'customer.metadata',
    property,
    conditions,
  });
  test.each<[string, Record<string, unknown>, boolean]>([
    ['tier', { $is: ['gold'] }, true],
    ['tier', { $is: 'gold' }, true],
    ['tier', { $is: ['silver', 'gold'] }, true],
    ['tier', { $is: ['Gold'] }, false],
    ['tier', { $is_not: ['silver'] }, true],
    ['tier', { $is_not: ['gold'] }, false],
    ['tier', { $in: ['gold', 'silver'] }, true],
    ['tier', { $not_in: ['gold'] }, false],
    ['missing', { $is: ['x'] }, false],
    ['missing', { $is_not: ['x'] }, true],
    ['missing', { $exists: [false] }, true],
    ['missing', { $exists: true }, false],
    ['tier', { $exists: [true] }, true],
    ['visits', { $is: [7] }, true],
    ['visits', { $is: ['7'] }, false],
    ['visits', { $more_than: [7] }, false],
    ['visits', { $more_than_or_equal: [7] }, true],
    ['visits', { $less_than: [8] }, true],
    ['visits', { $less_than_or_equal: [6] }, false],
    ['visits', { $between: [5, 7] }, true],
    ['visits', { $between: [8, 9] }, false],
    ['visits', { $more_than: [5], $less_than: [6] }, false],
    ['tier', { $more_than: [1] }, false],
    ['missing', { $less_than: [1] }, false],
    ['since', { $more_than: ['2026-01-31'] }, true],
    ['since', { $less_than: ['2026-01-31T12:00:00Z'] }, false],
    ['since', { $is: ['2026-02-01T00:00:00Z'] }, true],
    ['tier', { $starts_with: ['go'] }, true],
    ['tier', { $ends_with: ['go', 'ld'] }, true],
    ['tier', { $contains: ['ol'] }, true],
    ['tier', { $not_contains: ['ol'] }, false],
    ['tags', { $contains: ['b'] }, true],
    ['tags', { $is: ['b'] }, true],
    ['tags', { $is_not: ['c'] }, true],
    ['tags', { $count: [2] }, true],
    ['tags', { $count_more: [2] }, false],
    ['tags', { $count_more_or_equal: [2] }, true],
    ['tags', { $count_less: [3] }, true],
    ['tags', { $count_less_or_equal: [1] }, false],
  ])('%s %o', (property, conditions, expected) => expect(holds(metadata(property, conditions))).toBe(expected));
});

describe('kinds', () => {
  const product = (id: string) => ({ id, object: 'product' });
  test.each<[string, RuleNode, boolean]>([
    ['a segment by id', { name: 'customer.segment', conditions: { $is: ['seg_1'] } }, true],
    ['a segment by name', { name: 'customer_segment', conditions: { $is: ['VIP'] } }, true],
    ['another segment', { name: 'customer.segment', conditions: { $is: ['seg_2'] } }, false],
    ['not in a segment', { name: 'customer.segment', conditions: { $is_not: ['seg_2'] } }, true],
    ['the amount before discounts', { name: 'order.amount', conditions: { $is: [10_000] } }, true],
    ['the same by its other name', { name: 'order.initial_amount', conditions: { $is: [10_000] } }, true],
    ['what is left of it', { name: 'order.total_amount', conditions: { $is: [8_000] } }, true],
    ['how many items', { name: 'order.items.count', conditions: { $is: [3] } }, true],
    ['how many units', { name: 'order.items.quantity', conditions: { $is: [6] } }, true],
    ['how many units together', { name: 'order.items.aggregated_quantity', conditions: { $is: [6] } }, true],
    ['what they cost together', { name: 'order_items_aggregated_amount', conditions: { $is: [5_500] } }, true],
    ['a price of any', { name: 'order.items.price', conditions: { $more_than_or_equal: [2_000] } }, true],
    ['a price of none', { name: 'product.price', conditions: { $more_than: [2_000] } }, false],
    ['any is this product', { name: 'order.items.any', conditions: { $is: [product('prod_socks')] } }, true],
    ['by the id of the shop', { name: 'order.items.any', conditions: { $is: [{ source_id: 'socks' }] } }, true],
    ['any is not this product', { name: 'order.items.any', conditions: { $is_not: [product('prod_socks')] } }, true],
    ['any is that product', { name: 'order.items.any', conditions: { $is: [product('prod_hat')] } }, false],
    ['any in a collection', { name: 'order.items.any', conditions: { $is: [{ id: 'pc_summer', object: 'products_collection' }] } }, true],
    ['every is this', { name: 'order.items.every', conditions: { $is: [product('prod_socks')] } }, false],
    ['every is one of these', { name: 'order.items.every', conditions: { $in: ['prod_socks', 'prod_shirt', 'sku_cap_red'] } }, true],
    ['none is this', { name: 'order.items.none', conditions: { $is: [product('prod_socks')] } }, false],
    ['none is that', { name: 'order.items.none', conditions: { $is: [product('prod_hat')] } }, true],
    ['at most one is this', { name: 'order.items.any', conditions: { $is: [product('prod_socks')], $count_less_or_equal: [1] } }, true],
    ['two are these', { name: 'product.id', conditions: { $in: ['prod_socks', 'prod_cap'], $count: [2] } }, true],
    ['at most one of what is not there', { name: 'product.id', conditions: { $is: ['prod_hat'], $count_less: [2] } }, true],
    ['a product', { name: 'product.id', conditions: { $is: ['prod_cap'] } }, true],
    ['a product with an empty source id', { name: 'product.id', conditions: { $is: [{ id: 'prod_cap', source_id: '' }] } }, true],
    ['a SKU', { name: 'product.sku', conditions: { $is: ['sku_cap_red'] } }, true],
    ['a SKU of the shop', { name: 'sku.id', conditions: { $is: [{ source_id: 'cap-red' }] } }, true],
    ['a collection', { name: 'product.collection', conditions: { $is: ['pc_summer'] } }, true],
    ['another collection', { name: 'product.collection', conditions: { $is: ['pc_winter'] } }, false],
    ['metadata of a product', { name: 'product.metadata', property: 'brand', conditions: { $is: ['Acme'] } }, true],
    ['units of a product', { name: 'product.quantity', conditions: { $more_than_or_equal: [4] } }, true],
    ['metadata of the order', { name: 'order.metadata', property: 'channel', conditions: { $is: ['web'] } }, true],
    ['metadata of the request', { name: 'redemption.metadata', property: 'card', conditions: { $is: ['Visa'] } }, true],
    ['the name of the key', { name: 'api_key.name', conditions: { $ends_with: ['-eu'] } }, true],
    ['the third redemption of three', { name: 'redemption.count', conditions: { $less_than_or_equal: [3] } }, true],
    ['the third redemption of two', { name: 'redemption.count', conditions: { $less_than_or_equal: [2] } }, false],
    ['fewer than three', { name: 'redemption.count.per_customer', conditions: { $less_than: [3] } }, false],
    ['each day', { name: 'redemption.count.per_customer.daily', conditions: { $less_than_or_equal: [3] } }, true],
    ['of the campaign', { name: 'campaign.redemptions.count', conditions: { $less_than_or_equal: [2] } }, false],
    ['each month, of the campaign', { name: 'campaign.redemptions.count.monthly', conditions: { $less_than: [4] } }, true],
    ['the discounts with this one', { name: 'campaign.discount_applied', conditions: { $less_than_or_equal: [302] } }, true],
    ['and not more', { name: 'campaign.discount_applied', conditions: { $less_than_or_equal: [301] } }, false],
    ['the orders with this one', { name: 'campaign.orders_amount', conditions: { $less_than_or_equal: [10_001] } }, false],
    ['the credits with these', { name: 'campaign.gift_credits', conditions: { $less_than_or_equal: [42] } }, true],
    ['the customer it was published to', { name: 'publication.redeemable_by_linked_customer', conditions: { $is: [true] } }, true],
  ])('%s', (_, node, expected) => expect(holds(node)).toBe(expected));

  const nested = (name: string, ids: string[], rules: RuleGroup): RuleNode => ({
    name,
    conditions: ids.length > 0 ? { $in: ids } : {},
    rules,
  });
  test.each<[string, RuleNode, boolean]>([
    [
      'enough of these together',
      nested(
        'order.items.any',
        ['prod_shirt', 'prod_socks'],
        one({ name: 'order.items.aggregated_quantity', conditions: { $more_than_or_equal: [5] } }),
      ),
      true,
    ],
    [
      'not enough',
      nested(
        'order.items.any',
        ['prod_shirt', 'prod_cap'],
        one({ name: 'order.items.aggregated_quantity', conditions: { $more_than_or_equal: [3] } }),
      ),
      false,
    ],
    [
      'one item that has both',
      nested('order.items.any', [], {
        '1': { name: 'order.items.price', conditions: { $less_than: [1_000] } },
        '2': { name: 'order.items.quantity', conditions: { $more_than: [3] } },
        logic: '1 and 2',
      }),
      true,
    ],
    [
      'not one that has both, though each has one',
      nested('order.items.any', [], {
        '1': { name: 'order.items.price', conditions: { $more_than: [1_000] } },
        '2': { name: 'order.items.quantity', conditions: { $more_than: [3] } },
        logic: '1 and 2',
      }),
      false,
    ],
    ['every one', nested('order.items.every', [], one({ name: 'order.items.price', conditions: { $more_than: [499] } })), true],
    ['not every one', nested('order.items.every', [], one({ name: 'order.items.price', conditions: { $more_than: [500] } })), false],
    ['none', nested('order.items.none', [], one({ name: 'order.items.price', conditions: { $more_than: [2_000] } })), true],
    [
      'not none',
      nested('order.items.none', [], one({ name: 'product.metadata', property: 'brand', conditions: { $is: ['Acme'] } })),
      false,
    ],
    [
      'a product at a price',
      nested('product.id', ['prod_cap'], one({ name: 'product.price', conditions: { $more_than_or_equal: [1_500] } })),
      true,
    ],
    [
      'how many were found',
      nested('order.items.any', ['prod_cap', 'prod_socks'], one({ name: 'order.items.count', conditions: { $is: [2] } })),
      true,
    ],
  ])('nested: %s', (_, node, expected) => expect(holds(node)).toBe(expected));

  test('counters are named by what they count, for the local period', () => {
    const rule = ruleOf({
      '1': { name: 'redemption.count.per_customer.daily', conditions: { $less_than: [2] } },
      '2': { name: 'campaign.discount_applied', conditions: { $less_than: [2] } },
      '3': { name: 'campaign.redemptions.count.weekly', conditions: { $less_than: [2] } },
      '4': { name: 'order.amount', conditions: { $more_than: [2] } },
    });
    const at = Date.parse('2026-03-04T23:30:00Z');
    const of = {
      redeemable: { object: 'voucher' as const, id: 'v_1', campaignId: 'camp_1' },
      customerId: 'cust_1',
      at,
      zone: 'Europe/Berlin',
    };
    expect(countersOfRules([rule], of).map(counterKey)).toEqual([
      'voucher v_1 cust_1 day 2026-03-04T23:00:00.000Z count',
      'campaign camp_1    amount',
      'campaign camp_1  week 2026-03-01T23:00:00.000Z count',
    ]);
    expect(countersOfRules([rule], { ...of, customerId: null })).toHaveLength(2);
    expect(countersOfRules([rule], { ...of, redeemable: { ...of.redeemable, campaignId: null } })).toHaveLength(1);
  });
});
