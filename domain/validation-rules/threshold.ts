import { loneNode, type Conjunct } from './conjunct.ts';
import { operatorNamed } from './operators.ts';
import type { RuleScope } from './rule.ts';

/** A condition that asks for more, or less, than a number. */
export interface Threshold {
  /** Those of one family compare the same value of a request by the same operator. */
  family: string;
  value: number;
  /** Whether it is one that more meets. */
  isLeast: boolean;
  /** What is compared, of a request. */
  read: (scope: RuleScope) => unknown;
  /** Whether a threshold of the family at this value holds. */
  holds: (actual: unknown, value: number) => boolean;
}

const LEAST: ReadonlySet<string> = new Set(['$more_than', '$more_than_or_equal']);
const MOST: ReadonlySet<string> = new Set(['$less_than', '$less_than_or_equal']);

/** @returns null where it is none */
export const thresholdOf = (conjunct: Conjunct): Threshold | null => {
  const node = loneNode(conjunct);
  const [condition, ...more] = node?.conditions ?? [];
  if (!node || !condition || more.length > 0) return null;
  const { operator, values } = condition;
  const { kind, property } = node;
  const { read } = kind;
  const [value] = values;
  const isLeast = LEAST.has(operator);
  if (kind.find || kind.needsCustomer || !read || typeof value !== 'number' || !(isLeast || MOST.has(operator))) return null;
  return {
    family: JSON.stringify([kind.name, property, operator]),
    value,
    isLeast,
    read: (scope) => read(node, scope),
    holds: (actual, threshold) => operatorNamed(operator).holds(actual, [threshold]),
  };
};
