import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDiscount, openCart } from '../../../../domain/checkout/cart.ts';
import type { Candidate } from '../../../../domain/checkout/checks.ts';
import type { Discount } from '../../../../domain/discount/discount.ts';
import { worksOut } from '../../../../domain/discount/dynamic-discount.ts';
import { formulaNeeds, formulaProblem, workOut } from '../../../../domain/formula/formula.ts';
import type { FormulaFacts, FormulaItem } from '../../../../domain/formula/operands.ts';
import { WHOLE_ITEM } from '../../../../domain/checkout/item-scope.ts';

const item = (more: Partial<FormulaItem> = {}): FormulaItem => ({
  price: 600,
  amount: 1_200,
  subtotal: 1_000,
  quantity: 2,
  metadata: { size: 'XL' },
  productMetadata: { category: 'tools' },
  ...more,
});

const facts = (more: Partial<FormulaFacts> = {}): FormulaFacts => ({
  exponent: 2,
  at: Date.parse('2026-03-10T12:00:00Z'),
  zone: 'Europe/Berlin',
  orderAmount: 25_050,
  items: [item({ price: 2_000 }), item(), item({ subtotal: 900, quantity: 5 })],
  item: null,
  orderMetadata: { day_of_week: 5, store: 'Boston', tags: ['EU', 'B2B'] },
  customerMetadata: { visits: 12, tier: 'VIP', value: 75.55, vat: 0.1 },
  birthdate: '1990-03-10',
  redemptionMetadata: { channel: 'shop_app' },
  eventMetadata: null,
  redeemableMetadata: { base: 7 },
  quantity: 10,
  redeemed: 4,
  startsAt: Date.parse('2026-03-01T00:00:00Z'),
  endsAt: null,
  ...more,
});

const units = (text: string, more: Partial<FormulaFacts> = {}) => workOut(`(${text}) * 1000`, 'units', facts(more));
const amount = (text: string, more: Partial<FormulaFacts> = {}) => workOut(text, 'amount', facts(more));
const percent = (text: string, more: Partial<FormulaFacts> = {}) => workOut(text, 'percent', facts(more));

