import { someNamed, productNeeds } from '../items.ts';
import { COUNTS, EQUALITY } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderItemsAny: RuleKind = {
  name: 'order.items.any',
  description: 'Some item is one of these products, SKUs or collections, and meets the nested rules',
  subject: 'order',
  value: 'product',
  operators: [...EQUALITY, ...COUNTS],
  nests: true,
  ofItems: true,
  find: someNamed,
  needs: productNeeds,
};
