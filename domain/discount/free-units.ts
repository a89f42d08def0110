import type { Cart, CartLine, OrderItem } from '../checkout/cart.ts';
import { SHIPPING, type FreeUnits } from './discount.ts';
import { shareOf } from '../money.ts';

/** What is known of a product or SKU of which units may become free. */
export interface KnownUnit {
  /** Its id and source id: an order may name it by either. */
  names: readonly string[];
  /** Of one unit, in minor units; null where nobody knows. */
  price: number | null;
}

/** By `unit_type`. */
export type KnownUnits = ReadonlyMap<string, KnownUnit>;

/** Units that become free, of a line that is in the cart (by its index) or of a new one (null). */
interface Freed {
  line: number | null;
  /** Units of those in the cart, and what they are worth as the line stands. */
  units: number;
  worth: number;
  /** Units that are added, and what they would cost. */
  added: number;
  price: number;
}

const namesOf = ({ product_id, sku_id, source_id, product, sku }: OrderItem): (string | undefined)[] => [
  product_id,
  sku_id,
  source_id,
  product?.id,
  product?.source_id,
  sku?.id,
  sku?.source_id,
];

const SHIPPING_UNIT: KnownUnit = { names: [SHIPPING.id, SHIPPING.sourceId], price: null };

const unitOf = (known: KnownUnits, type: string): KnownUnit =>
  type === SHIPPING.id ? SHIPPING_UNIT : (known.get(type) ?? { names: [type], price: null });

const isUnit = (item: OrderItem, { names }: KnownUnit): boolean => namesOf(item).some((name) => name !== undefined && names.includes(name));

const itemOf = (cart: Cart, { item }: CartLine): OrderItem | undefined =>
  item === null ? undefined : (cart.items[item] ?? cart.added[item - cart.items.length]);

/** What a unit of the line costs without any discount, rounded half up. */
const priceOf = (line: CartLine, item: OrderItem): number =>
  item.price ?? shareOf(line.initialAmount, { numerator: 1, denominator: Math.max(1, line.initialQuantity) });

/** Which lines hold the product, the cheapest unit first, so that the order of lines changes no total. */
const linesOf = (cart: Cart, unit: KnownUnit): { index: number; line: CartLine; item: OrderItem }[] =>
  cart.lines
    .flatMap((line, index) => {
      const item = itemOf(cart, line);
      return item && isUnit(item, unit) ? [{ index, line, item }] : [];
    })
    .toSorted((a, b) => byUnitPrice(a.line, b.line) || a.index - b.index);

/** Lines that are all free come last: no unit of theirs has a price. Of equal prices, the line with fewer units comes first. */
const byUnitPrice = (a: CartLine, b: CartLine): number =>
  Number(paid(a) === 0) - Number(paid(b) === 0) || a.left * paid(b) - b.left * paid(a) || paid(a) - paid(b);

const paid = (line: CartLine): number => line.quantity - line.freeQuantity;

const freeMissing = (lines: ReturnType<typeof linesOf>, wanted: number): Freed[] => {
  const freed: Freed[] = [];
  let missing = wanted;
  for (const { index, line } of lines) {
    const units = Math.min(missing, paid(line));
    if (units === 0) continue;
    const worth = shareOf(line.left, { numerator: units, denominator: paid(line) });
    freed.push({ line: index, units, worth, added: 0, price: 0 });
    missing -= units;
  }
  return freed;
};

/** What the units take of the cart and add to it. A product whose price nobody knows is added at no price. */
const freedOf = (cart: Cart, { unit_off: wanted, unit_type: type, effect }: FreeUnits, known: KnownUnits): Freed[] => {
  const unit = unitOf(known, type);
  const lines = linesOf(cart, unit);
  const freed = effect === 'ADD_NEW_ITEMS' ? [] : freeMissing(lines, wanted);
  const added = wanted - freed.reduce((sum, each) => sum + each.units, 0);
  // Shipping is what the order says: there is none to add.
  if (added === 0 || type === SHIPPING.id) return freed;
  const [first] = lines;
  const price = first ? priceOf(first.line, first.item) : (unit.price ?? 0);
  return [...freed, { line: first ? first.index : null, units: 0, worth: 0, added, price }];
};

/** Makes units free. @returns the cart, and what was taken of each of its lines */
export const takeUnits = (cart: Cart, free: FreeUnits, known: KnownUnits): { cart: Cart; shares: number[] } => {
  const lines = [...cart.lines];
  const added = [...cart.added];
  const shares = lines.map(() => 0);
  for (const { line: index, units, worth, added: more, price } of freedOf(cart, free, known)) {
    const value = price * more;
    if (index === null) {
      lines.push(newLine(cart.items.length + added.length, more, value));
      added.push({ product_id: free.unit_type, quantity: more, price });
      shares.push(value);
      continue;
    }
    const line = lines[index]!;
    lines[index] = {
      ...line,
      amount: line.amount + value,
      quantity: line.quantity + more,
      freeQuantity: line.freeQuantity + units + more,
      itemDiscount: line.itemDiscount + worth + value,
      left: line.left - worth,
    };
    shares[index] = shares[index]! + worth + value;
  }
  const grown = sum(lines, (line) => line.amount) - sum(cart.lines, (line) => line.amount);
  const taken = shares.reduce((total, share) => total + share, 0);
  return {
    cart: {
      ...cart,
      amount: cart.amount + grown,
      itemsDiscount: cart.itemsDiscount + taken,
      left: cart.left + grown - taken,
      lines,
      added,
    },
    shares,
  };
};

const newLine = (item: number, quantity: number, value: number): CartLine => ({
  item,
  initialAmount: 0,
  initialQuantity: 0,
  amount: value,
  quantity,
  freeQuantity: quantity,
  itemDiscount: value,
  orderDiscount: 0,
  left: 0,
});

const sum = (lines: readonly CartLine[], of: (line: CartLine) => number): number => lines.reduce((total, line) => total + of(line), 0);
