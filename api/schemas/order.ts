import { z } from 'zod';
import { lineAmount } from '../../domain/checkout-cart.ts';
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

const itemInput = z
  .strictObject({
    ...calculated,
    initial_quantity: z.unknown().optional(),
    discount_quantity: z.unknown().optional(),
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
  })
  .transform(
    ({ object: _o, initial_amount: _i, discount_amount: _d, applied_discount_amount: _a, initial_quantity: _q, ...item }, context) => {
      const { discount_quantity: _n, subtotal_amount: _s, ...given } = item;
      const price = given.price ?? given.sku?.price ?? given.product?.price;
      const line = price === undefined ? undefined : price * (given.quantity ?? 1);
      if (line !== undefined && given.amount !== undefined && line !== given.amount) {
        context.addIssue({ code: 'custom', path: ['amount'], message: `must be price × quantity, which is ${line}` });
      }
      return price === undefined ? given : { ...given, price };
    },
  );

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
    const sum = (order.items ?? []).reduce((total, item) => total + (lineAmount(item) ?? 0), 0);
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
