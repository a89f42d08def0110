/** How much of one item of an order a discount may be taken of. */
export interface ItemBound {
  /** Units; null: all. */
  units: number | null;
  /** The most that is taken of it, in minor units; null: all that is there. */
  amountLimit: number | null;
  /** What a unit costs after a FIXED discount, in minor units, in place of the discount's own; null: as the discount says. */
  price: number | null;
  /** What says so for this order; `price` where it cannot be worked out. */
  priceFormula: string | null;
}

/** Which items of an order a discount is taken of, and how much of them. */
export interface ItemScope {
  /** By item of the request; null or nothing: it is not taken of it. */
  items: readonly (ItemBound | null)[];
  /** The most that is taken of several items together, in minor units. */
  groups: readonly { items: readonly number[]; amountLimit: number }[];
}

export const WHOLE_ITEM: ItemBound = { units: null, amountLimit: null, price: null, priceFormula: null };

const lower = (one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : Math.min(one, other);

/** An item within both bounds; of two prices, the first. */
export const within = (one: ItemBound, other: ItemBound): ItemBound => {
  const priced = one.price === null && one.priceFormula === null ? other : one;
  return {
    units: lower(one.units, other.units),
    amountLimit: lower(one.amountLimit, other.amountLimit),
    price: priced.price,
    priceFormula: priced.priceFormula,
  };
};
