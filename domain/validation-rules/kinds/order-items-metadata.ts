import { compareItems } from '../items.ts';
import { EVERY_OPERATOR } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const orderItemsMetadata: RuleKind = {
  name: 'order.items.metadata',
  description: "A field of the item's own metadata; outside of a nested rule, of any item",
  subject: 'order',
  value: 'any',
  operators: EVERY_OPERATOR,
  property: true,
  ofItems: true,
  find: (node, scope) => compareItems(node, scope, ({ metadata }) => metadata[node.property!]),
};
