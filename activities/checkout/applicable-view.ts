import type { ItemFacts } from '../../domain/validation-rules/facts.ts';
import type { ScopeEntry } from '../../domain/validation-rules/rule.ts';
import type { ApplicableScope, CoveringEntry } from '../../domain/validation-rules/scope.ts';
import { unitNumbers } from '../../domain/validation-rules/scope-entry.ts';

/** Beyond so many units in an order, answers do not count them up one by one. */
const MOST_UNITS = 1000;

/** What the entry names by the catalogue's ids, as far as the order's items tell. */
const namesOf = ({ object, id, source_id: sourceId }: ScopeEntry, item: ItemFacts | null) => {
  const given = { id: id ?? sourceId ?? '', source_id: sourceId ?? undefined };
  if (!item || object === 'products_collection') return given;
  const product = { id: item.productId ?? undefined, sourceId: item.productSourceId ?? undefined };
  if (object === 'product')
    return { id: id ?? product.id ?? given.id, source_id: given.source_id ?? (id === product.id ? product.sourceId : undefined) };
  return {
    id: id ?? item.skuId ?? given.id,
    source_id: given.source_id ?? item.skuSourceId ?? undefined,
    product_id: product.id,
    product_source_id: product.sourceId,
  };
};

const limitsOf = (entry: ScopeEntry) => ({
  quantity_limit: entry.quantity_limit || undefined,
  aggregated_quantity_limit: entry.aggregated_quantity_limit || undefined,
  amount_limit: entry.amount_limit || undefined,
  aggregated_amount_limit: entry.aggregated_amount_limit || undefined,
});

/** Which lines of the order it covers, and which units of them, in the order in which it does; nothing where the order has no items. */
const coverOf = ({ entry, covered }: CoveringEntry, { items, orderUnits }: ApplicableScope, isOpen: (item: number) => boolean) => {
  if (items.length === 0) return {};
  const open = covered.filter(({ item }) => isOpen(item));
  const indices = { order_item_indices: open.map(({ item }) => item) };
  if (entry.target !== 'UNIT') return indices;
  const many = orderUnits > MOST_UNITS;
  return {
    ...indices,
    order_item_units: open.map((each) => ({
      index: each.item,
      ...(many ? { units_limit_exceeded: true as const } : { units: unitNumbers(entry, each) }),
    })),
  };
};

const entryView = (covering: CoveringEntry, scope: ApplicableScope, isOpen: (item: number) => boolean) => {
  const { entry, first } = covering;
  return {
    object: entry.object,
    ...namesOf(entry, first),
    strict: entry.strict,
    effect: entry.effect ?? ('APPLY_TO_EVERY' as const),
    price: entry.price ?? undefined,
    price_formula: entry.price_formula || undefined,
    ...limitsOf(entry),
    skip_initially: entry.skip_initially ?? undefined,
    repeat: entry.repeat ?? undefined,
    target: entry.target,
    ...coverOf(covering, scope, isOpen),
  };
};

const listView = <T>(data: T[]) => ({ object: 'list' as const, data_ref: 'data' as const, data, total: data.length });

/** What a discount is taken of and what it is not, as answers tell it: what its rules list. Empty lists where no rule bounds it. */
export const applicableView = (scope: ApplicableScope | null) => ({
  applicable_to: listView(scope === null ? [] : scope.included.map((each) => entryView(each, scope, (item) => scope.items[item] !== null))),
  inapplicable_to: listView(scope === null ? [] : scope.excluded.map((each) => entryView(each, scope, () => true))),
});
