import { WHOLE_ITEM, within, type ItemBound, type ItemScope } from '../checkout/item-scope.ts';
import type { ItemFacts } from './facts.ts';
import { isNamedBy, namedItems } from './items.ts';
import type { AssignedRule, CompiledGroup, CompiledNode, ProductScope, ScopeEntry } from './rule.ts';
import { coveredBy, type Covered } from './scope-entry.ts';

/** An entry with what it comes to on an order. */
export interface CoveringEntry {
  entry: ScopeEntry;
  covered: readonly Covered[];
  /** The first item that it covers; null where it covers none. */
  first: ItemFacts | null;
}

/** Which items a discount is taken of, with the entries of rules that say so. */
export interface ApplicableScope extends ItemScope {
  included: readonly CoveringEntry[];
  excluded: readonly CoveringEntry[];
  /** How many units the order has. */
  orderUnits: number;
}

/** What one rule says. */
interface RuleBounds extends ItemScope {
  included: CoveringEntry[];
  excluded: CoveringEntry[];
}

/** The collection of all products, as answers name it. */
const ALL_PRODUCTS: ScopeEntry = { object: 'products_collection', id: 'pc_a11pr0dUc75' };

/** Which items a discount is taken of, by their place in the order; every rule has to let it. @returns null where no rule bounds it */
export const scopeOf = (rules: readonly AssignedRule[], { items }: { items: readonly ItemFacts[] }): ApplicableScope | null => {
  const bounds = rules.flatMap((rule) => boundsOf(rule, items));
  const [first, ...others] = bounds;
  if (!first) return null;
  return {
    items: others.reduce((open, each) => bothOf(open, each.items), first.items),
    groups: bounds.flatMap(({ groups }) => groups),
    included: bounds.flatMap(({ included }) => included),
    excluded: bounds.flatMap(({ excluded }) => excluded),
    orderUnits: items.reduce((sum, { quantity }) => sum + quantity, 0),
  };
};

/** Whether a rule may bound what a discount is taken of. */
export const isBounding = ({ group, scope }: Pick<AssignedRule, 'group' | 'scope'>): boolean =>
  scope !== null || (group !== null && markedIn(group).length > 0);

type Bounds = ItemScope['items'];

const bothOf = (one: Bounds, other: Bounds): Bounds =>
  one.map((bound, index) => {
    const others = other[index];
    return bound && others ? within(bound, others) : null;
  });

const boundsOf = ({ group, scope }: AssignedRule, items: readonly ItemFacts[]): RuleBounds[] => [
  ...(scope ? [inScope(scope, items)] : []),
  ...((group && foundApplicable(group, items)) ?? []),
];

const boundOf = ({ amount_limit: limit, price, price_formula: formula }: ScopeEntry, { units }: Covered): ItemBound => ({
  units,
  amountLimit: limit || null,
  price: price ?? null,
  priceFormula: formula || null,
});

const wholes = (places: readonly number[]): Covered[] => places.map((item) => ({ item, units: null, before: 0 }));

const inScope = ({ included, excluded, included_all: all }: ProductScope, items: readonly ItemFacts[]): RuleBounds => {
  const covering = (entry: ScopeEntry, covered: Covered[]): CoveringEntry => ({
    entry,
    covered,
    first: items[covered[0]?.item ?? -1] ?? null,
  });
  const naming = (entry: ScopeEntry): number[] => items.flatMap((item, place) => (isNamedBy(item, entry) ? [place] : []));
  const without = excluded.map((entry) => covering(entry, wholes(naming(entry))));
  const closed = new Set(without.flatMap(({ covered }) => covered.map(({ item }) => item)));
  const open = (place: number): boolean => !closed.has(place);
  const entries = included.map((entry) => covering(entry, coveredBy(entry, items, open)));
  if (all || included.length === 0) entries.unshift(covering(ALL_PRODUCTS, wholes([...items.keys()].filter(open))));

  const bounds: (ItemBound | null)[] = items.map(() => null);
  for (const { entry, covered } of entries)
    for (const each of covered) {
      const known = bounds[each.item];
      const bound = boundOf(entry, each);
      // Of what several entries cover, each has its say.
      bounds[each.item] = known ? within(known, bound) : bound;
    }
  const groups = entries.flatMap(({ entry: { aggregated_amount_limit: limit }, covered }) =>
    limit ? [{ items: covered.map(({ item }) => item), amountLimit: limit }] : [],
  );
  return { items: bounds, groups, included: entries, excluded: without };
};

/** The conditions whose nested rules say `product.discount_applicable`. */
const markedIn = ({ nodes }: CompiledGroup): CompiledNode[] =>
  [...nodes.values()].filter(({ nested }) => nested && [...nested.nodes.values()].some(saysApplicable));

/** What rules found whose nested rules say so. */
const foundApplicable = (group: CompiledGroup, items: readonly ItemFacts[]): RuleBounds[] => {
  const marked = markedIn(group);
  if (marked.length === 0) return [];
  const taken = new Set(marked.flatMap((node) => namedItems(node, items)));
  const bounds = items.map((item) => (taken.has(item) ? WHOLE_ITEM : null));
  const included = items.flatMap((item, place): CoveringEntry[] => {
    const entry = taken.has(item) ? entryOf(item) : null;
    return entry ? [{ entry, covered: wholes([place]), first: item }] : [];
  });
  return [{ items: bounds, groups: [], included, excluded: [] }];
};

/** An item as an entry would name it. */
const entryOf = ({ productId, productSourceId, skuId, skuSourceId }: ItemFacts): ScopeEntry | null => {
  if (skuId !== null || skuSourceId !== null) return { object: 'sku', id: skuId, source_id: skuSourceId };
  return productId === null && productSourceId === null ? null : { object: 'product', id: productId, source_id: productSourceId };
};

const saysApplicable = ({ kind, conditions }: { kind: { name: string }; conditions: readonly { values: readonly unknown[] }[] }): boolean =>
  kind.name === 'product.discount_applicable' && conditions.every(({ values }) => values.includes(true));
