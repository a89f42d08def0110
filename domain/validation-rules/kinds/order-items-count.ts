import { NUMBERS } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderItemsCount: RuleKind = {
  name: 'order.items.count',
  description: 'How many different items the order has; within a nested rule, how many were found',
  subject: 'order',
  value: 'count',
  operators: NUMBERS,
  ofItems: true,
  read: (_node, { items }) => items.length,
};
