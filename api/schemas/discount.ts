import { z } from 'zod';
import { AMOUNT_EFFECTS, PERCENT_EFFECTS } from '../../domain/discount.ts';
import { amount } from './fields.ts';

const MAX_DECIMALS = 3;

const percent = z
  .number()
  .min(0)
  .max(100)
  .refine((value) => /^\d+(\.\d{1,3})?$/.test(String(value)), { error: `must have at most ${MAX_DECIMALS} decimals` });

const amountDiscount = z.strictObject({
  type: z.literal('AMOUNT'),
  amount_off: amount,
  effect: z.enum(AMOUNT_EFFECTS).default('APPLY_TO_ORDER'),
});

const percentDiscount = z.strictObject({
  type: z.literal('PERCENT'),
  percent_off: percent,
  amount_limit: amount.nullish().meta({ description: 'At most so much, in minor units' }),
  effect: z.enum(PERCENT_EFFECTS).default('APPLY_TO_ORDER'),
});

export const discountSchema = z.discriminatedUnion('type', [amountDiscount, percentDiscount]).meta({ id: 'Discount' });
