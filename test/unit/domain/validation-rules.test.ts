import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterKey } from '../../../domain/counters.ts';
import { checkRules } from '../../../domain/validation-rules/check.ts';
import { compileRule } from '../../../domain/validation-rules/compile.ts';
import { countersOfRules } from '../../../domain/validation-rules/counting.ts';
import { refusalOfRules } from '../../../domain/validation-rules/evaluate.ts';
import type { ItemFacts, RuleFacts } from '../../../domain/validation-rules/facts.ts';
import { LogicError, parseLogic, rulesIn, type Logic } from '../../../domain/validation-rules/logic.ts';
import { needsOf } from '../../../domain/validation-rules/needs.ts';
import { referencesOf } from '../../../domain/validation-rules/references.ts';
import { findRuleKind, ruleKinds } from '../../../domain/validation-rules/registry.ts';
import type { AssignedRule, ProductScope, RuleGroup, RuleNode } from '../../../domain/validation-rules/rule.ts';
import { scopeOf } from '../../../domain/validation-rules/scope.ts';

const item = (more: Partial<ItemFacts> = {}): ItemFacts => ({
  productId: 'prod_shirt',
  productSourceId: 'shirt',
  skuId: null,
  skuSourceId: null,
  collections: new Set(),
  price: 2000,
  amount: 2000,
  quantity: 1,
  metadata: {},
  productMetadata: {},
  ...more,
});
const shirt = item();
const socks = item({
  productId: 'prod_socks',
  productSourceId: 'socks',
  price: 500,
  amount: 2000,
  quantity: 4,
  productMetadata: { brand: 'Acme' },
});
const cap = item({
  productId: 'prod_cap',
  productSourceId: 'cap',
  skuId: 'sku_cap_red',
  skuSourceId: 'cap-red',
  collections: new Set(['pc_summer']),
  price: 1500,
  amount: 1500,
});

const facts = (more: Partial<RuleFacts> = {}): RuleFacts => ({
  redeemable: { object: 'voucher', id: 'v_1', campaignId: 'camp_1', holderId: 'cust_1' },
  customer: {
    id: 'cust_1',
    sourceId: 'ada',
    metadata: { tier: 'gold', visits: 7, tags: ['a', 'b'], since: '2026-02-01' },
    segments: new Set(['seg_1', 'VIP']),
  },
  order: { initialAmount: 10_000, totalAmount: 8_000, items: [shirt, socks, cap], metadata: { channel: 'web' } },
  metadata: { card: 'Visa' },
  apiKeyName: 'checkout-eu',
  at: Date.parse('2026-03-04T12:00:00Z'),
  zone: 'Europe/Berlin',
  counter: () => 2,
  share: () => ({ count: 1, amount: 300, orders_amount: 10_000, gift_credits: 40, loyalty_points: 0 }),
  ...more,
});

const ruleOf = (rules: RuleGroup, scope: ProductScope | null = null, message?: string): AssignedRule => ({
  id: 'val_1',
  revision: 3,
  ...compileRule({ rules, error: message ? { message } : null, applicable_to: scope }),
});
const one = (node: RuleNode): RuleGroup => ({ '1': node, logic: '1' });
const holds = (node: RuleNode, more: Partial<RuleFacts> = {}): boolean => {
  expect(checkRules(one(node))).toEqual([]);
  return refusalOfRules([ruleOf(one(node))], facts(more)) === null;
};
const keyOf = (node: RuleNode, more: Partial<RuleFacts> = {}) => refusalOfRules([ruleOf(one(node))], facts(more))?.key ?? null;

