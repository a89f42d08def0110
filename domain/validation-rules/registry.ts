import { apiKeyName } from './kinds/api-key-name.ts';
import { campaignDiscountApplied } from './kinds/campaign-discount-applied.ts';
import { campaignGiftCredits } from './kinds/campaign-gift-credits.ts';
import { campaignOrdersAmount } from './kinds/campaign-orders-amount.ts';
import { campaignRedemptionsCount } from './kinds/campaign-redemptions-count.ts';
import { campaignRedemptionsCountPerCustomer } from './kinds/campaign-redemptions-count-per-customer.ts';
import { customerMetadata } from './kinds/customer-metadata.ts';
import { customerSegment } from './kinds/customer-segment.ts';
import { orderAmount } from './kinds/order-amount.ts';
import { orderInitialAmount } from './kinds/order-initial-amount.ts';
import { orderItemsAggregatedAmount } from './kinds/order-items-aggregated-amount.ts';
import { orderItemsAggregatedQuantity } from './kinds/order-items-aggregated-quantity.ts';
import { orderItemsAny } from './kinds/order-items-any.ts';
import { orderItemsCount } from './kinds/order-items-count.ts';
import { orderItemsEvery } from './kinds/order-items-every.ts';
import { orderItemsMetadata } from './kinds/order-items-metadata.ts';
import { orderItemsNone } from './kinds/order-items-none.ts';
import { orderItemsPrice } from './kinds/order-items-price.ts';
import { orderItemsQuantity } from './kinds/order-items-quantity.ts';
import { orderMetadata } from './kinds/order-metadata.ts';
import { orderTotalAmount } from './kinds/order-total-amount.ts';
import { productCollection } from './kinds/product-collection.ts';
import { productDiscountApplicable } from './kinds/product-discount-applicable.ts';
import { productId } from './kinds/product-id.ts';
import { productMetadata } from './kinds/product-metadata.ts';
import { productQuantity } from './kinds/product-quantity.ts';
import { productSku } from './kinds/product-sku.ts';
import { publicationRedeemableByLinkedCustomer } from './kinds/publication-redeemable-by-linked-customer.ts';
import { redemptionCount } from './kinds/redemption-count.ts';
import { redemptionCountPerCustomer } from './kinds/redemption-count-per-customer.ts';
import { redemptionMetadata } from './kinds/redemption-metadata.ts';
import type { RuleKind } from './rule.ts';

/** Every kind of condition, from which docs and forms are made. A new one is a file in kinds/ and a line here and there. */
export const ruleKinds: readonly RuleKind[] = [
  customerSegment,
  customerMetadata,
  publicationRedeemableByLinkedCustomer,
  orderAmount,
  orderInitialAmount,
  orderTotalAmount,
  orderItemsCount,
  orderItemsQuantity,
  orderItemsAny,
  orderItemsEvery,
  orderItemsNone,
  orderItemsAggregatedAmount,
  orderItemsAggregatedQuantity,
  orderItemsPrice,
  orderItemsMetadata,
  orderMetadata,
  productId,
  productSku,
  productCollection,
  productMetadata,
  productQuantity,
  productDiscountApplicable,
  ...redemptionCount,
  ...redemptionCountPerCustomer,
  ...campaignRedemptionsCount,
  ...campaignRedemptionsCountPerCustomer,
  campaignDiscountApplied,
  campaignOrdersAmount,
  campaignGiftCredits,
  redemptionMetadata,
  apiKeyName,
];

/** Dots and underscores are written either way: `customer.segment`, `customer_segment`. */
const keyOf = (name: string): string => name.replaceAll('_', '.');

const byName = new Map(ruleKinds.flatMap((kind) => [kind.name, ...(kind.aliases ?? [])].map((name) => [keyOf(name), kind])));

export const findRuleKind = (name: string): RuleKind | undefined => byName.get(keyOf(name));
