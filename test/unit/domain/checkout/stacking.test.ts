import { describe, expect, test } from 'vitest';
import { STACKING_RULES, type CategoryState, type StackingRules } from '../../../../domain/checkout/stacking.ts';
import { decide, type Checkout } from '../../../../domain/checkout/checkout.ts';
import { NOTHING_COUNTED } from '../../../../domain/checkout/counted.ts';
import type { Discount } from '../../../../domain/discount/discount.ts';
import type { PromotionTierState } from '../../../../domain/checkout/redeemable.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');

const category = (name: string, hierarchy = 0): CategoryState => ({ id: `cat_${name}`, name, hierarchy });

const campaign = { id: 'camp_1', name: 'Spring', active: true, startsAt: null, endsAt: null, limits: null };

const tier = (id: string, discount: Discount, more: Partial<PromotionTierState> = {}): PromotionTierState => ({
  object: 'promotion_tier',
  id,
  name: id,
  banner: null,
  hierarchy: 1,
  metadata: {},
  revision: 1,
  category: null,
  categories: [],
  active: true,
  startsAt: null,
  endsAt: null,
  window: null,
  campaign,
  discount,
  limits: null,
  rules: [],
  ...more,
});

const amount = (off: number): Discount => ({ type: 'AMOUNT', amount_off: off });
const percent = (off: number): Discount => ({ type: 'PERCENT', percent_off: off });

const stack = (
  redeemables: (PromotionTierState | undefined)[],
  rules: Partial<StackingRules> = {},
  order: Checkout['order'] = { amount: 10_000 },
) =>
  decide({
    asked: redeemables.map((each, index) => ({ object: 'promotion_tier', id: each?.id ?? `unknown${index}` })),
    redeemables,
    order,
    redeemerOf: () => ({ customerId: null, named: false, at: NOON, zone: 'UTC' }),
    rules: { ...STACKING_RULES, ...rules },
    counts: NOTHING_COUNTED,
    facts: { customer: null, items: [], orderMetadata: {}, metadata: {}, apiKeyName: null },
  });

/** What became of each, in the order of application: its discount, why it was refused, or why it was skipped. */
const told = ({ outcomes }: ReturnType<typeof decide>) =>
  outcomes.map((each) => {
    if (each.status === 'APPLICABLE') return `${each.asked.id} ${each.step?.discount}`;
    return `${each.asked.id} ${each.status === 'SKIPPED' ? each.key : each.refusal.key}`;
  });

describe('ALL', () => {
  test('fails as a whole where one does not apply', () => {
    const decision = stack([tier('A', amount(100)), tier('B', amount(100), { active: false }), tier('C', amount(100))]);
    expect(decision.valid).toBe(false);
    expect(told(decision)).toEqual(['A 100', 'B promotion_inactive', 'C preceding_validation_failed']);
  });
});

describe('PARTIAL', () => {
  test('leaves out what does not apply', () => {
    const decision = stack([undefined, tier('A', percent(10)), tier('B', amount(100), { active: false }), tier('C', percent(10))], {
      redeemables_application_mode: 'PARTIAL',
    });
    expect(decision.valid).toBe(true);
    expect(told(decision)).toEqual(['unknown0 not_found', 'A 1000', 'B promotion_inactive', 'C 900']);
    expect(decision.cart?.left).toBe(8_100);
  });
  test('is invalid where nothing applies', () => {
    expect(stack([tier('A', amount(1), { active: false })], { redeemables_application_mode: 'PARTIAL' }).valid).toBe(false);
  });
});

describe('limits', () => {
  test('of what applies', () => {
    expect(told(stack([tier('A', amount(1)), tier('B', amount(2)), tier('C', amount(3))], { applicable_redeemables_limit: 2 }))).toEqual([
      'A 1',
      'B 2',
      'C applicable_redeemables_limit_exceeded',
    ]);
  });
  test('of each category, and of one in particular', () => {
    const [shoes, hats] = [[category('shoes')], [category('hats')]];
    const tiers = [
      tier('A', amount(1), { categories: shoes }),
      tier('B', amount(2), { categories: shoes }),
      tier('C', amount(3), { categories: hats }),
      tier('D', amount(4), { categories: hats }),
      tier('E', amount(5)),
    ];
    const key = 'applicable_redeemables_per_category_limit_exceeded';
    expect(told(stack(tiers))).toEqual(['A 1', `B ${key}`, 'C 3', `D ${key}`, 'E 5']);
    expect(told(stack(tiers, { applicable_redeemables_category_limits: { cat_hats: 2 } }))).toEqual([
      'A 1',
      `B ${key}`,
      'C 3',
      'D 4',
      'E 5',
    ]);
  });
});

describe('exclusive categories', () => {
  const [vip, other, free] = [[category('vip')], [category('other')], [category('free')]];
  const rules = { exclusive_categories: ['cat_vip', 'cat_other'], joint_categories: ['cat_free'] };
  const plain = tier('plain', amount(1));
  const joint = tier('joint', amount(2), { categories: free });
  test('leave room for joint ones alone', () => {
    expect(told(stack([plain, tier('vip', amount(3), { categories: vip }), joint], rules))).toEqual([
      'plain exclusion_rules_not_met',
      'vip 3',
      'joint 2',
    ]);
  });
  test('exclude nothing where none of them applies', () => {
    const partial = { ...rules, redeemables_application_mode: 'PARTIAL' as const };
    expect(told(stack([plain, tier('vip', amount(3), { categories: vip, active: false }), joint], partial))).toEqual([
      'plain 1',
      'vip promotion_inactive',
      'joint 2',
    ]);
  });
  test('apply as often as the limits say', () => {
    const tiers = [
      tier('A', amount(1), { categories: vip }),
      tier('B', amount(2), { categories: vip }),
      tier('C', amount(3), { categories: other }),
    ];
    expect(told(stack(tiers, rules))).toEqual([
      'A 1',
      'B applicable_exclusive_redeemables_limit_exceeded',
      'C applicable_exclusive_redeemables_limit_exceeded',
    ]);
    expect(told(stack(tiers, { ...rules, applicable_exclusive_redeemables_limit: 3 }))).toEqual([
      'A 1',
      'B applicable_exclusive_redeemables_per_category_limit_exceeded',
      'C 3',
    ]);
  });
});