describe('logic', () => {
  test.each<[string, Logic]>([
    ['1', { rule: '1' }],
    ['1 and 2', { op: 'and', of: [{ rule: '1' }, { rule: '2' }] }],
    ['1 or 2 and 3', { op: 'or', of: [{ rule: '1' }, { op: 'and', of: [{ rule: '2' }, { rule: '3' }] }] }],
    ['(1 or 2) and 3', { op: 'and', of: [{ op: 'or', of: [{ rule: '1' }, { rule: '2' }] }, { rule: '3' }] }],
    ['(1) AND (2)', { op: 'and', of: [{ rule: '1' }, { rule: '2' }] }],
    ['((a_1))or $b', { op: 'or', of: [{ rule: 'a_1' }, { rule: '$b' }] }],
    ['  1   and\n2 ', { op: 'and', of: [{ rule: '1' }, { rule: '2' }] }],
  ])('%s', (text, expected) => expect(parseLogic(text)).toEqual(expected));

  test.each([
    ['', 'is empty'],
    ['1 and', 'ends where'],
    ['and 1', 'has "and" where a condition'],
    ['1 2', 'has "2" where'],
    ['(1', 'not closed'],
    ['1)', 'has ")" where'],
    ['()', 'has ")" where'],
    ['1 & 2', 'cannot be read: "&"'],
    ['not 1', 'has "1" where'],
    [`${'('.repeat(21)}1${')'.repeat(21)}`, 'more than 20'],
    [`1 ${'and 1 '.repeat(200)}`, 'longer than 1000'],
  ])('%s is refused', (text, message) => {
    expect(() => parseLogic(text)).toThrow(LogicError);
    expect(() => parseLogic(text)).toThrow(message);
  });

  test('any text is read or refused, and never more', () => {
    const read = (): void =>
      fc.assert(
        fc.property(fc.string(), (text) => {
          try {
            return rulesIn(parseLogic(text)).length > 0;
          } catch (error) {
            return error instanceof LogicError;
          }
        }),
      );
    expect(read).not.toThrow();
  });

  test('of alternatives one is enough', () => {
    const rules: RuleGroup = {
      '1': { name: 'order.amount', conditions: { $more_than: [20_000] } },
      '2': { name: 'api_key.name', conditions: { $is: ['checkout-eu'] } },
      '3': { name: 'customer.segment', conditions: { $is: ['nobody'] } },
    };
    const refused = (logic: string) => refusalOfRules([ruleOf({ ...rules, logic })], facts())?.key ?? null;
    expect(refused('1 or 2 or 3')).toBeNull();
    expect(refused('(1 or 2) and 3')).toBe('customer_rules_violated');
    expect(refused('1 or (2 and 3)')).toBe('order_rules_violated');
    expect(refused('2 and (3 or 1)')).toBe('customer_rules_violated');
  });

  test('where nothing is said, all have to hold', () => {
    const rules: RuleGroup = {
      '1': { name: 'order.amount', conditions: { $more_than: [1] } },
      '2': { name: 'api_key.name', conditions: { $is: ['other'] } },
    };
    expect(refusalOfRules([ruleOf(rules)], facts())?.key).toBe('redemption_rules_violated');
  });
});

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

describe('refusals', () => {
  const amount: RuleNode = { name: 'order.amount', conditions: { $more_than: [50_000] } };
  test.each<[RuleNode, Partial<RuleFacts>, string]>([
    [amount, {}, 'order_rules_violated'],
    [amount, { order: null }, 'missing_order'],
    [amount, { order: { initialAmount: null, totalAmount: null, items: [], metadata: {} } }, 'missing_amount'],
    [{ name: 'product.id', conditions: { $is: ['prod_hat'] } }, {}, 'order_rules_violated'],
    [{ name: 'product.id', conditions: { $is: ['prod_hat'] } }, { order: null }, 'missing_order'],
    [
      { name: 'product.id', conditions: { $is: ['x'] } },
      { order: { initialAmount: 1, totalAmount: 1, items: [], metadata: {} } },
      'missing_order_items',
    ],
    [{ name: 'customer.segment', conditions: { $is: ['x'] } }, {}, 'customer_rules_violated'],
    [{ name: 'customer.segment', conditions: { $is: ['x'] } }, { customer: null }, 'missing_customer'],
    [{ name: 'customer.segment', conditions: { $is_not: ['x'] } }, { customer: null }, 'missing_customer'],
    [{ name: 'customer.metadata', property: 'tier', conditions: { $exists: [false] } }, {}, 'customer_rules_violated'],
    [{ name: 'redemption.count', conditions: { $less_than: [1] } }, { customer: null }, 'redemption_rules_violated'],
    [{ name: 'redemption.count.per_customer', conditions: { $less_than: [1] } }, { customer: null }, 'missing_customer'],
    [{ name: 'redemption.count.per_customer', conditions: { $less_than: [1] } }, {}, 'redemption_rules_violated'],
    [{ name: 'redemption.metadata', property: 'card', conditions: { $is: ['Master'] } }, {}, 'redemption_rules_violated'],
    [{ name: 'api_key.name', conditions: { $is: ['x'] } }, {}, 'redemption_rules_violated'],
    [{ name: 'publication.redeemable_by_linked_customer', conditions: { $is: [true] } }, { customer: null }, 'missing_customer'],
  ])('%o with %o: %s', (node, more, key) => expect(keyOf(node, more)).toBe(key));

  test('tell the rule, its revision, the condition, what it asked for and what it met', () => {
    expect(refusalOfRules([ruleOf(one(amount))], facts())).toMatchObject({
      condition: 'order.amount $more_than',
      value: 50_000,
      rule: { id: 'val_1', revision: 3, condition: '1', actual: 10_000 },
      details: 'Validation rule val_1 asks for order.amount: is more than the value 50000. It is 10000',
      shown: null,
    });
  });

  test('the message is that of the condition, of the nested one first, else of the rule', () => {
    const message = (rules: RuleGroup) => refusalOfRules([ruleOf(rules, null, 'Not for this cart')], facts())?.shown;
    expect(message(one(amount))).toBe('Not for this cart');
    expect(message(one({ ...amount, error: { message: 'Spend more' } }))).toBe('Spend more');
    const inner = one({ name: 'product.quantity', conditions: { $more_than: [9] }, error: { message: 'Take ten' } });
    expect(message(one({ name: 'product.id', conditions: { $is: ['prod_cap'] }, error: { message: 'Take a cap' }, rules: inner }))).toBe(
      'Take ten',
    );
    expect(message(one({ name: 'product.id', conditions: { $is: ['prod_hat'] }, error: { message: 'Take a hat' }, rules: inner }))).toBe(
      'Take a hat',
    );
  });

  test('all rules have to hold, the first that does not is told', () => {
    const segment = ruleOf(one({ name: 'customer.segment', conditions: { $is: ['x'] } }));
    expect(refusalOfRules([segment, ruleOf(one(amount))], facts())?.key).toBe('customer_rules_violated');
    expect(refusalOfRules([], facts())).toBeNull();
    expect(refusalOfRules([ruleOf({})], facts())).toBeNull();
  });
});