describe('a formula', () => {
  test.each<[string, number]>([
    ['1 + 2 * 3', 7_000],
    ['(1 + 2) * 3', 9_000],
    ['10 - 4 - 3', 3_000],
    ['-2 + 5', 3_000],
    ['7 % 4', 3_000],
    ['2 x 3 ÷ 4', 1_500],
    ['MIN(4; 2.5; 3)', 2_500],
    ['MAX(4; 2.5, 3)', 4_000],
    ['POW(2; 5)', 32_000],
    ['0.1 + 0.2', 300],
    ['ROUND(CUSTOMER_METADATA("value");1)', 75_600],
    ['ROUND(CUSTOMER_METADATA("value");0)', 76_000],
    ['ROUND(CUSTOMER_METADATA("value");-1)', 80_000],
    ['FLOOR(CUSTOMER_METADATA("value");1)', 75_500],
    ['FLOOR(CUSTOMER_METADATA("value"))', 75_000],
    ['FLOOR(CUSTOMER_METADATA("value");-1)', 70_000],
    ['CEIL(74.44;1)', 74_500],
    ['CEIL(74.44;0)', 75_000],
    ['CEIL(74.44;-1)', 80_000],
    ['IF(CUSTOMER_METADATA("visits") > 10 AND ORDER_METADATA("day_of_week") = 5;20;3)', 20_000],
    ['IF(CUSTOMER_METADATA("visits") > 20 OR ORDER_METADATA("day_of_week") = 4;20;3)', 3_000],
    ['IF(ORDER_ITEMS_QUANTITY > 2;IF(ORDER_AMOUNT > 200;25;15);10)', 25_000],
    ['SWITCH(ORDER_METADATA("store");SWITCH_CASE("Boston";10) SWITCH_CASE("New York";15);5)', 10_000],
    ['SWITCH(ORDER_METADATA("store");SWITCH_CASE("Rome";10);5)', 5_000],
    ['DEFAULT_TO(REDEMPTION_METADATA("points") / 2;5)', 5_000],
    ['IF(CUSTOMER_METADATA("tier") is "VIP";25;10)', 25_000],
    ['IF(CUSTOMER_METADATA("tier") isNot "VIP";25;10)', 10_000],
    ['IF(REDEMPTION_METADATA("channel") startsWith "shop_";1;0)', 1_000],
    ['IF(REDEMPTION_METADATA("channel") endsWith "_sms";1;0)', 0],
    ['IF(ORDER_METADATA("tags") contains "EU";1;0)', 1_000],
    ['IF(ORDER_METADATA("store") IN_ARRAY "Rome, Boston";1;0)', 1_000],
    ['IF(ORDER_METADATA("day_of_week") NOT_IN_ARRAY (1;2;5);1;0)', 0],
    ['ORDER_UNITS_QUANTITY', 9_000],
    ['CHEAPEST_ORDER_ITEM_UNITS_QUANTITY', 5_000],
    ['MOST_EXPENSIVE_ORDER_ITEM_PRICE', 20_000],
    ['VOUCHER_REDEMPTION_QUANTITY - VOUCHER_REDEEMED_QUANTITY', 6_000],
    ['REDEEMABLE_METADATA("base")', 7_000],
    ['YEARS_SINCE(CUSTOMER_BIRTHDATE)', 36_000],
    ['MONTH(TODAY) * 100 + DAY_OF_MONTH(NOW)', 310_000],
    ['DAYS_SINCE(VOUCHER_START_DATE)', 9_000],
    ['DAYS_UNTIL(DATE("2026-03-15"))', 5_000],
    ['IF(DATE("2026-03-10") DATE_IS TODAY;1;0)', 1_000],
    ['IF(TODAY IS_AFTER DATE_TIME("2026-03-10T00:00:00.000Z");1;0)', 0],
  ])('%s', (text, expected) => expect(units(text)).toBe(expected));

  test('is in major units of the currency, and rounded half up to minor ones', () => {
    expect(amount('ORDER_AMOUNT * 0.15')).toBe(3_758);
    expect(amount('IF(ORDER_AMOUNT > 400;0;20)')).toBe(2_000);
    expect(amount('ORDER_AMOUNT / 10', { exponent: 0, orderAmount: 1_005 })).toBe(101);
    expect(amount('0.0005', { exponent: 3 })).toBe(1);
    expect(amount('ORDER_ITEM_PRICE * 0.01 + 1', { item: item() })).toBe(106);
    expect(amount('1 / 3')).toBe(33);
    expect(amount('0 - 5')).toBe(0);
  });

  test('of percentages is between 0 and 100', () => {
    expect(percent('1 / 3')).toBe(0.333);
    expect(percent('250')).toBe(100);
    expect(percent('0 - 1')).toBe(0);
  });

  test.each([
    'CUSTOMER_METADATA("unknown") * 2',
    '1 / (ORDER_ITEMS_QUANTITY - 3)',
    'CUSTOMER_METADATA("tier") + 1',
    'ORDER_ITEM_PRICE',
    'POW(10; 64)',
    'POW(2; 0.5)',
    'POW(2; 65)',
    'DATE("tomorrow")',
    'IF(5;1;2)',
    'CUSTOMER_METADATA("tier")',
    'VOUCHER_EXPIRATION_DATE',
    'DAYS_UNTIL(VOUCHER_EXPIRATION_DATE)',
    'SWITCH(1;SWITCH_CASE(2;3) SWITCH_CASE(4;5))',
    '99999999999999999999',
  ])('%s has no value here', (text) => expect(amount(text)).toBeNull());

  test.each<[string, RegExp]>([
    ['', /is empty/],
    ['1 +', /ends where a value should be/],
    ['(1', /ends where "\)"/],
    ['1 2', /has "2" at 2, where an operator, or the end, should be/],
    ['ORDER_TOTAL', /has "ORDER_TOTAL" at 1, which is not known here/],
    ['PUBLICATION_METADATA("year")', /not known/],
    ['MIN()', /MIN takes 1 to 20 values, not 0/],
    ['ORDER_METADATA(day)', /the name of a field in quotes/],
    ['constructor', /not known/],
    ['1 ~ 2', /cannot be read/],
    [`${'('.repeat(40)}1`, /within each other/],
    [`1${'+1'.repeat(300)}`, /more than 500 parts/],
    ['1'.repeat(2_001), /longer than 2000/],
    ['ORDER_ITEM_PRICE', /goes with discounts that are taken of items/],
  ])('%s is refused', (text, problem) => expect(formulaProblem(text, { ofItems: false })).toMatch(problem));

  test('says what has to be read for it', () => {
    expect(formulaNeeds('IF(CUSTOMER_METADATA("a") > 1;ORDER_AMOUNT;1)')).toEqual({ customer: true, products: false });
    expect(formulaNeeds('CHEAPEST_ORDER_ITEM_PRODUCT_METADATA("a")')).toEqual({ customer: false, products: true });
  });

  test('of any text and any metadata is refused or worked out, and never breaks', () => {
    const part = fc.constantFrom(
      ...'1 0.5 "a" ( ) ; + - * / % = > < x is contains IN_ARRAY AND OR IF( MIN( POW( ROUND( SWITCH( SWITCH_CASE( DEFAULT_TO( DATE('.split(
        ' ',
      ),
      ...'TODAY NOW ORDER_AMOUNT ORDER_ITEM_PRICE ORDER_METADATA("m") CUSTOMER_METADATA("m") CUSTOMER_BIRTHDATE DAYS_SINCE('.split(' '),
    );
    const text = fc.oneof(
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join(' ')),
      fc.string({ maxLength: 30 }),
    );
    const property = fc.property(text, fc.jsonValue(), (formula, m) => {
      if (formulaProblem(formula, { ofItems: true }) !== null) return;
      const value = amount(formula, { orderMetadata: { m }, customerMetadata: { m }, item: item() });
      if (value !== null && !(Number.isSafeInteger(value) && value >= 0)) throw new Error(`${formula} is ${value}`);
    });
    expect(fc.check(property, { numRuns: 10_000 }).failed).toBe(false);
  });
});

