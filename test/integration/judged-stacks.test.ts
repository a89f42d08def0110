import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gift, ITEMS, off, outcomeOf, PARTIAL, percent, startJudge, type JudgedCart } from '../harness/judged-carts.ts';

/** Stacks that were reckoned by hand, with paper and the rules of docs/stacking.md, and asked of the API. */

let judge: Awaited<ReturnType<typeof startJudge>>;

beforeAll(async () => {
  judge = await startJudge();
});

afterAll(() => judge.stop());

const carts: JudgedCart[] = [
  // Stacks: each on what those before it left.
  ['10 %, then 5.00', { vouchers: { A: percent(10), B: off(500) }, order: 10_000 }, { discount: 1_500, total: 8_500 }],
  ['5.00, then 10 %', { vouchers: { A: percent(10), B: off(500) }, ask: ['B', 'A'], order: 10_000 }, { discount: 1_450, total: 8_550 }],
  ['10 % twice', { vouchers: { A: percent(10), B: percent(10) }, order: 10_000 }, { discount: 1_900, total: 8_100 }],
  [
    '10 % twice, of what it cost at first',
    { vouchers: { A: percent(10), B: percent(10) }, order: 10_000, rules: { discount_calculation_mode: 'INITIAL_AMOUNT' } },
    { discount: 2_000, total: 8_000 },
  ],
  [
    '60 % twice, of what it cost at first, and no more than is left',
    { vouchers: { A: percent(60), B: percent(60) }, order: 1_000, rules: { discount_calculation_mode: 'INITIAL_AMOUNT' } },
    { discount: 1_000, total: 0 },
  ],
  [
    'one category of what it cost at first, the other of what is left',
    {
      vouchers: { A: percent(10), B: { ...percent(10), category: 'first' } },
      order: 10_000,
      categories: ['first'],
      rules: { initial_amount_mode_categories: ['first'] },
    },
    { discount: 2_000, total: 8_000 },
  ],
  [
    'of items, then of the order',
    {
      vouchers: { A: percent(50, ITEMS), B: off(300) },
      order: [
        [1_000, 1],
        [200, 1],
      ],
    },
    { discount: 900, total: 300, shares: [750, 150] },
  ],
  // The order in which they apply.
  [
    'by the hierarchy of their categories',
    {
      vouchers: { A: { ...off(500), category: 'late' }, B: { ...percent(10), category: 'early' } },
      order: 10_000,
      categories: ['early', 'late'],
      rules: { redeemables_sorting_rule: 'CATEGORY_HIERARCHY' },
    },
    { discount: 1_500, total: 8_500, outcomes: { B: 'APPLICABLE', A: 'APPLICABLE' } },
  ],
  // What is left out.
  [
    'the second of a category',
    {
      vouchers: { A: { ...off(100), category: 'c' }, B: { ...off(900), category: 'c' }, C: off(10) },
      order: 1_000,
      categories: ['c'],
      rules: PARTIAL,
    },
    { discount: 110, total: 890, outcomes: { A: 'APPLICABLE', B: 'applicable_redeemables_per_category_limit_exceeded', C: 'APPLICABLE' } },
  ],
  [
    'what is beyond the limit of all',
    { vouchers: { A: off(100), B: off(900) }, order: 1_000, rules: { ...PARTIAL, applicable_redeemables_limit: 1 } },
    { discount: 100, total: 900, outcomes: { A: 'APPLICABLE', B: 'applicable_redeemables_limit_exceeded' } },
  ],
  [
    'what is beside an exclusive one, but for joint ones',
    {
      vouchers: { A: off(100), B: { ...off(200), category: 'alone' }, C: { ...off(50), category: 'joint' } },
      order: 1_000,
      categories: ['alone', 'joint'],
      rules: { ...PARTIAL, exclusive_categories: ['alone'], joint_categories: ['joint'] },
    },
    { discount: 250, total: 750, outcomes: { A: 'exclusion_rules_not_met', B: 'APPLICABLE', C: 'APPLICABLE' } },
  ],
  [
    'the second exclusive one',
    {
      vouchers: { A: { ...off(100), category: 'alone' }, B: { ...off(200), category: 'sole' } },
      order: 1_000,
      categories: ['alone', 'sole'],
      rules: { ...PARTIAL, exclusive_categories: ['alone', 'sole'] },
    },
    { discount: 100, total: 900, outcomes: { A: 'APPLICABLE', B: 'applicable_exclusive_redeemables_limit_exceeded' } },
  ],
  [
    'what has no effect',
    { vouchers: { A: off(1_000), B: percent(10) }, order: 1_000, rules: { ...PARTIAL, redeemables_no_effect_rule: 'SKIP' } },
    { discount: 1_000, total: 0, outcomes: { A: 'APPLICABLE', B: 'no_effect' } },
  ],
  [
    'what does not apply, in PARTIAL',
    { vouchers: { A: { ...off(100), active: false }, B: off(50) }, order: 1_000, rules: PARTIAL },
    { discount: 50, total: 950, outcomes: { A: 'voucher_disabled', B: 'APPLICABLE' } },
  ],
  // The best deal.
  [
    'of what may stand together',
    {
      vouchers: { A: percent(10), B: off(1_500), C: { ...off(2_000), category: 'alone' } },
      order: 10_000,
      categories: ['alone'],
      rules: { redeemables_application_mode: 'BEST_DEAL', exclusive_categories: ['alone'] },
    },
    { discount: 2_500, total: 7_500, outcomes: { A: 'APPLICABLE', B: 'APPLICABLE', C: 'better_deal_found' } },
  ],
  [
    'of the orders too: the percentage before the amount',
    { vouchers: { A: off(1_000), B: percent(50) }, order: 10_000, rules: { redeemables_sorting_rule: 'BEST_DEAL' } },
    { discount: 6_000, total: 4_000, outcomes: { B: 'APPLICABLE', A: 'APPLICABLE' } },
  ],
  // Gift cards pay what is left.
  ['a gift card after a discount', { vouchers: { A: percent(10), G: gift(3_000) }, order: 10_000 }, { discount: 4_000, total: 6_000 }],
  [
    'a gift card that has more than there is to pay',
    { vouchers: { A: percent(50), G: gift(8_000) }, order: 10_000 },
    { discount: 10_000, total: 0 },
  ],
];

describe('stacks reckoned by hand', () => {
  test.each(carts)('%s', async (_, cart, expected) => {
    const { told, reckoned } = await judge.judge(cart, expected);
    expect(told).toEqual(reckoned);
  });

  test('one that fails fails the whole, and leaves out those after it', async () => {
    const { validation, redeemed } = await judge.ask({
      vouchers: { A: off(100), B: { ...off(50), active: false }, C: off(10) },
      order: 1_000,
    });
    expect(validation.valid).toBe(false);
    expect(validation.redeemables.map(outcomeOf)).toEqual(['APPLICABLE', 'voucher_disabled', 'preceding_validation_failed']);
    expect(redeemed).toMatchObject({ status: 400, body: { key: 'voucher_disabled' } });
  });
});