const applicableLines = (...args: Parameters<typeof scopeOf>): boolean[] | null =>
  scopeOf(...args)?.items.map((bound) => bound !== null) ?? null;

describe('product scopes', () => {
  const lines = (scope: Partial<ProductScope>) =>
    applicableLines([ruleOf({}, { included: [], excluded: [], included_all: false, ...scope })], { items: [shirt, socks, cap] });
  const entry = (id: string, more: object = {}) => ({ object: 'product' as const, id, ...more });
  test.each<[string, Partial<ProductScope>, boolean[] | null]>([
    ['nothing said', {}, null],
    ['one', { included: [entry('prod_socks')] }, [false, true, false]],
    ['all but one', { included_all: true, excluded: [entry('prod_socks')] }, [true, false, true]],
    ['but one', { excluded: [entry('prod_socks')] }, [true, false, true]],
    ['two but one of them', { included: [entry('prod_socks'), entry('prod_cap')], excluded: [entry('prod_cap')] }, [false, true, false]],
    ['a collection', { included: [{ object: 'products_collection', id: 'pc_summer' }] }, [false, false, true]],
    ['a SKU of the shop', { included: [{ object: 'sku', source_id: 'cap-red' }] }, [false, false, true]],
    ['nothing that is there', { included: [entry('prod_hat')] }, [false, false, false]],
    ['all', { included_all: true }, [true, true, true]],
  ])('%s', (_, scope, expected) => expect(lines(scope)).toEqual(expected));

  test('the cheapest and the most expensive of what is named', () => {
    const named = (effect: string) => [entry('prod_shirt', { effect }), { object: 'sku' as const, id: 'sku_cap_red', effect }] as never;
    const all = { object: 'products_collection' as const, id: 'pc_all' };
    const collected = [shirt, socks, cap].map((each) => ({ ...each, collections: new Set(['pc_all']) }));
    const effect = (name: string) =>
      applicableLines([ruleOf({}, { included: [{ ...all, effect: name } as never], excluded: [], included_all: false })], {
        items: collected,
      });
    expect(effect('APPLY_TO_CHEAPEST')).toEqual([false, true, false]);
    expect(effect('APPLY_TO_MOST_EXPENSIVE')).toEqual([true, false, false]);
    expect(lines({ included: named('APPLY_TO_CHEAPEST') })).toEqual([true, false, true]);
  });

  test('every rule has to let an item', () => {
    const rule = (scope: Partial<ProductScope>) => ruleOf({}, { included: [], excluded: [], included_all: false, ...scope });
    const rules = [rule({ excluded: [entry('prod_cap')] }), ruleOf({}), rule({ included: [entry('prod_cap'), entry('prod_socks')] })];
    expect(applicableLines(rules, { items: [shirt, socks, cap] })).toEqual([false, true, false]);
  });

  test('what a rule found whose nested rule says so', () => {
    const group = one({
      name: 'product.id',
      conditions: { $is: ['prod_cap'] },
      rules: one({ name: 'product.discount_applicable', conditions: { $is: [true] } }),
    });
    expect(refusalOfRules([ruleOf(group)], facts())).toBeNull();
    expect(applicableLines([ruleOf(group)], { items: [shirt, socks, cap] })).toEqual([false, false, true]);
  });
});

