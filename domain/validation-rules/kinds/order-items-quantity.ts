import { NUMBERS } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderItemsQuantity: RuleKind = {
  name: 'order.items.quantity',
  aliases: ['order.items.total_quantity'],
  description: 'How many units the order has; within a nested rule, how many the item has',
  subject: 'order',
  value: 'count',
  operators: NUMBERS,
  ofItems: true,
  read: (_node, { items, item }) => (item ? item.quantity : items.reduce((sum, { quantity }) => sum + quantity, 0)),
};
