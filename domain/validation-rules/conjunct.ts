import { failureOfLogic } from './evaluate.ts';
import type { Logic } from './logic.ts';
import type { AssignedRule, CompiledGroup, CompiledNode, Failure, RuleScope } from './rule.ts';

/** One of the things that a rule asks for together: a condition, or several of which one has to hold. */
export interface Conjunct {
  /** Those of one key say the same of the same facts. */
  key: string;
  logic: Logic;
  group: CompiledGroup;
}

/** By the rules that they are of, which never change. */
const known = new WeakMap<CompiledGroup, readonly Conjunct[]>();

/** What a rule asks for, in the order in which it does: the first that fails is what the rule fails by. */
export const conjunctsOf = ({ group }: Pick<AssignedRule, 'group'>): readonly Conjunct[] => {
  if (group === null) return [];
  const conjuncts = known.get(group) ?? conjunctsIn(group.logic, group);
  known.set(group, conjuncts);
  return conjuncts;
};

const conjunctsIn = (logic: Logic, group: CompiledGroup): Conjunct[] =>
  'of' in logic && logic.op === 'and' ? logic.of.flatMap((part) => conjunctsIn(part, group)) : [{ key: keyOf(logic, group), logic, group }];

/** The condition that it fails by; of those of one key, whichever was asked. @returns null where it holds */
export const failureOfConjunct = ({ logic, group }: Conjunct, scope: RuleScope): Failure | null => failureOfLogic(logic, group, scope);

/** The condition that it is; null where it is several, or looks into items that others found. */
export const loneNode = ({ logic, group }: Conjunct): CompiledNode | null => {
  const node = 'rule' in logic ? group.nodes.get(logic.rule)! : null;
  return node?.nested ? null : node;
};

const keyOf = (logic: Logic, group: CompiledGroup): string =>
  'rule' in logic ? keyOfNode(group.nodes.get(logic.rule)!) : `(${logic.of.map((part) => keyOf(part, group)).join(` ${logic.op} `)})`;

/** Its id and its message change nothing. */
const keyOfNode = ({ kind, property, conditions, nested }: CompiledNode): string =>
  JSON.stringify([kind.name, property, conditions, nested && keyOf(nested.logic, nested)]);
