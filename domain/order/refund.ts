import type { FieldProblem } from '../errors.ts';
import { spread } from '../money.ts';
import { orderLines, type LineReturn, type Order, type OrderLine } from './order.ts';

/** What comes back: units of lines, or an amount of money that is of no line in particular. Minor units. */
export type RefundAsked = { items: readonly { item: number; quantity: number | null }[] } | { amount: number };

/** What a refund gives back of one line. */
interface RefundLine extends LineReturn {
  /** null: of what the order costs beside its items. */
  item: number | null;
}

export interface Refund {
  /** The money for the customer. */
  amount: number;
  /** The discount that goes back with it: the returned lines' shares. */
  discount: number;
  lines: RefundLine[];
  /** What came back of the order after it. */
  returned: Order['returned'];
  /** Whether with it all of the order came back: every unit of every item, or all the money. */
  full: boolean;
}

const NOTHING: LineReturn = { quantity: 0, amount: 0, discount: 0 };

const discountOf = (line: OrderLine): number => line.itemDiscount + line.orderDiscount;
const paidOf = (line: OrderLine): number => line.amount - discountOf(line);

/** So much of a whole that comes in equal parts, rounded down: exact for any amounts. */
const portion = (whole: number, parts: number, of: number): number => Number((BigInt(whole) * BigInt(parts)) / BigInt(of));

/**
 * What so many units of a line gave back together, money and discount. Counted up from the first unit, so that whatever the steps in
 * which they come back, the sum is exact. Where every unit costs the same, money and discount of each unit are its price.
 */
const upTo = (line: OrderLine, units: number): { amount: number; discount: number } => {
  const discount = portion(discountOf(line), units, line.quantity);
  const amount =
    line.amount % line.quantity === 0 ? portion(line.amount, units, line.quantity) - discount : portion(paidOf(line), units, line.quantity);
  return { amount, discount };
};

const unitsBack = (line: OrderLine, known: LineReturn, quantity: number): LineReturn => {
  const before = upTo(line, known.quantity);
  const after = upTo(line, known.quantity + quantity);
  return {
    quantity,
    // Money that came back before without a unit is not paid twice.
    amount: Math.min(after.amount - before.amount, paidOf(line) - known.amount),
    discount: Math.min(after.discount - before.discount, discountOf(line) - known.discount),
  };
};

/** Money without units: the discount goes back in proportion, and all of it with the last of the money. */
const moneyBack = (line: OrderLine, known: LineReturn, amount: number): LineReturn => {
  const paid = paidOf(line);
  const due = paid === 0 ? 0 : portion(discountOf(line), known.amount + amount, paid);
  return { quantity: 0, amount, discount: Math.max(0, due - known.discount) };
};

const plus = (a: LineReturn, b: LineReturn): LineReturn => ({
  quantity: a.quantity + b.quantity,
  amount: a.amount + b.amount,
  discount: a.discount + b.discount,
});

const allUnitsBack = (lines: readonly OrderLine[], returned: readonly LineReturn[]): boolean =>
  lines.some((line) => line.item !== null) &&
  lines.every((line, index) => line.item === null || returned[index]!.quantity === line.quantity);

const allMoneyBack = (lines: readonly OrderLine[], returned: readonly LineReturn[]): boolean =>
  lines.some((line) => paidOf(line) > 0) && lines.every((line, index) => returned[index]!.amount === paidOf(line));

/**
 * What a refund of an order gives back, from the shares that were kept with its redemptions. The sum of an order's refunds is never more
 * than what was paid, and exactly that when all has come back.
 * @returns what is wrong with it, by field, where it cannot be
 */
export const refundOf = (order: Order, asked: RefundAsked): Refund | FieldProblem[] => {
  const lines = orderLines(order);
  const known = lines.map(({ item }) => (item === null ? order.returned.beside : order.returned.items?.[item]) ?? NOTHING);
  const back = 'amount' in asked ? backOfMoney(lines, known, asked.amount) : backOfItems(lines, known, asked.items);
  if (Array.isArray(back)) return back;
  const returned = known.map((each, index) => plus(each, back.get(index) ?? NOTHING));
  const given = [...back].map(([index, each]) => ({ item: lines[index]!.item, ...each }));
  return {
    amount: given.reduce((sum, each) => sum + each.amount, 0),
    discount: given.reduce((sum, each) => sum + each.discount, 0),
    lines: given,
    returned: { items: returned.slice(0, -1), beside: returned.at(-1)! },
    full: allUnitsBack(lines, returned) || allMoneyBack(lines, returned),
  };
};

/** What comes back, by line. */
type Back = Map<number, LineReturn>;

const backOfMoney = (lines: OrderLine[], known: LineReturn[], amount: number): Back | FieldProblem[] => {
  const left = lines.map((line, index) => paidOf(line) - known[index]!.amount);
  const most = left.reduce((sum, each) => sum + each, 0);
  if (amount > most) return [{ path: 'amount', message: `must be at most ${most}, which is what was paid and did not come back` }];
  const parts = spread(amount, left);
  const back = lines.map((line, index) => [index, moneyBack(line, known[index]!, parts[index]!)] as const);
  return new Map(back.filter(([, each]) => each.amount > 0));
};

const backOfItems = (
  lines: OrderLine[],
  known: LineReturn[],
  asked: readonly { item: number; quantity: number | null }[],
): Back | FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const back: Back = new Map();
  for (const [index, { item, quantity }] of asked.entries()) {
    const line = lines[item];
    const left = line && line.item !== null ? line.quantity - known[item]!.quantity : 0;
    if (back.has(item)) problems.push({ path: `items[${index}]`, message: 'must name each item of the order once' });
    else if (!line || left === 0) problems.push({ path: `items[${index}]`, message: 'came back before' });
    else if (quantity !== null && quantity > left) problems.push({ path: `items[${index}].quantity`, message: `must be at most ${left}` });
    else back.set(item, unitsBack(line, known[item]!, quantity ?? left));
  }
  return problems.length > 0 ? problems : back;
};
