import { countedByPeriod } from '../counting.ts';

export const redemptionCount = countedByPeriod({
  name: 'redemption.count',
  description: 'How often the voucher or promotion tier is redeemed',
  value: 'count',
  of: 'redeemable',
  measure: 'count',
});
