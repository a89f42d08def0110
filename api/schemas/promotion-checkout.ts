import { z } from 'zod';
import { applicableList } from './applicable-to.ts';
import { discountSchema } from './discount.ts';
import { orderSchema } from './order.ts';
import { checkoutFields } from './redeemable.ts';

const { session: _session, ...unlocked } = checkoutFields;

export const promotionValidationBody = z.strictObject(unlocked).meta({ id: 'PromotionValidationInput' });

export const promotionValidationSchema = z
  .object({
    valid: z.boolean(),
    promotions: z.array(
      z.object({
        id: z.string(),
        object: z.literal('promotion_tier'),
        name: z.string(),
        banner: z.string().nullable(),
        hierarchy: z.int(),
        discount: discountSchema,
        discount_amount: z.int(),
        applied_discount_amount: z.int(),
        order: orderSchema.nullable(),
        applicable_to: applicableList.optional(),
        inapplicable_to: applicableList.optional(),
        start_date: z.string().nullable(),
        expiration_date: z.string().nullable(),
        metadata: z.record(z.string(), z.unknown()),
      }),
    ),
    tracking_id: z.string().nullable(),
  })
  .meta({ id: 'PromotionValidation' });
