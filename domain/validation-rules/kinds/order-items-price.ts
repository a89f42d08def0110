import { compareItems } from '../items.ts';
import { NUMBERS } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderItemsPrice: RuleKind = {
  name: 'order.items.price',
  aliases: ['product.price'],
  description: 'What one unit of the item costs; outside of a nested rule, of any item',
  subject: 'order',
  value: 'amount',
  operators: NUMBERS,
  ofItems: true,
  find: (node, scope) => compareItems(node, scope, ({ price }) => price ?? undefined),
};
