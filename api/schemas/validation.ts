import { z } from 'zod';
import { SESSION_UNITS } from '../../domain/checkout/session.ts';
import { discountSchema } from './discount.ts';
import { applicableList } from './applicable-to.ts';
import { orderSchema } from './order.ts';
import { redeemableSchema } from './redeemable.ts';
import { stackingRulesSchema } from './stacking-rules.ts';

const sessionSchema = z.object({ key: z.string(), type: z.literal('LOCK'), ttl: z.int(), ttl_unit: z.enum(SESSION_UNITS) });

export const validationSchema = z
  .object({
    id: z.string(),
    valid: z.boolean(),
    redeemables: z.array(redeemableSchema),
    skipped_redeemables: z.array(redeemableSchema).optional().meta({ description: 'Left out where none is and the mode is ALL' }),
    inapplicable_redeemables: z.array(redeemableSchema).optional().meta({ description: 'Left out where none is and the mode is ALL' }),
    order: orderSchema.nullable(),
    tracking_id: z.string(),
    session: sessionSchema.nullable(),
    stacking_rules: stackingRulesSchema,
  })
  .meta({ id: 'Validation' });

export const voucherValidationSchema = z
  .object({
    valid: z.boolean(),
    code: z.string(),
    discount: discountSchema.optional(),
    gift: z.object({ amount: z.int(), balance: z.int(), effect: z.string(), credits: z.int() }).optional(),
    session: sessionSchema.optional(),
    order: orderSchema.optional(),
    campaign: z.string().optional(),
    campaign_id: z.string().optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
    start_date: z.string().optional(),
    expiration_date: z.string().optional(),
    applicable_to: applicableList.optional(),
    inapplicable_to: applicableList.optional(),
    error: z.looseObject({ key: z.string(), message: z.string() }).optional(),
    reason: z.string().optional(),
    tracking_id: z.string(),
  })
  .meta({ id: 'VoucherValidation' });
