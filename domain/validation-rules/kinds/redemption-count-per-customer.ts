import { countedByPeriod } from '../counting.ts';

export const redemptionCountPerCustomer = countedByPeriod({
  name: 'redemption.count.per_customer',
  description: 'How often the customer redeems the voucher or promotion tier',
  value: 'count',
  of: 'redeemable',
  perCustomer: true,
  measure: 'count',
});
