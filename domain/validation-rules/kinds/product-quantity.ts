import { compareItems } from '../items.ts';
import { NUMBERS } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const productQuantity: RuleKind = {
  name: 'product.quantity',
  description: 'How many units the item has; outside of a nested rule, any item',
  subject: 'order',
  value: 'count',
  operators: NUMBERS,
  ofItems: true,
  find: (node, scope) => compareItems(node, scope, ({ quantity }) => quantity),
};
