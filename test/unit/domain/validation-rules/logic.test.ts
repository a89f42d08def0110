import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusalOfRules } from '../../../../domain/validation-rules/evaluate.ts';
import { LogicError, parseLogic, rulesIn, type Logic } from '../../../../domain/validation-rules/logic.ts';
import type { RuleGroup } from '../../../../domain/validation-rules/rule.ts';
import { facts, ruleOf } from '../../../harness/rules.ts';

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
