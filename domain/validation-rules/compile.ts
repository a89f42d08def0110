import { parseLogic, type Logic } from './logic.ts';
import { operatorNamed, type OperatorName } from './operators.ts';
import { findRuleKind } from './registry.ts';
import type { CompiledGroup, CompiledNode, CompiledRule, Condition, RuleDefinition, RuleGroup, RuleNode } from './rule.ts';
import { valuesOf } from './values.ts';

/** Makes a rule ready to be decided that checkRules() found nothing wrong with. */
export const compileRule = ({ rules, error, applicable_to: scope }: RuleDefinition): CompiledRule => ({
  group: compileGroup(rules),
  scope: scope && (scope.included_all || scope.included.length + scope.excluded.length > 0) ? scope : null,
  message: error?.message ?? null,
});

const compileGroup = ({ logic, ...rest }: RuleGroup): CompiledGroup | null => {
  const entries = Object.entries(rest) as [string, RuleNode][];
  if (entries.length === 0) return null;
  const nodes = new Map(entries.map(([id, node]) => [id, compileNode(id, node)]));
  return { logic: logic ? parseLogic(logic) : allOf([...nodes.keys()]), nodes };
};

/** Where nothing is said, all conditions have to hold. */
const allOf = (ids: string[]): Logic => (ids.length === 1 ? { rule: ids[0]! } : { op: 'and', of: ids.map((rule) => ({ rule })) });

const counts = (operator: OperatorName): boolean => operatorNamed(operator).of === 'list';

const compileNode = (id: string, { name, property, conditions, error, rules }: RuleNode): CompiledNode => {
  const kind = findRuleKind(name);
  if (!kind) throw new Error(`there is no kind of condition ${name}`);
  const all = Object.entries(conditions ?? {}).map(([operator, values]): Condition => ({
    operator: operator as OperatorName,
    values: valuesOf(values),
  }));
  return {
    id,
    kind,
    property: property ?? null,
    conditions: all,
    picks: all.filter(({ operator }) => !counts(operator)),
    counts: all.filter(({ operator }) => counts(operator)),
    nested: rules ? compileGroup(rules) : null,
    message: error?.message ?? null,
  };
};
