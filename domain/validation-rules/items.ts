import { compare, expectedOf } from './compare.ts';
import type { ItemFacts } from './facts.ts';
import type { OperatorName } from './operators.ts';
import type { CompiledNode, Condition, Finding, NestedRules, RuleNeeds, RuleScope, ScopeEntry } from './rule.ts';

/** A product, SKU or collection as a condition names it: by our id or by the shop's. */
export type ProductRef = string | (Pick<ScopeEntry, 'id' | 'source_id'> & { object?: ScopeEntry['object'] });

const is = (value: string | null | undefined, name: string | null): boolean => value != null && value !== '' && value === name;

/** Whether an item is what a reference names. A reference without an object may name any of the three. */
export const isNamedBy = (item: ItemFacts, ref: ProductRef): boolean => {
  const { productId, productSourceId, skuId, skuSourceId, collections } = item;
  const { id, source_id: sourceId, object } = typeof ref === 'string' ? { id: ref, source_id: ref, object: undefined } : ref;
  const ofAny = object === undefined;
  return (
    ((ofAny || object === 'product') && (is(id, productId) || is(id, productSourceId) || is(sourceId, productSourceId))) ||
    ((ofAny || object === 'sku') && (is(id, skuId) || is(id, skuSourceId) || is(sourceId, skuSourceId))) ||
    ((ofAny || object === 'products_collection') && id != null && collections.has(id))
  );
};

/** All names that references may have for an item. */
export const namesOfItem = ({ productId, productSourceId, skuId, skuSourceId, collections }: ItemFacts): (string | null)[] => [
  productId,
  productSourceId,
  skuId,
  skuSourceId,
  ...collections,
];

/** An item is named by a reference only where it has one of these names. */
export const namesInRef = (ref: ProductRef): string[] =>
  typeof ref === 'string' ? [ref] : [ref.id, ref.source_id].filter((name) => typeof name === 'string');

const NEGATIVE = new Set<OperatorName>(['$is_not', '$not_in']);

/** What a condition looks at: within a nested rule one item after the other, else all. */
export const lookedAt = ({ items, item }: RuleScope): readonly ItemFacts[] => (item ? [item] : items);

/** The items that a condition's references name; all where it has none. */
export const namedItems = (node: CompiledNode, items: readonly ItemFacts[]): ItemFacts[] =>
  items.filter((item) =>
    node.picks.every(({ operator, values }) => {
      const named = values.some((ref) => isNamedBy(item, ref as ProductRef));
      return NEGATIVE.has(operator) ? !named : named;
    }),
  );

/** Whether some item is named and meets the nested rules, and as many as asked. */
export const someNamed = (node: CompiledNode, scope: RuleScope, nested: NestedRules): Finding =>
  someFound(node, namedItems(node, lookedAt(scope)), nested);

/** The same for items that were found by other means. */
export const someFound = (node: CompiledNode, found: readonly ItemFacts[], nested: NestedRules): Finding => {
  const { picks, counts } = node;
  const fitting = found.filter((item) => nested(item, found) === null);
  const counted = compare(counts, fitting);
  if (!counted.holds) return { ...counted, actual: fitting.length };
  // "at most two of these" holds where there is none.
  if (fitting.length > 0 || counts.length > 0) return { holds: true };
  const inner = found[0] && nested(found[0], found);
  return { holds: false, operator: picks[0]?.operator ?? null, expected: shown(picks), actual: null, ...(inner && { inner }) };
};

/** Whether every item is named and meets the nested rules. */
export const everyNamed = (node: CompiledNode, scope: RuleScope, nested: NestedRules): Finding => {
  const items = lookedAt(scope);
  const found = namedItems(node, items);
  const failed = found.find((item) => nested(item, found) !== null);
  if (items.length > 0 && found.length === items.length && !failed) return { holds: true };
  const inner = failed && nested(failed, found);
  return {
    holds: false,
    operator: node.conditions[0]?.operator ?? null,
    expected: shown(node.conditions),
    actual: found.length,
    ...(inner && { inner }),
  };
};

/** Whether no item is named that meets the nested rules. */
export const noneNamed = (node: CompiledNode, scope: RuleScope, nested: NestedRules): Finding => {
  const found = namedItems(node, lookedAt(scope));
  const fitting = found.filter((item) => nested(item, found) === null);
  if (fitting.length === 0) return { holds: true };
  return { holds: false, operator: node.conditions[0]?.operator ?? null, expected: shown(node.conditions), actual: fitting.length };
};

/** Holds a value of each item against the conditions: the item that a nested rule looks at, else any. */
export const compareItems = (node: CompiledNode, scope: RuleScope, read: (item: ItemFacts) => unknown): Finding => {
  let last: Finding = { holds: false, operator: node.conditions[0]?.operator ?? null, expected: shown(node.conditions), actual: null };
  for (const each of lookedAt(scope)) {
    last = compare(node.conditions, read(each));
    if (last.holds) return last;
  }
  return last;
};

/** The items whose value meets the conditions. */
export const itemsWith = (node: CompiledNode, items: readonly ItemFacts[], read: (item: ItemFacts) => unknown): ItemFacts[] =>
  items.filter((item) => compare(node.picks, read(item)).holds);

/** The references as they can be read in a trace. */
const shown = (conditions: readonly Condition[]): unknown => expectedOf(conditions.flatMap(({ values }) => values.map(nameOf)));

const nameOf = (ref: unknown): unknown => {
  if (typeof ref !== 'object' || ref === null) return ref;
  const { id, source_id: sourceId } = ref as { id?: unknown; source_id?: unknown };
  return id || sourceId || ref;
};

/** What has to be read to know what items are: any reference may name a collection. */
export const productNeeds = (node: CompiledNode): RuleNeeds => ({
  products: true,
  collections: collectionsIn(node.conditions.flatMap(({ values }) => values)),
});

const collectionsIn = (refs: readonly unknown[]): string[] =>
  refs.flatMap((ref) => {
    if (typeof ref === 'string') return ref.startsWith('pc_') ? [ref] : [];
    const { id, object } = ref as { id?: string; object?: string };
    return id && (object === 'products_collection' || (object === undefined && id.startsWith('pc_'))) ? [id] : [];
  });
