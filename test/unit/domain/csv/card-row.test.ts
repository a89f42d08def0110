import { expect, test } from 'vitest';
import { cardOfRow } from '../../../../domain/csv/card-row.ts';

test.each([
  [
    'what a file of cards says',
    { Code: 'GOLD-1', Active: 'FALSE', 'Loyalty Points': '100', Category: 'Grand', Season: 'Spring' },
    { code: 'GOLD-1', active: false, loyalty_card: { points: 100 }, category: 'Grand', metadata: { Season: 'Spring' } },
  ],
  [
    'what is left, and whose it is, of an export',
    {
      code: 'GOLD-1',
      voucher_type: 'LOYALTY_CARD',
      value: '300',
      loyalty_balance: '120',
      customer_source_id: 'ada',
      customer_id: 'cust_1',
    },
    { code: 'GOLD-1', type: 'LOYALTY_CARD', loyalty_card: { points: 120 }, customer: { source_id: 'ada' } },
  ],
  [
    'points that are no number, for the check to refuse',
    { Code: 'A', 'Loyalty Points': 'many' },
    { code: 'A', loyalty_card: { points: 'many' } },
  ],
  ['nothing of empty cells', { Code: 'A', 'Loyalty Points': '', 'Customer Name': '' }, { code: 'A' }],
  [
    'a text that a spreadsheet would reckon with as it is',
    { Code: 'A', 'Customer Source Id': "'+41", 'Customer Email': 'ada@example.com' },
    { code: 'A', customer: { source_id: '+41', email: 'ada@example.com' } },
  ],
])('a row of a card reads %s', (_, cells, body) => {
  expect(cardOfRow(cells as unknown as Record<string, string>)).toEqual(body);
});
