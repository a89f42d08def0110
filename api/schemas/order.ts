import { z } from 'zod';
import { lineAmount } from '../../domain/checkout/cart.ts';
import { someCustomer } from './customer.ts';
import { amount, metadata, name, text } from './fields.ts';

const MAX_ITEMS = 500;
const QUANTITY_MAX = 1_000_000_000;

/** What answers tell of an order: taken back in a request, since shops send what they got, and calculated anew. */
const calculated = {
  object: z.unknown().optional(),
  initial_amount: z.unknown().optional(),
  discount_amount: z.unknown().optional(),
  applied_discount_amount: z.unknown().optional(),
};

const named = {
  id: name.optional(),
  source_id: name.optional(),
  override: z.boolean().optional(),
  name: text().optional(),
  price: amount.optional(),
  metadata: metadata.nullish(),
};

const itemInput = z.strictObject({
  ...calculated,
  initial_quantity: z.unknown().optional(),
  returned_quantity: z.unknown().optional(),
  refunded_amount: z.unknown().optional(),
  discount_quantity: z.unknown().optional(),
  total_applied_discount_amount: z.unknown().optional(),
  subtotal_amount: z.unknown().optional(),
  source_id: name.optional(),
  sku_id: name.optional(),
  product_id: name.optional(),
  related_object: z.enum(['product', 'sku']).optional(),
  quantity: z.int().min(1).max(QUANTITY_MAX).optional(),
  price: amount.optional().meta({ description: 'Of one unit, in minor units' }),
  amount: amount.optional().meta({ description: 'Of the line, in minor units; price × quantity where it is left out' }),
  product: z.strictObject(named).optional(),
  sku: z.strictObject({ ...named, sku: text().optional() }).optional(),
  metadata: metadata.nullish(),
});

type ItemInput = z.output<typeof itemInput>;

/** The price of one unit: the item's, else that of what it is. */
const priceOf = (item: ItemInput): number | undefined => item.price ?? item.sku?.price ?? item.product?.price;

const lineOf = (item: ItemInput): number | undefined => lineAmount({ amount: item.amount, price: priceOf(item), quantity: item.quantity });

/** The item as it was told, without what an earlier answer had calculated. */
export const toldItem = (item: ItemInput) => ({
  source_id: item.source_id,
  sku_id: item.sku_id,
  product_id: item.product_id,
  related_object: item.related_object,
  quantity: item.quantity,
  price: priceOf(item),
  amount: item.amount,
  product: item.product,
  sku: item.sku,
  metadata: item.metadata ?? undefined,
});

export const orderInput = z
  .strictObject({
    ...calculated,
    items_discount_amount: z.unknown().optional(),
    items_applied_discount_amount: z.unknown().optional(),
    total_discount_amount: z.unknown().optional(),
    total_applied_discount_amount: z.unknown().optional(),
    total_amount: z.unknown().optional(),
    created_at: z.unknown().optional(),
    updated_at: z.unknown().optional(),
    redemptions: z.unknown().optional(),
    customer_id: z.unknown().optional(),
    referrer: z.unknown().optional(),
    referrer_id: z.unknown().optional(),
    refunded_amount: z.unknown().optional(),
    customer: someCustomer.nullish().meta({ description: 'Whose order it is, where the request names no customer beside it' }),
    id: name.optional(),
    source_id: name.nullish(),
    status: z.enum(['CREATED', 'PAID', 'PROCESSING', 'CANCELED', 'FULFILLED']).optional(),
    amount: amount.optional().meta({ description: 'The whole order in minor units; the sum of its items where it is left out' }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code, such as USD' })
      .optional()
      .meta({ description: "The project's currency, as a check" }),
    items: z.array(itemInput).max(MAX_ITEMS).optional(),
    metadata: metadata.nullish(),
  })
  .superRefine((order, context) => {
    let sum = 0;
    for (const [index, item] of (order.items ?? []).entries()) {
      const price = priceOf(item);
      const line = lineOf(item) ?? 0;
      if (price !== undefined && line !== price * (item.quantity ?? 1)) {
        const message = `must be price × quantity, which is ${price * (item.quantity ?? 1)}`;
        context.addIssue({ code: 'custom', path: ['items', index, 'amount'], message });
      }
      sum += line;
    }
    if (!Number.isSafeInteger(sum)) context.addIssue({ code: 'custom', path: ['items'], message: 'must not add up to more than 2^53' });
    else if (order.amount !== undefined && order.amount < sum) {
      context.addIssue({ code: 'custom', path: ['amount'], message: `must not be less than its items, which add up to ${sum}` });
    }
  })
  .meta({ id: 'OrderInput' });

/** The order with its amounts after discounts, in minor units. */
export const orderSchema = z
  .looseObject({
    id: z.string().optional(),
    source_id: z.string().nullish(),
    amount: z.int().optional(),
    initial_amount: z.int().optional(),
    discount_amount: z.int().optional(),
    items_discount_amount: z.int().optional(),
    total_discount_amount: z.int().optional(),
    total_amount: z.int().optional(),
    applied_discount_amount: z.int().optional(),
    items_applied_discount_amount: z.int().optional(),
    total_applied_discount_amount: z.int().optional(),
    items: z.array(z.looseObject({ object: z.string().optional() })).optional(),
    metadata: z.record(z.string(), z.unknown()),
    object: z.literal('order'),
  })
  .meta({ id: 'Order' });
