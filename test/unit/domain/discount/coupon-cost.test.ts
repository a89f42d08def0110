import { expect, test } from 'vitest';
import { costOfUse } from '../../../../domain/discount/coupon-cost.ts';
import type { VoucherTemplate } from '../../../../domain/voucher/template.ts';

const cost = (discount: VoucherTemplate['discount'], orderAmount: number | null = null) => costOfUse({ discount }, orderAmount);

test.each([
  ['an amount off the order', { type: 'AMOUNT', amount_off: 500 }, null, 500],
  ['an amount off a small order', { type: 'AMOUNT', amount_off: 500 }, 300, 300],
  ['an amount off each item', { type: 'AMOUNT', amount_off: 500, effect: 'APPLY_TO_ITEMS' }, null, null],
  [
    'an amount off each item with a limit',
    { type: 'AMOUNT', amount_off: 500, effect: 'APPLY_TO_ITEMS', aggregated_amount_limit: 800 },
    null,
    800,
  ],
  ['a percentage', { type: 'PERCENT', percent_off: 10 }, null, null],
  ['a percentage with a limit', { type: 'PERCENT', percent_off: 10, amount_limit: 900 }, null, 900],
  ['a percentage of an order', { type: 'PERCENT', percent_off: 10 }, 20_000, 2000],
  ['a percentage of a dear order with a limit', { type: 'PERCENT', percent_off: 10, amount_limit: 900 }, 20_000, 900],
  ['a percentage that does not come out even', { type: 'PERCENT', percent_off: 33.333 }, 100, 34],
  ['a fixed price', { type: 'FIXED', fixed_amount: 1500 }, 2000, 500],
  ['a fixed price above the order', { type: 'FIXED', fixed_amount: 1500 }, 1000, 0],
  ['free units', { type: 'UNIT', unit_off: 1, unit_type: 'prod_1' }, 2000, null],
] as const)('%s costs at most what is known of it', (_what, discount, orderAmount, most) => {
  expect(cost(discount as VoucherTemplate['discount'], orderAmount)).toBe(most);
});

test('a gift card costs at most its balance', () => {
  expect(costOfUse({ gift: { amount: 2500, effect: 'APPLY_TO_ORDER' } }, null)).toBe(2500);
});
