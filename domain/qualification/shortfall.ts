import type { Checkout } from '../checkout.ts';
import { openCart } from '../checkout-cart.ts';
import type { Failure } from '../validation-rules/rule.ts';
import type { Shortfall } from './offer.ts';

/** Conditions of which one can say how much there is too little of, and what of the order they count. */
const COUNTED: Readonly<Record<string, 'amount' | 'units'>> = {
  'order.amount': 'amount',
  'order.initial_amount': 'amount',
  'order.total_amount': 'amount',
  'order.items.quantity': 'units',
};

/** The least that each operator asks for. */
const LEAST: Readonly<Record<string, (value: number) => number>> = {
  $more_than: (value) => value + 1,
  $more_than_or_equal: (value) => value,
};

/** What a condition that was not met misses. @returns null where it is not that something is too little */
export const shortfallOf = (rule: string, { node, operator, expected, actual }: Failure): Shortfall | null => {
  const condition = node.kind.name;
  const least = operator === null ? undefined : LEAST[operator];
  if (COUNTED[condition] === undefined || !least || typeof expected !== 'number') return null;
  const have = typeof actual === 'number' ? actual : 0;
  const need = least(expected);
  return need > have ? { rule, condition, operator: operator!, have, need, missing: need - have } : null;
};

/** The checkout with an order that has what was missing, to see whether anything else stands in the way. */
export const asIfMet = (checkout: Checkout, { condition, missing }: Shortfall): Checkout => {
  const { order, facts } = checkout;
  if (COUNTED[condition] === 'amount') {
    const amount = ((order && openCart(order)?.amount) ?? 0) + missing;
    return { ...checkout, order: { ...order, amount }, facts: { ...facts, orderMetadata: facts.orderMetadata ?? {} } };
  }
  const [first, ...others] = facts.items;
  if (!first) return checkout;
  return { ...checkout, facts: { ...facts, items: [{ ...first, quantity: first.quantity + missing }, ...others] } };
};
