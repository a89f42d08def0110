import { NUMBERS } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderItemsAggregatedQuantity: RuleKind = {
  name: 'order.items.aggregated_quantity',
  description: 'How many units there are of all items together; within a nested rule, of those that were found',
  subject: 'order',
  value: 'count',
  operators: NUMBERS,
  ofItems: true,
  read: (_node, { items }) => items.reduce((sum, { quantity }) => sum + quantity, 0),
};