describe('a discount with a formula', () => {
  const cart = openCart({ items: [{ price: 1_000, quantity: 3 }, { price: 250 }] })!;
  const candidate = (metadata: Record<string, unknown> = {}) =>
    ({
      redeemable: { object: 'voucher', metadata: {}, quantity: null, redeemed: 0, startsAt: null, endsAt: null },
      by: { at: 0, zone: 'UTC' },
      checkout: { facts: { customer: null, items: [], orderMetadata: metadata, metadata: {}, apiKeyName: null }, currency: 'USD' },
    }) as unknown as Candidate;
  const apply = (discount: Discount, metadata?: Record<string, unknown>, items: Parameters<typeof worksOut>[3] = null) => {
    const found = worksOut(candidate(metadata), cart, discount, items);
    return { ...found, shares: applyDiscount(cart, found.discount, found).step.shares };
  };

  test('takes what it comes to, or its figure where it comes to nothing', () => {
    const discount: Discount = { type: 'AMOUNT', amount_off: 100, amount_off_formula: 'ORDER_METADATA("off") * 2' };
    expect(apply(discount, { off: 3.25 })).toMatchObject({ discount: { amount_off: 650, is_dynamic: true }, shares: [600, 50] });
    expect(apply(discount)).toMatchObject({ discount, shares: [92, 8] });
    expect(apply({ type: 'PERCENT', percent_off: 0, percent_off_formula: 'ORDER_ITEMS_QUANTITY * 5' }).shares).toEqual([300, 25]);
    expect(apply({ type: 'FIXED', fixed_amount: 0, fixed_amount_formula: 'ORDER_AMOUNT - 1' }).shares).toEqual([92, 8]);
  });

  test('takes of each item what it comes to for that', () => {
    const each = { amount_off: 0, amount_off_formula: 'ORDER_ITEM_PRICE * 0.1' };
    expect(apply({ type: 'AMOUNT', effect: 'APPLY_TO_ITEMS', ...each })).toMatchObject({
      discount: { is_dynamic: true },
      shares: [100, 25],
    });
    expect(apply({ type: 'AMOUNT', effect: 'APPLY_TO_ITEMS_BY_QUANTITY', ...each }).shares).toEqual([300, 25]);
    const percentOff = { percent_off: 0, percent_off_formula: 'IF(ORDER_ITEM_UNITS_QUANTITY > 2;50;10)' };
    expect(apply({ type: 'PERCENT', effect: 'APPLY_TO_ITEMS', ...percentOff }).shares).toEqual([1_500, 25]);
  });

  test('makes as many units free', () => {
    const discount: Discount = { type: 'UNIT', unit_off: 1, unit_type: 'tea', unit_off_formula: 'FLOOR(ORDER_UNITS_QUANTITY / 2)' };
    expect(apply(discount).discount).toMatchObject({ unit_off: 2, is_dynamic: true });
  });

  test('has the price of a scope for each item', () => {
    const bound = { ...WHOLE_ITEM, price: 900, priceFormula: 'IF(ORDER_ITEM_PRICE > 5;ORDER_ITEM_PRICE * 0.8;ORDER_METADATA("none"))' };
    const scope = { items: [bound, bound], groups: [] };
    expect(apply({ type: 'FIXED', fixed_amount: 0, effect: 'APPLY_TO_ITEMS' }, {}, scope).shares).toEqual([600, 0]);
  });
});
