import { operatorNamed, type OperatorName } from './operators.ts';
import type { RuleKind } from './rule.ts';

/** Values as a condition holds them: one alone stands for a list of one. */
export const valuesOf = (given: unknown): readonly unknown[] => (Array.isArray(given) ? given : [given]);

const MOST_VALUES = 1000;
const LONGEST_TEXT = 500;
const DATE = /^\d{4}-\d{2}-\d{2}/;

/** What is wrong with the values of one operator of a condition. @returns null where nothing is */
export const valueProblem = (kind: RuleKind, operator: OperatorName, given: unknown): string | null => {
  const values = valuesOf(given);
  const { takes, of } = operatorNamed(operator);
  if (values.length === 0) return 'must have a value';
  if (values.length > MOST_VALUES) return `must have at most ${MOST_VALUES} values`;
  if (takes === 'one' && values.length !== 1) return 'must have exactly one value';
  if (takes === 'two' && values.length !== 2) return 'must have exactly two values, the lower one first';
  if (of === 'truth') return values.every((value) => typeof value === 'boolean') ? null : 'must be true or false';
  if (of === 'list') return values.every(isCount) ? null : 'must be a whole number from 0 on';
  const problem = values.map((value) => typeProblem(kind, value)).find((each) => each !== null);
  if (problem) return problem;
  if (of === 'order' && !values.every((value) => typeof value === 'number' || isDate(value)))
    return 'must be a number, or a date of ISO 8601';
  if (of === 'text' && !values.every((value) => typeof value === 'string')) return 'must be a text';
  return takes === 'two' && isBefore(values[1], values[0]) ? 'must have the lower value first' : null;
};

const typeProblem = ({ value: type }: RuleKind, value: unknown): string | null => {
  if (type === 'amount') return isCount(value) ? null : 'must be an amount in minor units, a whole number from 0 on';
  if (type === 'count') return isCount(value) ? null : 'must be a whole number from 0 on';
  if (type === 'flag') return typeof value === 'boolean' ? null : 'must be true or false';
  if (type === 'text') return isText(value) ? null : `must be a text of at most ${LONGEST_TEXT} characters`;
  if (type === 'segment') return isText(value) && value !== '' ? null : 'must be the id or name of a segment';
  if (type === 'product') return productProblem(value);
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'must be a number';
  return typeof value === 'boolean' || isText(value) ? null : 'must be a text, a number, true or false';
};

const OBJECTS = ['product', 'sku', 'products_collection'];

const productProblem = (value: unknown): string | null => {
  if (typeof value === 'string') return value === '' ? 'must be an id' : null;
  if (typeof value !== 'object' || value === null) return 'must be an id, or an object with id or source_id';
  const { id, source_id: sourceId, object } = value as Record<string, unknown>;
  if (object !== undefined && !OBJECTS.includes(object as string)) return `must have one of the objects ${OBJECTS.join(', ')}`;
  if (![id, sourceId].every((each) => each === undefined || each === null || isText(each))) return 'must have texts as id and source_id';
  return id || sourceId ? null : 'must have an id or a source_id';
};

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST_TEXT;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isDate = (value: unknown): boolean => typeof value === 'string' && DATE.test(value) && !Number.isNaN(Date.parse(value));

const isBefore = (one: unknown, other: unknown): boolean =>
  typeof one === 'number' && typeof other === 'number' ? one < other : Date.parse(String(one)) < Date.parse(String(other));
