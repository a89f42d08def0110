import { z } from 'zod';
import { AMOUNT_EFFECTS, FIXED_EFFECTS, PERCENT_EFFECTS, UNIT_EFFECTS } from '../../domain/discount.ts';
import { amount, name, text } from './fields.ts';

const MAX_DECIMALS = 3;
const MAX_UNITS = 1_000_000;
const MAX_KINDS_OF_UNITS = 30;

const percent = z
  .number()
  .min(0)
  .max(100)
  .refine((value) => /^\d+(\.\d{1,3})?$/.test(String(value)), { error: `must have at most ${MAX_DECIMALS} decimals` });

/** Sent by clients; formulas are refused as unknown, since they would be lost. */
const shared = { is_dynamic: z.literal(false).optional() };

const aggregatedLimit = { aggregated_amount_limit: amount.optional().meta({ description: 'At most so much of an order, in minor units' }) };

const amountDiscount = z.strictObject({
  ...shared,
  ...aggregatedLimit,
  type: z.literal('AMOUNT'),
  amount_off: amount,
  effect: z.enum(AMOUNT_EFFECTS).default('APPLY_TO_ORDER'),
});

const percentDiscount = z.strictObject({
  ...shared,
  ...aggregatedLimit,
  type: z.literal('PERCENT'),
  percent_off: percent,
  amount_limit: amount.optional().meta({ description: 'At most so much, in minor units' }),
  effect: z.enum(PERCENT_EFFECTS).default('APPLY_TO_ORDER'),
});

const fixedDiscount = z.strictObject({
  ...shared,
  type: z.literal('FIXED'),
  fixed_amount: amount.meta({ description: 'What the order, or each unit of each item, costs; it never costs more than before' }),
  effect: z.enum(FIXED_EFFECTS).default('APPLY_TO_ORDER'),
});

const known = { id: text().optional(), source_id: text().nullish() };

const units = {
  unit_off: z.int().min(1).max(MAX_UNITS).meta({ description: 'How many units are free' }),
  unit_type: name.meta({ description: 'Id or source id of the product or SKU; prod_5h1pp1ng is shipping' }),
  effect: z.enum(UNIT_EFFECTS).default('ADD_MISSING_ITEMS'),
  product: z.strictObject({ ...known, name: text().nullish() }).optional(),
  sku: z.strictObject({ ...known, sku: text().nullish() }).optional(),
};

const unitDiscount = z
  .strictObject({
    ...shared,
    type: z.literal('UNIT'),
    unit_off: units.unit_off.optional(),
    unit_type: units.unit_type.optional(),
    effect: z.enum([...UNIT_EFFECTS, 'ADD_MANY_ITEMS']).default('ADD_MISSING_ITEMS'),
    product: units.product,
    sku: units.sku,
    units: z
      .array(z.strictObject({ ...shared, ...units }))
      .min(1)
      .max(MAX_KINDS_OF_UNITS)
      .optional(),
  })
  .superRefine((discount, context) => {
    const many = discount.effect === 'ADD_MANY_ITEMS';
    const require = (field: 'unit_off' | 'unit_type' | 'units', wanted: boolean, error: string): void => {
      if ((discount[field] === undefined) === wanted) context.addIssue({ code: 'custom', path: [field], message: error });
    };
    require('units', many, many ? 'must be given with ADD_MANY_ITEMS' : 'must be left out unless the effect is ADD_MANY_ITEMS');
    for (const field of ['unit_off', 'unit_type'] as const)
      require(field, !many, many ? 'must be left out with ADD_MANY_ITEMS' : 'must be given');
  });

/** Clients send null for the fields of other kinds. */
const withoutNulls = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null))
    : value;

export const discountSchema = z
  .preprocess(withoutNulls, z.discriminatedUnion('type', [amountDiscount, percentDiscount, fixedDiscount, unitDiscount]))
  .meta({ id: 'Discount' });
