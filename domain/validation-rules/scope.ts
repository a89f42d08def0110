import type { ItemFacts } from './facts.ts';
import { isNamedBy, namedItems } from './items.ts';
import type { AssignedRule, CompiledGroup, ProductScope, ScopeEntry } from './rule.ts';

/** Which items a discount is taken of, by their place in the order; every rule has to let it. @returns null where no rule bounds it */
export const applicableLines = (rules: readonly AssignedRule[], { items }: { items: readonly ItemFacts[] }): readonly boolean[] | null => {
  const bounds = rules.map((rule) => boundsOf(rule, items)).filter((bound) => bound !== null);
  if (bounds.length === 0) return null;
  return items.map((_, index) => bounds.every((bound) => bound[index]));
};

const boundsOf = ({ group, scope }: AssignedRule, items: readonly ItemFacts[]): readonly boolean[] | null => {
  const found = group && foundApplicable(group, items);
  const scoped = scope && inScope(scope, items);
  if (!found || !scoped) return found ?? scoped;
  return items.map((_, index) => found[index]! && scoped[index]!);
};

const inScope = ({ included, excluded, included_all: all }: ProductScope, items: readonly ItemFacts[]): readonly boolean[] => {
  const taken = new Set(all || included.length === 0 ? items : []);
  for (const entry of included) for (const item of chosen(entry, items)) taken.add(item);
  for (const entry of excluded) for (const item of items) if (isNamedBy(item, entry)) taken.delete(item);
  return items.map((item) => taken.has(item));
};

/** Of items that cost the same, the first is the cheapest and the most expensive. */
const chosen = (entry: ScopeEntry, items: readonly ItemFacts[]): readonly ItemFacts[] => {
  const named = items.filter((item) => isNamedBy(item, entry));
  if (named.length === 0 || (entry.effect ?? 'APPLY_TO_EVERY') === 'APPLY_TO_EVERY') return named;
  const sign = entry.effect === 'APPLY_TO_CHEAPEST' ? 1 : -1;
  return [named.reduce((best, item) => (sign * (unitPrice(item) - unitPrice(best)) < 0 ? item : best))];
};

const unitPrice = ({ price, amount, quantity }: ItemFacts): number => price ?? amount / quantity;

/** What rules found whose nested rules say `product.discount_applicable`. */
const foundApplicable = (group: CompiledGroup, items: readonly ItemFacts[]): readonly boolean[] | null => {
  const marked = [...group.nodes.values()].filter(({ nested }) => nested && [...nested.nodes.values()].some(saysApplicable));
  if (marked.length === 0) return null;
  const taken = new Set(marked.flatMap((node) => namedItems(node, items)));
  return items.map((item) => taken.has(item));
};

const saysApplicable = ({ kind, conditions }: { kind: { name: string }; conditions: readonly { values: readonly unknown[] }[] }): boolean =>
  kind.name === 'product.discount_applicable' && conditions.every(({ values }) => values.includes(true));
