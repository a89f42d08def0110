import { productId } from './product-id.ts';
import type { RuleKind } from '../rule.ts';

export const productCollection: RuleKind = {
  ...productId,
  name: 'product.collection',
  aliases: ['products_collection', 'product.collection.id'],
  description: 'Some item is in one of these product collections',
  needs: ({ conditions }) => ({
    products: true,
    collections: conditions.flatMap(({ values }) =>
      values.map((value) => (typeof value === 'string' ? value : (value as { id: string }).id)),
    ),
  }),
};
