import { EVERY_OPERATOR } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const customerMetadata: RuleKind = {
  name: 'customer.metadata',
  description: "A field of the customer's metadata",
  subject: 'customer',
  value: 'any',
  operators: EVERY_OPERATOR,
  property: true,
  needsCustomer: true,
  read: ({ property }, { facts }) => facts.customer?.metadata[property!],
  needs: () => ({ customer: true }),
};