describe('a rule that is written', () => {
  const problems = (rules: unknown) => checkRules(rules).map(({ path, message }) => `${path}: ${message}`);
  const amount = (conditions: unknown) => ({ '1': { name: 'order.amount', conditions }, logic: '1' });
  test.each<[string, unknown, string[]]>([
    ['an unknown name', { '1': { name: 'order.colour', conditions: { $is: [1] } } }, ['rules.1.name: must be one of']],
    ['an unknown operator', amount({ $above: [1] }), ['rules.1.conditions.$above: is not an operator of order.amount']],
    ['an operator of other kinds', amount({ $starts_with: ['1'] }), ['rules.1.conditions.$starts_with: is not an operator']],
    ['logic that names nothing', { ...amount({ $is: [1] }), logic: '1 and 2' }, ['rules.logic: names the condition 2, which is not there']],
    [
      'logic that leaves one out',
      { ...amount({ $is: [1] }), '2': { name: 'order.amount', conditions: { $is: [1] } } },
      ['rules.logic: does not name the condition 2'],
    ],
    ['logic that cannot be read', { ...amount({ $is: [1] }), logic: '1 and' }, ['rules.logic: ends where']],
    ['logic that is no text', { ...amount({ $is: [1] }), logic: 1 }, ['rules.logic: must be a text']],
    ['an amount with a fraction', amount({ $more_than: [10.5] }), ['rules.1.conditions.$more_than: must be an amount']],
    ['an amount below zero', amount({ $more_than: [-1] }), ['rules.1.conditions.$more_than: must be an amount']],
    ['an amount beyond 2^53', amount({ $more_than: [2 ** 53] }), ['rules.1.conditions.$more_than: must be an amount']],
    ['an amount as a text', amount({ $more_than: ['10'] }), ['rules.1.conditions.$more_than: must be an amount']],
    ['two values for one', amount({ $more_than: [1, 2] }), ['rules.1.conditions.$more_than: must have exactly one value']],
    ['one value for two', amount({ $between: [1] }), ['rules.1.conditions.$between: must have exactly two values']],
    ['two values the wrong way round', amount({ $between: [2, 1] }), ['rules.1.conditions.$between: must have the lower value first']],
    ['no value', amount({ $is: [] }), ['rules.1.conditions.$is: must have a value']],
    ['no condition', amount({}), ['rules.1.conditions: must have one of the operators']],
    ['conditions that are none', amount([1]), ['rules.1.conditions: must be an object']],
    ['metadata of nothing', { '1': { name: 'customer.metadata', conditions: { $is: [1] } } }, ['rules.1.property: must name a field']],
    [
      'a property for what has none',
      { '1': { name: 'order.amount', property: 'x', conditions: { $is: [1] } } },
      ['rules.1.property: does not go with order.amount'],
    ],
    ['an unknown field', { '1': { name: 'order.amount', conditions: { $is: [1] }, when: 'now' } }, ['rules.1.when: is not a field']],
    [
      'rules below what finds no items',
      { '1': { name: 'order.amount', conditions: { $is: [1] }, rules: amount({ $is: [1] }) } },
      ['rules.1.rules: cannot stand below order.amount'],
    ],
    [
      'a nested one',
      { '1': { name: 'product.id', conditions: { $is: ['a'] }, rules: { '1': { name: 'x' } } } },
      ['rules.1.rules.1.name: must be one of'],
    ],
    [
      'a product without an id',
      { '1': { name: 'product.id', conditions: { $is: [{ object: 'product' }] } } },
      ['rules.1.conditions.$is: must have an id or a source_id'],
    ],
    [
      'a message that is none',
      { '1': { name: 'order.amount', conditions: { $is: [1] }, error: 'no' } },
      ['rules.1.error: must be an object'],
    ],
    ['an id that logic cannot name', { 'a b': { name: 'order.amount', conditions: { $is: [1] } } }, ['rules.a b: must have an id']],
    [
      'a truth value that is none',
      { '1': { name: 'customer.metadata', property: 'x', conditions: { $exists: ['yes'] } } },
      ['rules.1.conditions.$exists: must be true or false'],
    ],
    [
      'everything at once',
      { '1': { name: 'x' }, '2': { name: 'order.amount', conditions: { $is: ['1'] } }, logic: '3' },
      ['rules.1.name', 'rules.2.conditions.$is', 'rules.logic: names', 'rules.logic: does not', 'rules.logic: does not'],
    ],
    ['no object', 'all', ['rules: must be an object']],
    ['a node that is none', { '1': 'order.amount' }, ['rules.1: must be an object']],
    [
      'too many',
      Object.fromEntries(Array.from({ length: 101 }, (_, index) => [String(index), { name: 'order.amount', conditions: { $is: [1] } }])),
      ['rules: must have at most 100'],
    ],
  ])('%s', (_, rules, expected) => {
    const found = problems(rules);
    expect(found).toHaveLength(expected.length);
    for (const [index, start] of expected.entries()) expect(found[index]).toContain(start);
  });

  test('what is nested too deep is refused', () => {
    const deep = (levels: number): RuleGroup =>
      one({ name: 'product.id', conditions: { $is: ['a'] }, ...(levels > 0 && { rules: deep(levels - 1) }) });
    expect(problems(deep(3))).toEqual([]);
    expect(problems(deep(4))[0]).toContain('is more than 3 rules within each other');
  });

  test('any JSON is checked without an error, and what passes can be decided', () => {
    const name = fc.constantFrom(...ruleKinds.map((kind) => kind.name), 'x');
    const value = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.record({ id: fc.string() }));
    const conditions = fc.dictionary(
      fc.constantFrom('$is', '$is_not', '$more_than', '$between', '$contains', '$exists', '$count', 'x'),
      fc.array(value, { maxLength: 2 }),
      { maxKeys: 2 },
    );
    const node = fc.record({ name, conditions, property: fc.option(fc.string(), { nil: undefined }) }, { requiredKeys: ['name'] });
    const group = fc.dictionary(fc.constantFrom('1', '2', 'logic'), fc.oneof({ weight: 9, arbitrary: node }, fc.jsonValue()), {
      maxKeys: 3,
    });
    const decide = (): void =>
      fc.assert(
        fc.property(group, (rules) => {
          if (checkRules(rules).length === 0) refusalOfRules([ruleOf(rules as RuleGroup)], facts());
        }),
        { numRuns: 2_000 },
      );
    expect(decide).not.toThrow();
  });
});

