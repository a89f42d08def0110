import { z } from 'zod';
import { AMOUNT_EFFECTS, FIXED_EFFECTS, PERCENT_EFFECTS, UNIT_EFFECTS } from '../../domain/discount/discount.ts';
import { formulaProblem } from '../../domain/formula/formula.ts';
import { amount, name, text } from './fields.ts';

const MAX_DECIMALS = 3;
const MAX_UNITS = 1_000_000;
const MAX_KINDS_OF_UNITS = 30;

const percent = z
  .number()
  .min(0)
  .max(100)
  .refine((value) => /^\d+(\.\d{1,3})?$/.test(String(value)), { error: `must have at most ${MAX_DECIMALS} decimals` });

const shared = {
  is_dynamic: z.boolean().optional().meta({ description: 'In answers: the figure is what the formula came to for this order' }),
};

const formula = z.string().max(2000).optional().meta({
  description: 'Says the figure for each order; the figure itself counts where the formula has no value: see the guide to formulas',
});

const aggregatedLimit = { aggregated_amount_limit: amount.optional().meta({ description: 'At most so much of an order, in minor units' }) };

const amountDiscount = z.strictObject({
  ...shared,
  ...aggregatedLimit,
  type: z.literal('AMOUNT'),
  amount_off: amount,
  amount_off_formula: formula,
  effect: z.enum(AMOUNT_EFFECTS).default('APPLY_TO_ORDER'),
});

const percentDiscount = z.strictObject({
  ...shared,
  ...aggregatedLimit,
  type: z.literal('PERCENT'),
  percent_off: percent,
  percent_off_formula: formula,
  amount_limit: amount.optional().meta({ description: 'At most so much, in minor units' }),
  effect: z.enum(PERCENT_EFFECTS).default('APPLY_TO_ORDER'),
});

const fixedDiscount = z.strictObject({
  ...shared,
  type: z.literal('FIXED'),
  fixed_amount: amount.meta({ description: 'What the order, or each unit of each item, costs; it never costs more than before' }),
  fixed_amount_formula: formula,
  effect: z.enum(FIXED_EFFECTS).default('APPLY_TO_ORDER'),
});

const known = { id: text().optional(), source_id: text().nullish() };

const units = {
  unit_off: z.int().min(1).max(MAX_UNITS).meta({ description: 'How many units are free' }),
  unit_off_formula: formula,
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
    unit_off_formula: formula,
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

/** Clients send null for the fields of other kinds, an empty text for no formula, and what an answer told of an order. */
const isSaid = ([field, value]: [string, unknown]): boolean =>
  value !== null && field !== 'is_dynamic' && !(value === '' && field.endsWith('_formula'));

/** The discount with what a request says of it. Where a formula has nothing to fall back on, that is nothing. */
const said = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const fields: Record<string, unknown> = Object.fromEntries(Object.entries(value).filter(isSaid));
  for (const figure of ['amount_off', 'percent_off'])
    if (fields[`${figure}_formula`] !== undefined && fields[figure] === undefined) fields[figure] = 0;
  return fields;
};

/** Effects of which each item has its own figure. */
const OF_EACH_ITEM = new Set<string | undefined>(['APPLY_TO_ITEMS', 'APPLY_TO_ITEMS_BY_QUANTITY']);

const checkFormulas = (discount: z.output<typeof kinds>, context: z.RefinementCtx): void => {
  const check = (fields: object, effect: string | undefined, path: (string | number)[]): void => {
    for (const [field, text] of Object.entries(fields)) {
      if (!field.endsWith('_formula') || text === undefined) continue;
      const problem = formulaProblem(text as string, { ofItems: OF_EACH_ITEM.has(effect) });
      if (problem !== null) context.addIssue({ code: 'custom', path: [...path, field], message: problem });
    }
  };
  check(discount, discount.effect, []);
  if (discount.type === 'UNIT') discount.units?.forEach((units, index) => check(units, units.effect, ['units', index]));
};

const kinds = z.discriminatedUnion('type', [amountDiscount, percentDiscount, fixedDiscount, unitDiscount]);

export const discountSchema = z.preprocess(said, kinds.superRefine(checkFormulas)).meta({ id: 'Discount' });
