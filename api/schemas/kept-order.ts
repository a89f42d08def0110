import { z } from 'zod';
import { ORDER_STATUSES } from '../../domain/order/order.ts';
import { amount, metadata, name, text } from './fields.ts';
import { listOf, paging, startingAfter, timeRange } from './list.ts';
import { orderInput, orderSchema } from './order.ts';

export const orderBody = orderInput
  .safeExtend({
    discount_amount: amount.optional().meta({ description: 'What the shop takes off by itself; where codes were redeemed, they say it' }),
  })
  .meta({ id: 'OrderToKeep' });

export const orderParams = z.object({ id: name.meta({ description: 'Id or source id' }) });

export const listOrdersQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last order of the page before' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
  status: z.enum(ORDER_STATUSES).optional(),
  customer: z.string().max(255).optional().meta({ description: 'Id or source id' }),
  created_at: timeRange.optional(),
});

export const keptOrderSchema = orderSchema
  .extend({
    id: z.string(),
    source_id: z.string().nullable(),
    status: z.enum(ORDER_STATUSES),
    refunded_amount: z.int().optional().meta({ description: 'What came back of it' }),
    customer: z.object({ id: z.string(), source_id: z.string().nullable(), object: z.literal('customer') }).nullable(),
    customer_id: z.string().nullable(),
    redemptions: z.record(z.string(), z.looseObject({})),
    created_at: z.string(),
    updated_at: z.string().nullable(),
  })
  .meta({ id: 'KeptOrder' });

export const keptOrderListSchema = listOf('orders', keptOrderSchema).meta({ id: 'OrderList' });

const returnedItem = z
  .strictObject({
    index: z.int().min(0).max(100_000).optional().meta({ description: 'Its place in the order, from 0' }),
    source_id: name.optional(),
    product_id: name.optional(),
    sku_id: name.optional(),
    quantity: z.int().min(1).max(1_000_000_000).optional().meta({ description: 'All that is left of it where it is left out' }),
  })
  .refine(({ index, source_id, product_id, sku_id }) => [index, source_id, product_id, sku_id].some((each) => each !== undefined), {
    error: 'must say which item it is: index, source_id, product_id or sku_id',
  });

export const refundBody = z
  .strictObject({
    items: z.array(returnedItem).min(1).max(500).optional().meta({ description: 'What comes back' }),
    amount: amount.min(1).optional().meta({ description: 'Money that is of no item in particular, in minor units' }),
    reason: text(2000).nullish(),
    metadata: metadata.nullish(),
  })
  .refine((body) => (body.items === undefined) !== (body.amount === undefined), { error: 'must have either items or amount' })
  .meta({ id: 'RefundInput' });

const refund = {
  id: z.string(),
  order_id: z.string(),
  amount: z.int().meta({ description: 'The money for the customer' }),
  discount_amount: z.int().meta({ description: 'The discount that went back: the shares of what came back' }),
  items: z.array(
    z.object({
      item: z.int().nullable().meta({ description: 'Its place in the order; null: what the order costs beside its items' }),
      quantity: z.int(),
      amount: z.int(),
      discount_amount: z.int(),
    }),
  ),
  redemptions: z.array(z.string()).meta({ description: 'Those that were taken back with it' }),
  reason: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  object: z.literal('order_refund'),
};

const refundSchema = z.object(refund).meta({ id: 'OrderRefund' });

export const madeRefundSchema = z.object({ ...refund, order: keptOrderSchema }).meta({ id: 'MadeOrderRefund' });

export const refundListSchema = listOf('refunds', refundSchema).meta({ id: 'OrderRefundList' });