describe('the order of application', () => {
  const tiers = [
    tier('last', amount(1_000)),
    tier('second', percent(10), { categories: [category('b', 2)] }),
    tier('first', amount(2_000), { categories: [category('a', 1)] }),
  ];
  test('is that of the request', () => expect(told(stack(tiers))).toEqual(['last 1000', 'second 900', 'first 2000']));
  test('or that of the categories', () => {
    expect(told(stack(tiers, { redeemables_sorting_rule: 'CATEGORY_HIERARCHY' }))).toEqual(['first 2000', 'second 800', 'last 1000']);
  });
});

describe('what discounts are reckoned with', () => {
  const tiers = [tier('A', percent(50)), tier('B', percent(20), { categories: [category('b')] })];
  test.each<[Partial<StackingRules>, number]>([
    [{}, 1_000],
    [{ discount_calculation_mode: 'INITIAL_AMOUNT' }, 2_000],
    [{ initial_amount_mode_categories: ['cat_b'] }, 2_000],
    [{ discount_calculation_mode: 'INITIAL_AMOUNT', discounted_amount_mode_categories: ['b'] }, 1_000],
  ])('%j', (rules, discount) => expect(told(stack(tiers, rules))).toEqual(['A 5000', `B ${discount}`]));
});

describe('without an effect', () => {
  const nothing = tier('none', amount(0), { categories: [category('a')] });
  test('a redeemable is used all the same', () => expect(told(stack([nothing]))).toEqual(['none 0']));
  test('or skipped, as its category says', () => {
    const decision = stack([tier('A', amount(100)), nothing], { no_effect_skip_categories: ['cat_a'] });
    expect(decision.valid).toBe(true);
    expect(told(decision)).toEqual(['A 100', 'none no_effect']);
    expect(told(stack([nothing], { redeemables_no_effect_rule: 'SKIP', no_effect_redeem_anyway_categories: ['a'] }))).toEqual(['none 0']);
  });
  test('nothing is valid where all are skipped', () => {
    expect(stack([nothing], { redeemables_no_effect_rule: 'SKIP' }).valid).toBe(false);
  });
  test('a unit for nothing has one, whatever it costs', () => {
    const unit = tier('U', { type: 'UNIT', unit_off: 1, unit_type: 'gift', effect: 'ADD_NEW_ITEMS' });
    expect(told(stack([unit], { redeemables_no_effect_rule: 'SKIP' }))).toEqual(['U 0']);
  });
});

describe('BEST_DEAL', () => {
  const best = { redeemables_application_mode: 'BEST_DEAL' as const };
  test('chooses what together costs least', () => {
    const one = [category('one')];
    const tiers = [tier('A', amount(1_000), { categories: one }), tier('B', amount(3_000), { categories: one }), tier('C', percent(10))];
    expect(told(stack(tiers, best))).toEqual(['B 3000', 'C 700', 'A applicable_redeemables_per_category_limit_exceeded']);
  });
  test('uses up nothing that saves nothing', () => {
    expect(told(stack([tier('A', { type: 'FIXED', fixed_amount: 500 }), tier('B', { type: 'FIXED', fixed_amount: 100 })], best))).toEqual([
      'B 9900',
      'A better_deal_found',
    ]);
  });
  test('weighs an exclusive one against all others', () => {
    const rules = { ...best, exclusive_categories: ['vip'] };
    const vip = tier('vip', amount(1_500), { categories: [category('vip')] });
    expect(told(stack([vip, tier('A', amount(1_000)), tier('B', amount(400))], rules))).toEqual([
      'vip 1500',
      'A exclusion_rules_not_met',
      'B exclusion_rules_not_met',
    ]);
    expect(told(stack([vip, tier('A', amount(1_000)), tier('B', amount(600))], rules)).slice(0, 2)).toEqual(['A 1000', 'B 600']);
  });
  test('keeps the order of application, unless that is free too', () => {
    const tiers = [tier('A', amount(1_000)), tier('B', percent(10))];
    expect(told(stack(tiers, best))).toEqual(['A 1000', 'B 900']);
    expect(told(stack(tiers, { redeemables_sorting_rule: 'BEST_DEAL' }))).toEqual(['B 1000', 'A 1000']);
  });
  test('without an order is what applies', () => {
    expect(told(stack([tier('A', amount(1)), undefined], best, null))).toEqual(['A undefined', 'unknown1 not_found']);
  });
  test('ends for many redeemables and lines, with the best of them', () => {
    const many = Array.from({ length: 30 }, (_, index) => tier(`T${index}`, percent(index + 1)));
    const items = Array.from({ length: 500 }, () => ({ price: 100 }));
    const decision = stack(many, { redeemables_sorting_rule: 'BEST_DEAL' }, { items });
    expect(told(decision).slice(0, 5).toSorted()).toEqual(['T25', 'T26', 'T27', 'T28', 'T29'].map((id) => expect.stringContaining(id)));
  });
});
