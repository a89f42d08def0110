import { NUMBERS } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderTotalAmount: RuleKind = {
  name: 'order.total_amount',
  description: 'What is left of the order after the redeemables that apply before this one',
  subject: 'order',
  value: 'amount',
  operators: NUMBERS,
  read: (_node, { facts }) => facts.order?.totalAmount ?? undefined,
};
