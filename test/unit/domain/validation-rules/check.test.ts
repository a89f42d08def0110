import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRules } from '../../../../domain/validation-rules/check.ts';
import { refusalOfRules } from '../../../../domain/validation-rules/evaluate.ts';
import { needsOf } from '../../../../domain/validation-rules/needs.ts';
import { referencesOf } from '../../../../domain/validation-rules/references.ts';
import { findRuleKind, ruleKinds } from '../../../../domain/validation-rules/registry.ts';
import type { RuleGroup } from '../../../../domain/validation-rules/rule.ts';
import { facts, one, ruleOf } from '../../../harness/rules.ts';

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
