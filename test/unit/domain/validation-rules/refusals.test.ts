import { describe, expect, test } from 'vitest';
import { refusalOfRules } from '../../../../domain/validation-rules/evaluate.ts';
import type { RuleFacts } from '../../../../domain/validation-rules/facts.ts';
import type { RuleGroup, RuleNode } from '../../../../domain/validation-rules/rule.ts';
import { facts, ruleOf, one, keyOf } from '../../../harness/rules.ts';

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
