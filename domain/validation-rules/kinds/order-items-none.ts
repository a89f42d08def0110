import { noneNamed, productNeeds } from '../items.ts';
import { EQUALITY } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderItemsNone: RuleKind = {
  name: 'order.items.none',
  description: 'No item is one of these products, SKUs or collections and meets the nested rules',
  subject: 'order',
  value: 'product',
  operators: EQUALITY,
  nests: true,
  ofItems: true,
  find: noneNamed,
  needs: productNeeds,
};
