import { productId } from './product-id.ts';
import type { RuleKind } from '../rule.ts';

export const productSku: RuleKind = {
  ...productId,
  name: 'product.sku',
  aliases: ['sku.id'],
  description: 'Some item is one of these SKUs',
};
