import { describe, expect, test } from 'vitest';
import { refusalOfRules } from '../../../../domain/validation-rules/evaluate.ts';
import type { ProductScope } from '../../../../domain/validation-rules/rule.ts';
import { scopeOf } from '../../../../domain/validation-rules/scope.ts';
import { shirt, socks, cap, facts, ruleOf, one } from '../../../harness/rules.ts';

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
