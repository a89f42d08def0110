import { everyNamed, productNeeds } from '../items.ts';
import { EQUALITY } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderItemsEvery: RuleKind = {
  name: 'order.items.every',
  description: 'Every item is one of these products, SKUs or collections, and meets the nested rules',
  subject: 'order',
  value: 'product',
  operators: EQUALITY,
  nests: true,
  ofItems: true,
  find: everyNamed,
  needs: productNeeds,
};
