import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCategoryRoutes } from '../../api/routes/categories.ts';
import { createStackingRuleRoutes } from '../../api/routes/stacking-rules.ts';
import type { StackingRules } from '../../domain/checkout-stacking.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

/** Carts that were reckoned by hand, with paper and the rules of docs/discounts.md and docs/stacking.md, and asked of the API. */

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;

beforeAll(async () => {
  database = await createDatabase();
  checkout = createCheckout(database.sql);
  await checkout.maintain();
  const deps = { sql: database.sql, now: () => new Date() };
  const routes = [...checkoutRoutes(database.sql, checkout), ...createCategoryRoutes(deps), ...createStackingRuleRoutes(deps)];
  api = await startApi(database.sql, { routes });
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

type Json = Record<string, unknown>;

interface Cart {
  /** Bodies of vouchers, by their codes. */
  vouchers: Record<string, Json>;
  /** What is asked, in this order; all vouchers as they stand where it is left out. */
  ask?: string[];
  /** Price and quantity of each item, or an amount. */
  order: number | [price: number, quantity: number][];
  rules?: Partial<StackingRules>;
  /** By hierarchy from 1 on. */
  categories?: string[];
  currency?: string;
}

interface Expected {
  total: number;
  discount: number;
  /** What all discounts take of each item. */
  shares?: number[];
  /** What becomes of each, in the order of the answer. */
  outcomes?: Record<string, string>;
}

const percent = (percent_off: number, more: Json = {}) => ({ discount: { type: 'PERCENT', percent_off, ...more } });
const off = (amount_off: number, more: Json = {}) => ({ discount: { type: 'AMOUNT', amount_off, ...more } });
const fixed = (fixed_amount: number, more: Json = {}) => ({ discount: { type: 'FIXED', fixed_amount, ...more } });
const free = (unit_off: number, unit_type: string, effect = 'ADD_MISSING_ITEMS') => ({
  discount: { type: 'UNIT', unit_off, unit_type, effect },
});
const gift = (amount: number) => ({ type: 'GIFT_VOUCHER', gift: { amount } });
const ITEMS = { effect: 'APPLY_TO_ITEMS' };
const BY_QUANTITY = { effect: 'APPLY_TO_ITEMS_BY_QUANTITY' };
const SPREAD = { effect: 'APPLY_TO_ITEMS_PROPORTIONALLY' };
const SPREAD_BY_QUANTITY = { effect: 'APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY' };
const PARTIAL = { redeemables_application_mode: 'PARTIAL' as const };

const ok = async (reply: Promise<Reply>): Promise<Reply['body']> => {
  const { status, body } = await reply;
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

/** Asks it of a project of its own, as a validation and as a redemption. */
const ask = async ({ vouchers, ask: codes = Object.keys(vouchers), order: given, rules, categories = [], currency }: Cart) => {
  const call = api.as(await createProject(database.sql, currency === undefined ? {} : { currency }));
  for (const [index, name] of categories.entries()) await ok(call('POST', '/v1/categories', { name, hierarchy: index + 1 }));
  if (rules) await ok(call('PUT', '/v1/stacking-rules', rules));
  for (const [code, body] of Object.entries(vouchers)) await ok(call('POST', `/v1/vouchers/${code}`, body));
  const items = typeof given === 'number' ? null : given.map(([price, quantity], index) => ({ product_id: `p${index}`, price, quantity }));
  const body = { redeemables: codes.map((id) => ({ object: 'voucher', id })), order: items ? { items } : { amount: given } };
  return { validation: await ok(call('POST', '/v1/validations', body)), redeemed: await call('POST', '/v1/redemptions', body) };
};

interface Outcome {
  id: string;
  status: string;
  result: { details?: { key: string }; error?: { key: string } };
}

const outcomeOf = (each: Outcome): string => each.result.error?.key ?? each.result.details?.key ?? each.status;

const carts: [string, Cart, Expected][] = [
  // Percentages: once, half up.
  ['10 % of 114.99 is 11.50', { vouchers: { A: percent(10) }, order: 11_499 }, { discount: 1_150, total: 10_349 }],
  ['12.5 % of 10.04 is 1.255, so 1.26', { vouchers: { A: percent(12.5) }, order: 1_004 }, { discount: 126, total: 878 }],
  ['33.333 % of 0.03 is 0.01', { vouchers: { A: percent(33.333) }, order: 3 }, { discount: 1, total: 2 }],
  ['10 % of 0.04 is 0.00', { vouchers: { A: percent(10) }, order: 4 }, { discount: 0, total: 4 }],
  ['15 % of 1010 yen are 152', { vouchers: { A: percent(15) }, order: 1_010, currency: 'JPY' }, { discount: 152, total: 858 }],
  ['7.5 % of 12.345 dinars are 0.926', { vouchers: { A: percent(7.5) }, order: 12_345, currency: 'KWD' }, { discount: 926, total: 11_419 }],
  [
    '10 % of each line, each rounded',
    {
      vouchers: { A: percent(10, ITEMS) },
      order: [
        [15, 1],
        [15, 1],
        [14, 1],
      ],
    },
    { discount: 5, total: 39, shares: [2, 2, 1] },
  ],
  [
    '10 % of the order, rounded once and shared out',
    {
      vouchers: { A: percent(10) },
      order: [
        [15, 1],
        [15, 1],
        [14, 1],
      ],
    },
    { discount: 4, total: 40, shares: [2, 1, 1] },
  ],
  // Limits.
  ['20 %, at most 5.00', { vouchers: { A: percent(20, { amount_limit: 500 }) }, order: 10_000 }, { discount: 500, total: 9_500 }],
  [
    '20 % of lines, at most 5.00 of each',
    {
      vouchers: { A: percent(20, { ...ITEMS, amount_limit: 500 }) },
      order: [
        [10_000, 1],
        [1_000, 1],
      ],
    },
    { discount: 700, total: 10_300, shares: [500, 200] },
  ],
  [
    '20 % of lines, at most 15.00 of all',
    {
      vouchers: { A: percent(20, { ...ITEMS, aggregated_amount_limit: 1_500 }) },
      order: [
        [10_000, 1],
        [5_000, 1],
      ],
    },
    { discount: 1_500, total: 13_500, shares: [1_000, 500] },
  ],
  ['never more than there is', { vouchers: { A: off(9_999) }, order: 500 }, { discount: 500, total: 0 }],
  // Shares: floor, then the largest remainders, on a tie the earlier line.
  [
    'three lines that tie',
    {
      vouchers: { A: off(1_000, SPREAD) },
      order: [
        [1_000, 1],
        [1_000, 1],
        [1_000, 1],
      ],
    },
    { discount: 1_000, total: 2_000, shares: [334, 333, 333] },
  ],
  [
    'two cents over three lines that tie',
    {
      vouchers: { A: off(2) },
      order: [
        [700, 1],
        [700, 1],
        [700, 1],
      ],
    },
    { discount: 2, total: 2_098, shares: [1, 1, 0] },
  ],
  [
    'the largest remainder: 49.95, 25 and 25.05',
    {
      vouchers: { A: off(100, SPREAD) },
      order: [
        [999, 1],
        [500, 1],
        [501, 1],
      ],
    },
    { discount: 100, total: 1_900, shares: [50, 25, 25] },
  ],
  [
    'by what the lines cost',
    {
      vouchers: { A: off(1_000, SPREAD) },
      order: [
        [1_000, 2],
        [1_500, 3],
        [2_000, 3],
      ],
    },
    { discount: 1_000, total: 11_500, shares: [160, 360, 480] },
  ],
  [
    'by their quantities',
    {
      vouchers: { A: off(1_000, SPREAD_BY_QUANTITY) },
      order: [
        [1_000, 2],
        [1_500, 3],
        [2_000, 3],
      ],
    },
    { discount: 1_000, total: 11_500, shares: [250, 375, 375] },
  ],
  [
    'by quantities, where a line cannot take its part',
    {
      vouchers: { A: off(1_000, SPREAD_BY_QUANTITY) },
      order: [
        [10, 9],
        [5_000, 1],
      ],
    },
    { discount: 1_000, total: 4_090, shares: [90, 910] },
  ],
  // Each line, each unit, a new price.
  [
    'off each line',
    {
      vouchers: { A: off(500, ITEMS) },
      order: [
        [1_000, 3],
        [300, 1],
      ],
    },
    { discount: 800, total: 2_500, shares: [500, 300] },
  ],
  [
    'off each unit',
    {
      vouchers: { A: off(300, BY_QUANTITY) },
      order: [
        [1_000, 3],
        [200, 2],
      ],
    },
    { discount: 1_300, total: 2_100, shares: [900, 400] },
  ],
  ['the order costs 50.00', { vouchers: { A: fixed(5_000) }, order: 7_999 }, { discount: 2_999, total: 5_000 }],
  ['a new price is never a higher one', { vouchers: { A: fixed(5_000) }, order: 4_999 }, { discount: 0, total: 4_999 }],
  [
    'each unit costs 7.00',
    {
      vouchers: { A: fixed(700, ITEMS) },
      order: [
        [1_000, 2],
        [500, 1],
      ],
    },
    { discount: 600, total: 1_900, shares: [600, 0] },
  ],
  // Units.
  [
    'one of two is free',
    {
      vouchers: { A: free(1, 'p0') },
      order: [
        [300, 2],
        [500, 1],
      ],
    },
    { discount: 300, total: 800, shares: [300, 0] },
  ],
  ['one is added and free', { vouchers: { A: free(1, 'p0', 'ADD_NEW_ITEMS') }, order: [[300, 2]] }, { discount: 300, total: 600 }],
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

describe('carts reckoned by hand', () => {
  test.each(carts)('%s', async (_, cart, { total, discount, shares, outcomes }) => {
    const { validation, redeemed } = await ask(cart);
    expect(validation.order).toMatchObject({ total_discount_amount: discount, total_amount: total });
    expect(redeemed, JSON.stringify(redeemed.body)).toMatchObject({ status: 200, body: { order: { total_amount: total } } });
    const taken = validation.order.items?.map((item: Json) => item['total_applied_discount_amount']);
    expect(taken).toEqual(shares ?? taken);
    const { redeemables, skipped_redeemables: skipped = [], inapplicable_redeemables: inapplicable = [] } = validation;
    const told: [string, string][] = [...redeemables, ...skipped, ...inapplicable].map((each: Outcome) => [each.id, outcomeOf(each)]);
    expect(Object.fromEntries(told)).toEqual(outcomes ?? Object.fromEntries(told));
    const applying = Object.entries(outcomes ?? Object.fromEntries(told)).flatMap(([code, outcome]) =>
      outcome === 'APPLICABLE' ? [code] : [],
    );
    expect(redeemables.filter((each: Outcome) => each.status === 'APPLICABLE').map((each: Outcome) => each.id)).toEqual(applying);
  });

  test('one that fails fails the whole, and leaves out those after it', async () => {
    const { validation, redeemed } = await ask({ vouchers: { A: off(100), B: { ...off(50), active: false }, C: off(10) }, order: 1_000 });
    expect(validation.valid).toBe(false);
    expect(validation.redeemables.map(outcomeOf)).toEqual(['APPLICABLE', 'voucher_disabled', 'preceding_validation_failed']);
    expect(redeemed).toMatchObject({ status: 400, body: { key: 'voucher_disabled' } });
  });
});
