import { lineAmount, openCart, type OrderItem } from '../checkout/cart.ts';
import { mergeMetadata } from '../metadata.ts';

export const ORDER_STATUSES = ['CREATED', 'PAID', 'PROCESSING', 'CANCELED', 'FULFILLED'] as const;
type OrderStatus = (typeof ORDER_STATUSES)[number];

/** Units that a discount added to an order so that they are free. */
export interface AddedUnits {
  /** Index of the order's items, and after them of those that discounts added. */
  item: number;
  quantity: number;
  amount: number;
  /** What it is, where the order has no such item. */
  what?: OrderItem;
}

/** What one redemption, or the shop itself, took of an order: the shares of its lines, as they were calculated then. Minor units. */
export interface OrderDiscount {
  /** null: the shop took it off by itself. */
  redemptionId: string | null;
  /** The redemption of the stack that it is part of. */
  parentId: string | null;
  /** What was redeemed. */
  related: { object: string; id: string } | null;
  /** ISO 8601 */
  at: string;
  /** Whether it was taken of the items, or of the whole order and shared out over them. */
  ofItems: boolean;
  /** By item. */
  shares: readonly number[];
  /** Of what the order costs beside its items, such as shipping. */
  beside: number;
  added?: readonly AddedUnits[];
  /** How it was taken back. `kept`: the sale stays what it was, as when goods come back later. */
  rollback?: { id: string; at: string; kept: boolean };
}

/** How much of a line came back: units, the money for them, and the discount that went back with them. */
export interface LineReturn {
  quantity: number;
  amount: number;
  discount: number;
}

/** An order as it is kept. Amounts in minor units. */
export interface Order {
  projectId: string;
  id: string;
  /** What the shop calls it. */
  sourceId: string | null;
  status: OrderStatus;
  customerId: string | null;
  currency: string | null;
  /** null where nobody said what it costs. */
  amount: number | null;
  /** As they were told, without what discounts added. */
  items: readonly (OrderItem & Record<string, unknown>)[];
  discounts: readonly OrderDiscount[];
  /** By item, and of what it costs beside them. */
  returned: { items?: readonly LineReturn[]; beside?: LineReturn };
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date | null;
}

/** A line with what was taken of it: one for each item, and one for what the order costs beside them (`item` is null). */
export interface OrderLine {
  item: number | null;
  what: OrderItem;
  initialAmount: number;
  initialQuantity: number;
  /** With the units that discounts added. */
  amount: number;
  quantity: number;
  itemDiscount: number;
  /** Its share of discounts on the whole order. */
  orderDiscount: number;
}

const counts = ({ rollback }: OrderDiscount): boolean => rollback === undefined || rollback.kept;

const newLine = (item: number | null, what: OrderItem, amount: number, quantity: number): OrderLine => ({
  item,
  what,
  initialAmount: amount,
  initialQuantity: quantity,
  amount,
  quantity,
  itemDiscount: 0,
  orderDiscount: 0,
});

const take = (line: OrderLine | undefined, share: number | undefined, ofItems: boolean): void => {
  if (!line || !share) return;
  // Shares of several redemptions never take more than their line together.
  const taken = Math.min(share, line.amount - line.itemDiscount - line.orderDiscount);
  line[ofItems ? 'itemDiscount' : 'orderDiscount'] += taken;
};

/** The lines of an order with the shares that were kept of each: nothing is calculated again. The last is what it costs beside its items. */
export const orderLines = ({ amount, items, discounts }: Pick<Order, 'amount' | 'items' | 'discounts'>): OrderLine[] => {
  const lines = items.map((item, index) => newLine(index, item, lineAmount(item) ?? 0, item.quantity ?? 1));
  const sum = lines.reduce((total, line) => total + line.amount, 0);
  const beside = newLine(null, {}, Math.max(0, (amount ?? sum) - sum), 0);
  for (const { added = [], ofItems, shares, beside: share } of discounts.filter(counts)) {
    for (const { item, quantity, amount: more, what } of added) {
      const line = (lines[item] ??= newLine(item, what ?? {}, 0, 0));
      line.quantity += quantity;
      line.amount += more;
    }
    for (const [index, each] of shares.entries()) take(lines[index], each, ofItems);
    take(beside, share, ofItems);
  }
  return [...lines, beside];
};

export const totalsOf = (lines: readonly OrderLine[]) => {
  const sum = (of: (line: OrderLine) => number): number => lines.reduce((total, line) => total + of(line), 0);
  const initialAmount = sum((line) => line.initialAmount);
  const amount = sum((line) => line.amount);
  const itemsDiscount = sum((line) => line.itemDiscount);
  const orderDiscount = sum((line) => line.orderDiscount);
  return { initialAmount, amount, itemsDiscount, orderDiscount, left: amount - itemsDiscount - orderDiscount };
};

export const hasReturns = ({ returned }: Pick<Order, 'returned'>): boolean => returned.items !== undefined || returned.beside !== undefined;

/** The redemptions of an order that nobody took back. */
export const standingRedemptions = ({ discounts }: Pick<Order, 'discounts'>): string[] =>
  discounts.flatMap(({ redemptionId, rollback }) => (redemptionId !== null && rollback === undefined ? [redemptionId] : []));

/** What a redemption, or a call of the shop, tells of an order: what is left out stays as it is. */
export interface OrderTold {
  status?: OrderStatus;
  customerId?: string;
  currency?: string;
  amount?: number;
  items?: Order['items'];
  metadata?: Record<string, unknown>;
}

/**
 * The order after what was told of it. Once something came back of it, its lines stay: refunds were made of them.
 * @param at when, for the order's `updatedAt`
 */
export const tellOrder = (order: Order, told: OrderTold, at: Date): Order => {
  const lines = hasReturns(order) ? {} : linesTold(told);
  return {
    ...order,
    ...lines,
    status: told.status ?? order.status,
    customerId: told.customerId ?? order.customerId,
    currency: told.currency ?? order.currency,
    metadata: told.metadata ? mergeMetadata(order.metadata, told.metadata) : order.metadata,
    updatedAt: at,
  };
};

/** Items without an amount of the whole say that it is their sum. */
const linesTold = ({ amount, items }: OrderTold): Partial<Pick<Order, 'amount' | 'items'>> => {
  if (items === undefined) return amount === undefined ? {} : { amount };
  return { items, amount: amount ?? openCart({ items })?.amount ?? null };
};

/** The order after redemptions of it were taken back. */
export const takeBackDiscounts = (
  order: Order,
  rollbacks: ReadonlyMap<string, string>,
  { at, kept }: { at: Date; kept: boolean },
): Order => ({
  ...order,
  discounts: order.discounts.map((discount) => {
    const id = discount.redemptionId === null ? undefined : rollbacks.get(discount.redemptionId);
    return id === undefined || discount.rollback ? discount : { ...discount, rollback: { id, at: at.toISOString(), kept } };
  }),
  updatedAt: at,
});
