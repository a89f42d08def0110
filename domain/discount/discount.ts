export const AMOUNT_EFFECTS = [
  'APPLY_TO_ORDER',
  'APPLY_TO_ITEMS',
  'APPLY_TO_ITEMS_BY_QUANTITY',
  'APPLY_TO_ITEMS_PROPORTIONALLY',
  'APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY',
] as const;
export const PERCENT_EFFECTS = ['APPLY_TO_ORDER', 'APPLY_TO_ITEMS'] as const;
export const FIXED_EFFECTS = ['APPLY_TO_ORDER', 'APPLY_TO_ITEMS'] as const;
export const UNIT_EFFECTS = ['ADD_MISSING_ITEMS', 'ADD_NEW_ITEMS'] as const;

/** The product that stands for an order's shipping: units of it free are free shipping. */
export const SHIPPING = { id: 'prod_5h1pp1ng', sourceId: '5h1pp1ng' } as const;

/** A formula says how much it is for an order; the figure beside it counts where the formula has no value. */
interface Dynamic {
  /** True where the figure is what a formula came to for an order. */
  is_dynamic?: boolean;
}

/** What a discount may take at most, in minor units. */
interface Limited extends Dynamic {
  aggregated_amount_limit?: number | null;
}

export interface AmountDiscount extends Limited {
  type: 'AMOUNT';
  amount_off: number;
  amount_off_formula?: string;
  effect?: (typeof AMOUNT_EFFECTS)[number];
}

export interface PercentDiscount extends Limited {
  type: 'PERCENT';
  percent_off: number;
  percent_off_formula?: string;
  amount_limit?: number | null;
  effect?: (typeof PERCENT_EFFECTS)[number];
}

/** The order, or each unit of each item, costs this; where it costs less, it stays as it is. */
interface FixedDiscount extends Dynamic {
  type: 'FIXED';
  fixed_amount: number;
  fixed_amount_formula?: string;
  effect?: (typeof FIXED_EFFECTS)[number];
}

/** So many units of a product (or SKU) for nothing. */
export interface FreeUnits extends Dynamic {
  unit_off: number;
  unit_off_formula?: string;
  /** Id or source id of the product or SKU. */
  unit_type: string;
  /** ADD_MISSING_ITEMS makes those in the cart free and adds what is missing; ADD_NEW_ITEMS adds all. */
  effect?: (typeof UNIT_EFFECTS)[number];
}

/** Units of one product, or with ADD_MANY_ITEMS those that `units` names. */
export interface UnitDiscount extends Dynamic {
  type: 'UNIT';
  effect?: (typeof UNIT_EFFECTS)[number] | 'ADD_MANY_ITEMS';
  unit_off?: number;
  unit_off_formula?: string;
  unit_type?: string;
  units?: FreeUnits[];
}

/** A discount as the API writes it. Amounts are minor units; `percent_off` has at most 6 decimals. Without an effect it applies to the order, or adds the items that are missing. */
export type Discount = AmountDiscount | PercentDiscount | FixedDiscount | UnitDiscount;

/** A discount that takes of what is there and adds nothing. */
export type PriceDiscount = Exclude<Discount, { type: 'UNIT' }>;

export const unitsOf = ({ effect, unit_off, unit_type, units }: UnitDiscount): readonly FreeUnits[] => {
  if (effect === 'ADD_MANY_ITEMS') return units ?? [];
  return unit_off === undefined || unit_type === undefined ? [] : [{ unit_off, unit_type, effect }];
};

/** True where the discount is taken of single lines, so that it counts as a discount of items. */
export const isOfItems = (discount: Discount): boolean =>
  discount.type === 'UNIT' || (discount.effect ?? 'APPLY_TO_ORDER') !== 'APPLY_TO_ORDER';

/** True where an order without items has nothing to take the discount of. */
export const needsItems = (discount: Discount): boolean => discount.type !== 'UNIT' && isOfItems(discount);
