import type { VoucherTemplate } from '../voucher/template.ts';

/**
 * The most that one use of a voucher can cost, in minor units; null where that has no bound that is known without the order.
 * @param orderAmount what an order is assumed to cost at most, in minor units; null: nothing is assumed
 */
export const costOfUse = ({ discount, gift }: Pick<VoucherTemplate, 'discount' | 'gift'>, orderAmount: number | null): number | null => {
  const bounds = [orderAmount];
  if (gift !== undefined) bounds.push(gift.amount);
  switch (discount?.type) {
    case 'AMOUNT':
      if ((discount.effect ?? 'APPLY_TO_ORDER') === 'APPLY_TO_ORDER' && !discount.amount_off_formula) bounds.push(discount.amount_off);
      bounds.push(discount.aggregated_amount_limit ?? null);
      break;
    case 'PERCENT':
      if (orderAmount !== null && !discount.percent_off_formula) bounds.push(Math.ceil((orderAmount * discount.percent_off) / 100));
      if ((discount.effect ?? 'APPLY_TO_ORDER') === 'APPLY_TO_ORDER') bounds.push(discount.amount_limit ?? null);
      bounds.push(discount.aggregated_amount_limit ?? null);
      break;
    case 'FIXED':
      if (orderAmount !== null && (discount.effect ?? 'APPLY_TO_ORDER') === 'APPLY_TO_ORDER' && !discount.fixed_amount_formula)
        bounds.push(Math.max(0, orderAmount - discount.fixed_amount));
      break;
    case 'UNIT':
      // Free units cost what they are sold for, whatever the order costs beside them.
      return null;
    case undefined:
      break;
  }
  const known = bounds.filter((bound) => bound !== null);
  return known.length === 0 ? null : Math.min(...known);
};