test('what has to be read is what its kinds ask for', () => {
  const rules = [
    ruleOf({
      '1': { name: 'customer.segment', conditions: { $is: ['seg_1', 'VIP'] } },
      '2': { name: 'order.items.any', conditions: {}, rules: one({ name: 'product.collection', conditions: { $is: ['pc_1'] } }) },
    }),
    ruleOf({}, { included: [{ object: 'products_collection', id: 'pc_2' }], excluded: [], included_all: false }),
  ];
  expect(needsOf(rules)).toEqual({ segments: ['seg_1', 'VIP'], collections: ['pc_1', 'pc_2'], customer: false, products: true });
  expect(needsOf([ruleOf(one({ name: 'order.amount', conditions: { $is: [1] } }))])).toEqual({
    segments: [],
    collections: [],
    customer: false,
    products: false,
  });
});

test('what it names and has to exist is found with its place', () => {
  const rules: RuleGroup = {
    '1': { name: 'customer.segment', conditions: { $is: ['VIP'] } },
    '2': {
      name: 'product.id',
      conditions: { $is: ['prod_1', 'of-the-shop', { id: 'sku_1', object: 'sku' }] },
      rules: one({ name: 'product.collection', conditions: { $is: ['pc_1'] } }),
    },
  };
  const scope = { included: [{ object: 'product' as const, id: 'prod_2' }], excluded: [], included_all: false };
  expect(referencesOf({ rules, error: null, applicable_to: scope }).map(({ path, name }) => `${path} ${name}`)).toEqual([
    'rules.1.conditions.$is VIP',
    'rules.2.conditions.$is prod_1',
    'rules.2.conditions.$is sku_1',
    'rules.2.rules.1.conditions.$is pc_1',
    'applicable_to.included[0].id prod_2',
  ]);
});

test('kinds have names of their own, in either spelling', () => {
  const names = ruleKinds.flatMap((kind) => [kind.name, ...(kind.aliases ?? [])]).map((name) => name.replaceAll('_', '.'));
  expect(new Set(names).size).toBe(names.length);
  expect(findRuleKind('redemption_count_per_customer')?.name).toBe('redemption.count.per_customer');
  expect(findRuleKind('nothing')).toBeUndefined();
});
