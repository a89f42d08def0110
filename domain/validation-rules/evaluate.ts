import { refuseByRule, type Refusal, type RefusalKey } from '../voucher/refusal.ts';
import { compare, expectedOf } from './compare.ts';
import type { RuleFacts } from './facts.ts';
import type { Logic } from './logic.ts';
import { operatorNamed } from './operators.ts';
import type { AssignedRule, CompiledGroup, CompiledNode, Failure, Finding, RuleScope } from './rule.ts';

/** Why these rules do not let the redeemable be redeemed. @returns null where all do */
export const refusalOfRules = (rules: readonly AssignedRule[], facts: RuleFacts): Refusal | null => {
  for (const rule of rules) {
    const failure = failureOfRule(rule, facts);
    if (failure) return refusalOf(rule, failure, facts);
  }
  return null;
};

/** The condition that a rule fails by. @returns null where it holds */
export const failureOfRule = ({ group }: Pick<AssignedRule, 'group'>, facts: RuleFacts): Failure | null =>
  group && failureOf(group, scopeOf(facts));

/** What the conditions of a rule look at first. */
export const scopeOf = (facts: RuleFacts): RuleScope => ({ facts, items: facts.order?.items ?? [], item: null });

const failureOf = (group: CompiledGroup, scope: RuleScope): Failure | null => failureOfLogic(group.logic, group, scope);

/** The condition that this part of a rule fails by. Of alternatives that all fail, the first is told. @returns null where it holds */
export const failureOfLogic = (logic: Logic, group: CompiledGroup, scope: RuleScope): Failure | null => {
  if ('rule' in logic) return failureOfNode(group.nodes.get(logic.rule)!, scope);
  let first: Failure | null = null;
  for (const part of logic.of) {
    const failure = failureOfLogic(part, group, scope);
    if (failure === null && logic.op === 'or') return null;
    if (failure !== null && logic.op === 'and') return failure;
    first ??= failure;
  }
  return first;
};

const failureOfNode = (node: CompiledNode, scope: RuleScope): Failure | null => {
  const finding = findingOf(node, scope);
  if (finding.holds) return null;
  const { operator, expected, actual, inner } = finding;
  return inner ?? { node, operator, expected, actual };
};

const findingOf = (node: CompiledNode, scope: RuleScope): Finding => {
  const { kind, conditions, nested } = node;
  if (kind.needsCustomer && scope.facts.customer === null) {
    const [first] = conditions;
    return { holds: false, operator: first?.operator ?? null, expected: first ? expectedOf(first.values) : null, actual: null };
  }
  if (kind.find) return kind.find(node, scope, (item, found) => nested && failureOf(nested, { facts: scope.facts, items: found, item }));
  return compare(conditions, kind.read?.(node, scope));
};

const keyOf = ({ node: { kind } }: Failure, { customer, order }: RuleFacts): RefusalKey => {
  if (kind.needsCustomer && customer === null) return 'missing_customer';
  if (kind.subject === 'customer') return 'customer_rules_violated';
  if (kind.subject === 'redemption') return 'redemption_rules_violated';
  if (order === null) return 'missing_order';
  if (kind.ofItems) return order.items.length === 0 ? 'missing_order_items' : 'order_rules_violated';
  return kind.value === 'amount' && order.initialAmount === null ? 'missing_amount' : 'order_rules_violated';
};

const refusalOf = (rule: AssignedRule, failure: Failure, facts: RuleFacts): Refusal => {
  const { node, operator, expected, actual } = failure;
  const condition = node.property === null ? node.kind.name : `${node.kind.name}.${node.property}`;
  const asked = operator === null ? '' : `: ${operatorNamed(operator).description} ${textOf(expected)}`;
  return refuseByRule(keyOf(failure, facts), {
    condition: operator === null ? condition : `${condition} ${operator}`,
    value: expected,
    details: `Validation rule ${rule.id} asks for ${condition}${asked}. It is ${textOf(actual)}`,
    rule: { id: rule.id, revision: rule.revision, condition: node.id, actual: actual ?? null },
    shown: node.message ?? rule.message,
  });
};

const LONGEST = 200;

const textOf = (value: unknown): string => {
  const text = value === undefined || value === null ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
};
