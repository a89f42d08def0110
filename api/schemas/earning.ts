import { z } from 'zod';
import { pointsFormulaProblem } from '../../domain/formula/formula.ts';
import { EARNING_ITEM_OBJECTS, formulaOfEarning, type Earning } from '../../domain/loyalty/earning-rule.ts';
import { name, text, whateverElse } from './fields.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;

export const earnedPoints = z.int().min(1).max(LARGEST);

/** How many points: so many, or as many as a formula says, and so many where it has no value. */
const byPoints = {
  points: z.int().min(0).max(LARGEST).optional(),
  points_formula: text(2000)
    .min(1)
    .optional()
    .meta({ description: 'How many, worked out for each event; `points` count where it has no value' }),
};

interface SaidPoints {
  points?: number | undefined;
  points_formula?: string | undefined;
}

const somePoints = {
  check: (said: SaidPoints | undefined): boolean => said?.points_formula !== undefined || (said?.points ?? 0) > 0,
  options: { path: ['points'], error: 'must be at least 1, or points_formula must be given', when: whateverElse },
};

const withPoints = <T extends SaidPoints>({ points: told, ...said }: T): Omit<T, 'points'> & { points: number } => ({
  ...said,
  points: told ?? 0,
});

const proportion = { every: z.int().min(1).max(LARGEST).meta({ description: 'Minor units, where it is an amount' }), ...byPoints };
const inProportion = z.strictObject(proportion).refine(somePoints.check, somePoints.options).transform(withPoints);
const ofMetadata = z
  .strictObject({ ...proportion, property: name })
  .refine(somePoints.check, somePoints.options)
  .transform(withPoints);

const item = z.strictObject({ object: z.enum(EARNING_ITEM_OBJECTS), id: name });

/** Items by `applicable_to`; or one, in the fields of older clients. */
const ofItems = z
  .strictObject({
    ...proportion,
    object: item.shape.object.optional(),
    id: name.optional(),
    applicable_to: z.union([z.array(item).min(1).max(100), item.transform((one) => [one])]).optional(),
  })
  .refine(({ object, id, applicable_to: items }) => items !== undefined || (object !== undefined && id !== undefined), {
    path: ['applicable_to'],
    error: 'must be given, or object and id: the items that count',
  })
  .refine(somePoints.check, somePoints.options)
  .transform(({ object, id, applicable_to: items, ...rest }) => ({
    ...withPoints(rest),
    applicable_to: items ?? [{ object: object!, id: id! }],
  }));

const PROPORTIONAL = z.literal('PROPORTIONAL');

/** How many points: a fixed number, or so many for each full `every` of something. */
const kinds = z.union(
  [
    z
      .strictObject({ type: z.literal('FIXED'), ...byPoints })
      .refine(somePoints.check, somePoints.options)
      .transform(withPoints),
    z.discriminatedUnion('calculation_type', [
      z.strictObject({
        type: PROPORTIONAL,
        calculation_type: z.literal('ORDER_AMOUNT'),
        order: z.strictObject({ amount: inProportion }),
      }),
      z.strictObject({
        type: PROPORTIONAL,
        calculation_type: z.literal('ORDER_TOTAL_AMOUNT'),
        order: z.strictObject({ total_amount: inProportion }),
      }),
      z.strictObject({
        type: PROPORTIONAL,
        calculation_type: z.literal('ORDER_METADATA'),
        order: z.strictObject({ metadata: ofMetadata }),
      }),
      z.strictObject({
        type: PROPORTIONAL,
        calculation_type: z.literal('ORDER_ITEMS_QUANTITY'),
        order_items: z.strictObject({ quantity: ofItems }),
      }),
      z.strictObject({
        type: PROPORTIONAL,
        calculation_type: z.literal('ORDER_ITEMS_AMOUNT'),
        order_items: z.strictObject({ amount: ofItems }),
      }),
      z.strictObject({
        type: PROPORTIONAL,
        calculation_type: z.literal('ORDER_ITEMS_SUBTOTAL_AMOUNT'),
        order_items: z.strictObject({ subtotal_amount: ofItems }),
      }),
      z.strictObject({
        type: PROPORTIONAL,
        calculation_type: z.literal('CUSTOMER_METADATA'),
        customer: z.strictObject({ metadata: ofMetadata }),
      }),
      z.strictObject({
        type: PROPORTIONAL,
        calculation_type: z.literal('CUSTOM_EVENT_METADATA'),
        custom_event: z.strictObject({ metadata: ofMetadata }),
      }),
    ]),
  ],
  { error: 'must be {type: FIXED, points}, or {type: PROPORTIONAL, calculation_type, …} with what that calculation takes' },
) satisfies z.ZodType<Earning>;

/** Without a calculation_type, a proportion is that of the order's amount. */
const withCalculation = (value: unknown): unknown => {
  const told = value as { type?: unknown; calculation_type?: unknown; order?: unknown } | null;
  return typeof told === 'object' && told?.type === 'PROPORTIONAL' && told.calculation_type === undefined
    ? { ...told, calculation_type: 'ORDER_AMOUNT' }
    : value;
};

export const earning = z.preprocess(withCalculation, kinds);

/** What is wrong with the formula of points that an event earns; null where nothing is. */
export const pointsProblem = (loyalty: Earning, event: string): string | null => {
  const formula = formulaOfEarning(loyalty);
  return formula === null ? null : pointsFormulaProblem(formula, { ofOrders: event.startsWith('order.') });
};
