import type { RuleKind } from '../rule.ts';

/** Always holds: it says that the discount is taken of what the outer rule found, which scope.ts sees to. */
export const productDiscountApplicable: RuleKind = {
  name: 'product.discount_applicable',
  description: 'The discount is taken of the items that the outer rule found, and of no others',
  subject: 'order',
  value: 'flag',
  operators: ['$is'],
  ofItems: true,
  find: () => ({ holds: true }),
};
