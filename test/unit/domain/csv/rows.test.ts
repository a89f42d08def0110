import { describe, expect, test } from 'vitest';
import { columnKey, time, truth } from '../../../../domain/csv/cells.ts';
import { customerOfRow } from '../../../../domain/csv/customer-row.ts';
import { voucherOfRow } from '../../../../domain/csv/voucher-row.ts';

describe('a row of vouchers', () => {
  test('is the body that makes the voucher, by the headers of a Voucherify file', () => {
    expect(
      voucherOfRow({
        Code: 'A-1',
        'Voucher Type': 'DISCOUNT_VOUCHER',
        Value: '12.5',
        'Discount Type': 'PERCENT',
        Category: 'spring',
        'Start Date': '2026-03-01',
        'Expiration Date': '2026-04-01T10:30',
        'Redemption Limit': '3',
        'Redeemed Quantity': '0',
        'Redeemed Amount': '',
        Active: 'TRUE',
        'Additional Info': "'=note",
        till: '7',
      }),
    ).toEqual({
      code: 'A-1',
      type: 'DISCOUNT_VOUCHER',
      discount: { type: 'PERCENT', percent_off: 12.5 },
      category: 'spring',
      start_date: '2026-03-01',
      expiration_date: '2026-04-01T10:30:00Z',
      redemption: { quantity: 3 },
      active: true,
      additional_info: '=note',
      metadata: { till: '7' },
    });
  });

  test.each([
    [{ value: '500', discount_type: 'amount' }, { discount: { type: 'AMOUNT', amount_off: 500 } }],
    [{ value: '500' }, { discount: { type: 'AMOUNT', amount_off: 500 } }],
    [{ value: '990', discount_type: 'FIXED' }, { discount: { type: 'FIXED', fixed_amount: 990 } }],
    [
      { value: '1', discount_type: 'UNIT', discount_unit_type: 'prod_1', discount_unit_effect: 'ADD_NEW_ITEMS' },
      { discount: { type: 'UNIT', unit_off: 1, unit_type: 'prod_1', effect: 'ADD_NEW_ITEMS' } },
    ],
    [
      { value: '20', discount_type: 'PERCENT', discount_amount_limit: '900' },
      { discount: { type: 'PERCENT', percent_off: 20, amount_limit: 900 } },
    ],
    [
      { value: '5000', voucher_type: 'GIFT_VOUCHER' },
      { type: 'GIFT_VOUCHER', gift: { amount: 5000 } },
    ],
    [{ value: 'ten' }, { discount: { type: 'AMOUNT', amount_off: 'ten' } }],
  ])('says what it is worth: %j', (cells, expected) => {
    expect(voucherOfRow(cells)).toEqual(expected);
  });

  test('keeps metadata as JSON with columns of its own beside it, and says when it was redeemed elsewhere', () => {
    expect(voucherOfRow({ metadata: '{"a":{"b":1}}', shop: 'x' })).toEqual({ metadata: { a: { b: 1 }, shop: 'x' } });
    expect(voucherOfRow({ metadata: 'none', shop: 'x' })).toEqual({ metadata: 'none' });
    expect(voucherOfRow({ 'Redeemed Quantity': '2' })).toEqual({ redeemed_quantity: 2 });
  });

  test('passes over what an export tells beside', () => {
    expect(voucherOfRow({ id: 'v_1', campaign: 'c', created_at: '2026-01-01', code: 'A' })).toEqual({ code: 'A' });
  });
});

test('a row of customers is the body that makes the customer', () => {
  expect(
    customerOfRow({
      Name: 'Ada',
      Source_id: 'crm-1',
      Email: 'ada@example.com',
      Address_line_1: '1 Way',
      Address_Postal_Code: '0815',
      Phone: "'+49 1",
      tier: 'gold',
      id: 'cust_1',
    }),
  ).toEqual({
    name: 'Ada',
    source_id: 'crm-1',
    email: 'ada@example.com',
    address: { line_1: '1 Way', postal_code: '0815' },
    phone: '+49 1',
    metadata: { tier: 'gold' },
  });
});

test.each([
  ['2026-01-31', '2026-01-31'],
  ['2026-01-31T09', '2026-01-31T09:00:00Z'],
  ['2026-01-31 09:05', '2026-01-31T09:05:00Z'],
  ['2026-01-31T09:05:06.789123+0200', '2026-01-31T09:05:06.789+02:00'],
  ['2026-01-31T09:05:06Z', '2026-01-31T09:05:06Z'],
  ['31.01.2026', '31.01.2026'],
])('the time %s is %s', (cell, expected) => {
  expect(time(cell)).toBe(expected);
});

test('names of columns and truths are read as people write them', () => {
  expect(['Redemption Limit', 'redemption_limit', 'redemptionLimit'].map(columnKey)).toEqual(Array(3).fill('redemptionlimit'));
  expect(['YES', '0', 'perhaps'].map(truth)).toEqual([true, false, 'perhaps']);
});
