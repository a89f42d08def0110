import type { FieldProblem } from '../errors.ts';
import { LogicError, parseLogic, rulesIn } from './logic.ts';
import { isOperator } from './operators.ts';
import { findRuleKind, ruleKinds } from './registry.ts';
import type { RuleKind } from './rule.ts';
import { valueProblem } from './values.ts';
import { isRecord } from '../record.ts';

/** The most conditions of a rule, nested ones too, and how deep they may nest. */
const LIMITS = { conditions: 100, depth: 3, message: 500 };

const ID = /^[A-Za-z0-9_$-]{1,64}$/;
const FIELDS = new Set(['name', 'property', 'conditions', 'error', 'rules']);

type Problems = (path: string, message: string) => void;

/** Everything that is wrong with the conditions of a rule as somebody wrote them. An empty list: the shape is that of RuleGroup. */
export const checkRules = (rules: unknown, path = 'rules'): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const count = { conditions: 0 };
  checkGroup(rules, path, 0, count, (where, message) => problems.push({ path: where, message }));
  if (count.conditions > LIMITS.conditions) problems.push({ path, message: `must have at most ${LIMITS.conditions} conditions` });
  return problems;
};

const checkGroup = (rules: unknown, path: string, depth: number, count: { conditions: number }, wrong: Problems): void => {
  if (!isRecord(rules)) return wrong(path, 'must be an object with conditions by their ids, and logic');
  const { logic, ...nodes } = rules;
  const ids = Object.keys(nodes);
  count.conditions += ids.length;
  if (count.conditions > LIMITS.conditions) return;
  for (const id of ids) {
    if (!ID.test(id) || /^(and|or)$/i.test(id))
      wrong(`${path}.${id}`, 'must have an id of letters, digits, _, $ and -, other than "and" and "or"');
    else checkNode(nodes[id], `${path}.${id}`, depth, count, wrong);
  }
  checkLogic(logic, ids, `${path}.logic`, wrong);
};

const checkLogic = (logic: unknown, ids: string[], path: string, wrong: Problems): void => {
  if (logic === undefined || logic === null || (logic === '' && ids.length === 0)) return;
  if (typeof logic !== 'string') return wrong(path, 'must be a text such as "(1 and 2) or 3"');
  let named: string[];
  try {
    named = rulesIn(parseLogic(logic));
  } catch (error) {
    if (!(error instanceof LogicError)) throw error;
    return wrong(path, error.message);
  }
  for (const id of new Set(named)) if (!ids.includes(id)) wrong(path, `names the condition ${id}, which is not there`);
  for (const id of ids) if (!named.includes(id)) wrong(path, `does not name the condition ${id}, which would never count`);
};

const checkNode = (node: unknown, path: string, depth: number, count: { conditions: number }, wrong: Problems): void => {
  if (!isRecord(node)) return wrong(path, 'must be an object with name and conditions');
  for (const field of Object.keys(node)) if (!FIELDS.has(field)) wrong(`${path}.${field}`, 'is not a field that is known here');
  checkError(node['error'], `${path}.error`, wrong);
  const { name } = node;
  const kind = typeof name === 'string' ? findRuleKind(name) : undefined;
  if (!kind) return wrong(`${path}.name`, `must be one of ${ruleKinds.map((each) => each.name).join(', ')}`);
  checkProperty(kind, node['property'], `${path}.property`, wrong);
  const nested = node['rules'];
  const holdsMore = isRecord(nested) && Object.keys(nested).some((key) => key !== 'logic');
  checkConditions(kind, node['conditions'], holdsMore, `${path}.conditions`, wrong);
  if (nested === undefined || nested === null || (isRecord(nested) && Object.keys(nested).length === 0)) return;
  if (!kind.nests) return wrong(`${path}.rules`, `cannot stand below ${kind.name}: only kinds that find items have rules on them`);
  if (depth >= LIMITS.depth) return wrong(`${path}.rules`, `is more than ${LIMITS.depth} rules within each other`);
  checkGroup(nested, `${path}.rules`, depth + 1, count, wrong);
};

const checkProperty = (kind: RuleKind, property: unknown, path: string, wrong: Problems): void => {
  if (!kind.property) {
    if (property !== undefined && property !== null) wrong(path, `does not go with ${kind.name}`);
  } else if (typeof property !== 'string' || property === '' || property.length > 255) wrong(path, 'must name a field of the metadata');
};

const checkConditions = (kind: RuleKind, conditions: unknown, mayBeEmpty: boolean, path: string, wrong: Problems): void => {
  if (conditions !== undefined && conditions !== null && !isRecord(conditions))
    return wrong(path, 'must be an object with values by operator');
  const given = Object.entries(conditions ?? {});
  if (given.length === 0 && !mayBeEmpty) return wrong(path, `must have one of the operators ${kind.operators.join(', ')}`);
  for (const [operator, values] of given) {
    if (!isOperator(operator) || !kind.operators.includes(operator)) {
      wrong(`${path}.${operator}`, `is not an operator of ${kind.name}: it takes ${kind.operators.join(', ')}`);
      continue;
    }
    const problem = valueProblem(kind, operator, values);
    if (problem) wrong(`${path}.${operator}`, problem);
  }
};

const checkError = (error: unknown, path: string, wrong: Problems): void => {
  if (error === undefined || error === null) return;
  if (!isRecord(error)) return wrong(path, 'must be an object with message');
  for (const field of Object.keys(error)) if (field !== 'message') wrong(`${path}.${field}`, 'is not a field that is known here');
  const { message } = error;
  if (message !== undefined && message !== null && (typeof message !== 'string' || message.length > LIMITS.message))
    wrong(`${path}.message`, `must be a text of at most ${LIMITS.message} characters`);
};
