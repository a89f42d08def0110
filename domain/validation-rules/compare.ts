import { operatorNamed } from './operators.ts';
import type { Condition, Finding } from './rule.ts';

/** Holds a value against all conditions; the first that it does not meet decides. */
export const compare = (conditions: readonly Condition[], actual: unknown): Finding => {
  for (const { operator, values } of conditions) {
    if (!operatorNamed(operator).holds(actual, values)) return { holds: false, operator, expected: expectedOf(values), actual };
  }
  return { holds: true };
};

export const expectedOf = (values: readonly unknown[]): unknown => (values.length === 1 ? values[0] : values);
