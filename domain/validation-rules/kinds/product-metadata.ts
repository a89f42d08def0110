import { itemsWith, lookedAt, someFound } from '../items.ts';
import { EVERY_OPERATOR } from '../operators.ts';
import type { RuleKind } from '../rule.ts';

export const productMetadata: RuleKind = {
  name: 'product.metadata',
  aliases: ['sku.metadata'],
  description: 'A field of the metadata of a product or SKU; outside of a nested rule, of any item',
  subject: 'order',
  value: 'any',
  operators: EVERY_OPERATOR,
  property: true,
  nests: true,
  ofItems: true,
  find: (node, scope, nested) =>
    someFound(
      node,
      itemsWith(node, lookedAt(scope), ({ productMetadata: known }) => known[node.property!]),
      nested,
    ),
  needs: () => ({ products: true }),
};
