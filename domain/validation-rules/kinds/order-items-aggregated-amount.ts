import { NUMBERS } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderItemsAggregatedAmount: RuleKind = {
  name: 'order.items.aggregated_amount',
  description: 'What all items cost together before discounts; within a nested rule, those that were found',
  subject: 'order',
  value: 'amount',
  operators: NUMBERS,
  ofItems: true,
  read: (_node, { items }) => items.reduce((sum, { amount }) => sum + amount, 0),
};
