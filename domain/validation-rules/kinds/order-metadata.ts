import { EVERY_OPERATOR } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderMetadata: RuleKind = {
  name: 'order.metadata',
  description: "A field of the order's metadata",
  subject: 'order',
  value: 'any',
  operators: EVERY_OPERATOR,
  property: true,
  read: ({ property }, { facts }) => facts.order?.metadata[property!],
};
