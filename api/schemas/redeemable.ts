import { z } from 'zod';
import { STACKING_RULES } from '../../domain/checkout-stacking.ts';
import { customerInput } from './customer.ts';
import { discountSchema } from './discount.ts';
import { emptyList, metadata, name, text } from './fields.ts';
import { orderInput, orderSchema } from './order.ts';

/** What every question about codes carries besides them. */
const checkoutFields = {
  order: orderInput.nullish(),
  customer: customerInput
    .refine((customer) => customer.id !== undefined || customer.source_id !== undefined, {
      path: ['source_id'],
      error: 'must be given, or id: it says who the customer is',
    })
    .nullish(),
  tracking_id: text().nullish(),
  metadata: metadata.nullish(),
};

const redeemable = z.strictObject({
  object: z.literal('voucher').default('voucher'),
  id: name.meta({ description: 'The code' }),
});

/** The body of `POST /validations` and of `POST /redemptions`. */
export const redeemablesBody = z
  .strictObject({
    ...checkoutFields,
    redeemables: z.array(redeemable).min(1).max(STACKING_RULES.redeemables_limit),
    options: z
      .strictObject({
        expand: z
          .array(z.enum(['order', 'redeemable', 'redemption', 'category']))
          .max(10)
          .optional(),
      })
      .optional()
      .meta({ description: 'expand order: the items of the order with each redeemable too' }),
  })
  .meta({ id: 'Redeemables' });

/** The body of the older calls, whose path has the code. */
export const singleBody = z.strictObject(checkoutFields).meta({ id: 'SingleRedeemable' });

export const voucherCode = z.object({ code: name });

const reason = z.looseObject({ key: z.string(), message: z.string() });

export const redeemableSchema = z
  .object({
    status: z.enum(['APPLICABLE', 'INAPPLICABLE', 'SKIPPED']),
    id: z.string(),
    object: z.literal('voucher'),
    order: orderSchema.nullish(),
    applicable_to: emptyList.optional(),
    inapplicable_to: emptyList.optional(),
    result: z.object({ discount: discountSchema.optional(), error: reason.optional(), details: reason.optional() }),
    metadata: z.record(z.string(), z.unknown()).optional(),
    categories: z.array(z.unknown()).optional(),
  })
  .meta({ id: 'Redeemable' });
