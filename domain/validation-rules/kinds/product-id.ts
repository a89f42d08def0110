import { someNamed, productNeeds } from '../items.ts';
import { COUNTS, EQUALITY } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const productId: RuleKind = {
  name: 'product.id',
  description: 'Some item is one of these products',
  subject: 'order',
  value: 'product',
  operators: [...EQUALITY, ...COUNTS],
  nests: true,
  ofItems: true,
  find: someNamed,
  needs: productNeeds,
};
