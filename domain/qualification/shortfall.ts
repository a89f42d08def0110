import { openCart } from '../checkout/cart.ts';
import type { Checkout } from '../checkout/checkout.ts';
import type { CounterRef } from '../checkout/counters.ts';
import type { CustomerFacts, ItemFacts, RuleFacts } from '../validation-rules/facts.ts';
import type { ProductRef } from '../validation-rules/items.ts';
import type { Failure } from '../validation-rules/rule.ts';
import type { Refusal } from '../voucher/refusal.ts';
import type { MissingItem, Shortfall } from './offer.ts';

/** Conditions of which one can say how much there is too little of, and what of the order they count. */
const COUNTED: Readonly<Record<string, 'amount' | 'units'>> = {
  'order.amount': 'amount',
  'order.initial_amount': 'amount',
  'order.total_amount': 'amount',
  'order.items.quantity': 'units',
  'order.items.aggregated_quantity': 'units',
  'product.quantity': 'units',
};

/** Conditions that are met by one more item that they name. */
const NAMING: ReadonlySet<string> = new Set(['order.items.any', 'product.id', 'product.sku', 'product.collection']);

const POSITIVE: ReadonlySet<string> = new Set(['$is', '$in']);

/** The least that each operator asks for. */
const LEAST: Readonly<Record<string, (value: number) => number>> = {
  $more_than: (value) => value + 1,
  $more_than_or_equal: (value) => value,
};

const itemOf = (ref: ProductRef): MissingItem => {
  if (typeof ref === 'string') return { id: ref };
  const { object, id, source_id: sourceId } = ref;
  return { ...(object && { object }), ...(id && { id }), ...(sourceId && { source_id: sourceId }) };
};

const valuesOf = ({ node }: Failure): readonly unknown[] =>
  node.conditions.flatMap(({ operator, values }) => (POSITIVE.has(operator) ? values : []));

/** What a condition that was not met misses. @returns null where it is nothing that a shop can do something about */
export const shortfallOf = (rule: string | null, failure: Failure, { customer }: Pick<RuleFacts, 'customer'>): Shortfall | null => {
  const { node, operator, expected, actual } = failure;
  const condition = node.kind.name;
  const about = { rule, condition, operator };
  const one = { have: 0, need: 1, missing: 1 };
  if (node.kind.needsCustomer && customer === null) return { ...about, what: 'customer', ...one };
  if (condition === 'customer.segment' && operator !== null && POSITIVE.has(operator))
    return { ...about, what: 'segment', ...one, segments: valuesOf(failure) as string[] };
  if (NAMING.has(condition) && operator !== null && POSITIVE.has(operator) && actual === null)
    return { ...about, what: 'items', ...one, items: valuesOf(failure).map((ref) => itemOf(ref as ProductRef)) };
  const least = operator === null ? undefined : LEAST[operator];
  const what = COUNTED[condition];
  if (what === undefined || !least || typeof expected !== 'number') return null;
  const have = typeof actual === 'number' ? actual : 0;
  const need = least(expected);
  return need > have ? { ...about, what, have, need, missing: need - have } : null;
};

/** What misses only that it begins. */
export const startOf = ({ condition, value }: Refusal, at: number): Shortfall | null => {
  const from = typeof value === 'string' ? Date.parse(value) : NaN;
  return condition.endsWith('start_date') && from > at
    ? { rule: null, what: 'time', condition, operator: null, from: new Date(from).toISOString() }
    : null;
};

/** What stands for an item that is to be added: whatever names it means it. */
const added = ({ id, source_id: sourceId }: MissingItem): ItemFacts => ({
  productId: id ?? sourceId ?? null,
  productSourceId: sourceId ?? id ?? null,
  skuId: id ?? sourceId ?? null,
  skuSourceId: sourceId ?? id ?? null,
  collections: new Set(id === undefined ? [] : [id]),
  price: 0,
  amount: 0,
  quantity: 1,
  metadata: {},
  productMetadata: {},
});

const withItem = (checkout: Checkout, item: MissingItem): Checkout => {
  const { order, facts } = checkout;
  const items = [...(order?.items ?? []), { product_id: item.id ?? item.source_id, quantity: 1, amount: 0 }];
  // What the order costs stays what it was told to be.
  const amount = order && openCart(order)?.amount;
  return {
    ...checkout,
    order: { ...order, items, ...(amount != null && { amount }) },
    facts: { ...facts, items: [...facts.items, added(item)], orderMetadata: facts.orderMetadata ?? {} },
  };
};

const withUnits = (checkout: Checkout, index: number, more: number): Checkout => {
  const items = checkout.facts.items.map((item, each) => (each === index ? { ...item, quantity: item.quantity + more } : item));
  return { ...checkout, facts: { ...checkout.facts, items } };
};

function* withUnitsOfEach(checkout: Checkout, more: number): Generator<Checkout> {
  for (const index of checkout.facts.items.keys()) yield withUnits(checkout, index, more);
}

const NOBODY: CustomerFacts = { id: null, sourceId: null, metadata: {}, segments: new Set() };

/** The checkout at a later time. Of a day, week or month that has not begun nothing was counted. */
const atTime = (checkout: Checkout, from: number, at: number): Checkout => {
  const { redeemerOf, counts } = checkout;
  const begins = ({ periodStart }: CounterRef): boolean => periodStart !== null && Date.parse(periodStart) > at;
  return {
    ...checkout,
    redeemerOf: (each) => ({ ...redeemerOf(each), at: from }),
    counts: { ...counts, counter: (ref) => (begins(ref) ? 0 : counts.counter(ref)) },
  };
};

/** How each kind is met, in each of the ways in which it can be. */
const MET: Record<Shortfall['what'], (checkout: Checkout, shortfall: Shortfall, at: number) => Iterable<Checkout>> = {
  amount: (checkout, { missing }) => {
    const { order, facts } = checkout;
    const amount = ((order && openCart(order)?.amount) ?? 0) + missing!;
    return [{ ...checkout, order: { ...order, amount }, facts: { ...facts, orderMetadata: facts.orderMetadata ?? {} } }];
  },
  units: (checkout, { missing }) => withUnitsOfEach(checkout, missing!),
  items: (checkout, { items }) => items!.slice(0, 1).map((item) => withItem(checkout, item)),
  customer: (checkout) => {
    const { facts, redeemerOf } = checkout;
    return [{ ...checkout, facts: { ...facts, customer: NOBODY }, redeemerOf: (each) => ({ ...redeemerOf(each), named: true }) }];
  },
  segment: (checkout, { segments }) => {
    const known = checkout.facts.customer ?? NOBODY;
    const customer = { ...known, segments: new Set([...known.segments, ...segments!]) };
    return [{ ...checkout, facts: { ...checkout.facts, customer } }];
  },
  time: (checkout, { from }, at) => [atTime(checkout, Date.parse(from!), at)],
};

/**
 * Checkouts that have what was missing, one for each way in which they could, to see whether anything else stands in the way.
 * @param at epoch milliseconds, by the clock of who asks
 */
export const asIfMet = (checkout: Checkout, shortfall: Shortfall, at: number): Iterable<Checkout> =>
  MET[shortfall.what](checkout, shortfall, at);
