import { valuesOf } from './values.ts';
import { findRuleKind } from './registry.ts';
import type { RuleDefinition, RuleGroup, RuleNode, ScopeEntry } from './rule.ts';

/** Something that a rule names and that has to exist. */
export interface RuleReference {
  /** Where it is named, such as `rules.1.conditions.$is`. */
  path: string;
  object: 'segment' | 'product' | 'sku' | 'products_collection';
  /** An id of ours; of a segment its name too. */
  name: string;
}

/** Ids of ours begin so. Others are the shop's: its products need not be in the catalogue. */
const PREFIXES: Record<string, ScopeEntry['object']> = { prod_: 'product', sku_: 'sku', pc_: 'products_collection' };

const ofProduct = (path: string, id: unknown): RuleReference[] => {
  if (typeof id !== 'string') return [];
  const prefix = Object.keys(PREFIXES).find((each) => id.startsWith(each));
  return prefix ? [{ path, object: PREFIXES[prefix]!, name: id }] : [];
};

const ofNode = ({ name, conditions, rules }: RuleNode, path: string): RuleReference[] => {
  const kind = findRuleKind(name);
  const own = Object.entries(conditions ?? {}).flatMap(([operator, given]) =>
    valuesOf(given).flatMap((value): RuleReference[] => {
      const where = `${path}.conditions.${operator}`;
      if (kind?.value === 'segment') return [{ path: where, object: 'segment', name: value as string }];
      if (kind?.value !== 'product') return [];
      return ofProduct(where, typeof value === 'string' ? value : (value as { id?: unknown } | null)?.id);
    }),
  );
  return [...own, ...(rules ? ofGroup(rules, `${path}.rules`) : [])];
};

const ofGroup = ({ logic: _logic, ...nodes }: RuleGroup, path: string): RuleReference[] =>
  Object.entries(nodes).flatMap(([id, node]) => ofNode(node as RuleNode, `${path}.${id}`));

/** Everything that a checked rule names and that has to exist. */
export const referencesOf = ({ rules, applicable_to: scope }: RuleDefinition): RuleReference[] => [
  ...ofGroup(rules, 'rules'),
  ...(['included', 'excluded'] as const).flatMap((list) =>
    (scope?.[list] ?? []).flatMap(({ id }, index) => ofProduct(`applicable_to.${list}[${index}].id`, id)),
  ),
];
