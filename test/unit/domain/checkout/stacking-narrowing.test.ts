import { describe, expect, test } from 'vitest';
import { STACKING_RULES, type StackingRules } from '../../../../domain/checkout/stacking.ts';
import { narrow } from '../../../../domain/checkout/stacking-narrowing.ts';

const project: StackingRules = {
  ...STACKING_RULES,
  applicable_redeemables_limit: 4,
  applicable_redeemables_per_category_limit: 2,
  applicable_redeemables_category_limits: { shoes: 3 },
  exclusive_categories: ['vip'],
  joint_categories: ['free', 'gift'],
  redeemables_sorting_rule: 'CATEGORY_HIERARCHY',
};

describe('a request may make the stacking rules narrower', () => {
  test.each<Partial<StackingRules>>([
    {},
    project,
    { applicable_redeemables_limit: 1 },
    { applicable_redeemables_category_limits: { shoes: 1, hats: 2 } },
    { exclusive_categories: ['vip', 'club'] },
    { joint_categories: ['gift'] },
    { redeemables_application_mode: 'BEST_DEAL' },
    { redeemables_no_effect_rule: 'SKIP' },
  ])('as by %j', (asked) => expect(narrow(project, asked)).toEqual({ rules: { ...project, ...asked }, problems: null }));
});

describe('a request may not make them wider', () => {
  test.each<Partial<StackingRules>>([
    { applicable_redeemables_limit: 5 },
    { applicable_redeemables_category_limits: { shoes: 4 } },
    { applicable_redeemables_category_limits: { shoes: 3, hats: 3 } },
    { applicable_redeemables_category_limits: {} },
    { exclusive_categories: [] },
    { joint_categories: ['free', 'other'] },
    { redeemables_sorting_rule: 'REQUESTED_ORDER' },
    { discount_calculation_mode: 'INITIAL_AMOUNT' },
    { redeemables_rollback_order_mode: 'WITHOUT_ORDER' },
  ])('as by %j', (asked) => {
    const { problems } = narrow(project, asked);
    expect(problems?.map((problem) => problem.path)).toEqual([`options.stacking_rules.${Object.keys(asked)[0]}`]);
  });
});
