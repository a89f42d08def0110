import type { FieldProblem } from '../errors.ts';
import { isRecord } from '../record.ts';

/** What a filter may ask of a field. */
type FieldType = 'text' | 'number' | 'time' | 'any' | 'list';

/** The fields of what is filtered, by name. `metadata.<name>` is of any type. */
export type FilterFields = Readonly<Record<string, FieldType>>;

export interface FilterTerm {
  field: string;
  operator: FilterOperator;
  values: readonly (string | number | boolean)[];
}

/** A filter that was checked: terms that all hold (AND), or at least one (OR). */
export interface Filter {
  junction: 'AND' | 'OR';
  terms: readonly FilterTerm[];
}

interface Operator {
  takes: 'none' | 'one' | 'two' | 'many';
  /** What its values are; `days`: a number of days. */
  values: 'same' | 'text' | 'order' | 'time' | 'days' | 'count';
  of: readonly FieldType[];
}

const ALL: readonly FieldType[] = ['text', 'number', 'time', 'any', 'list'];
const ORDERED: readonly FieldType[] = ['number', 'time', 'any'];
const TIMES: readonly FieldType[] = ['time', 'any'];
const LISTS: readonly FieldType[] = ['list', 'any'];

const equality = { takes: 'many', values: 'same', of: ALL } as const;
const order = { takes: 'one', values: 'order', of: ORDERED } as const;
const days = { takes: 'one', values: 'days', of: TIMES } as const;
const texts = { takes: 'many', values: 'text', of: ['text', 'any', 'list'] } as const;
const counts = { takes: 'one', values: 'count', of: LISTS } as const;

const filterOperators = {
  $is: equality,
  $in: equality,
  $is_not: equality,
  $not_in: equality,
  $has_value: { takes: 'none', values: 'same', of: ALL },
  $is_unknown: { takes: 'none', values: 'same', of: ALL },
  $contains: texts,
  $not_contain: texts,
  $starts_with: texts,
  $ends_with: texts,
  $more_than: order,
  $more_than_equal: order,
  $less_than: order,
  $less_than_equal: order,
  $between: { takes: 'two', values: 'order', of: ORDERED },
  $after: { takes: 'one', values: 'time', of: TIMES },
  $before: { takes: 'one', values: 'time', of: TIMES },
  $is_days_ago: days,
  $is_days_in_future: days,
  $more_than_ago: days,
  $less_than_ago: days,
  $more_than_future: days,
  $less_than_future: days,
  $count: counts,
  $count_less: counts,
  $count_more: counts,
} as const satisfies Record<string, Operator>;

export type FilterOperator = keyof typeof filterOperators;

/** Other names of operators. */
const ALIASES: Readonly<Record<string, FilterOperator>> = {
  $more_than_or_equal: '$more_than_equal',
  $less_than_or_equal: '$less_than_equal',
  $not_contains: '$not_contain',
};

/** True where what matches changes by itself as time goes by. */
export const dependsOnTime = ({ terms }: Filter): boolean => terms.some(({ operator }) => filterOperators[operator].values === 'days');

const LIMITS = { terms: 50, values: 1000, text: 500 };
const MOST_DAYS = 36_600;

/**
 * Reads `{"junction": "AND", "email": {"conditions": {"$ends_with": ["@example.com"]}}}` and says everything that is wrong with it.
 * @returns the filter, or null with the problems
 */
export const checkFilter = (input: unknown, fields: FilterFields, path = 'filter'): { filter: Filter | null; problems: FieldProblem[] } => {
  const problems: FieldProblem[] = [];
  const wrong = (where: string, message: string): void => void problems.push({ path: where, message });
  if (!isRecord(input)) return { filter: null, problems: [{ path, message: 'must be an object with conditions by field' }] };
  const { junction = 'AND', ...rest } = input;
  const named = typeof junction === 'string' ? junction.toUpperCase() : '';
  if (named !== 'AND' && named !== 'OR') wrong(`${path}.junction`, 'must be AND or OR');
  const terms = Object.entries(rest).flatMap(([field, asked]) => termsOf(field, asked, fields, `${path}.${field}`, wrong));
  if (terms.length === 0 && problems.length === 0) wrong(path, 'must have a field with conditions');
  if (terms.length > LIMITS.terms) wrong(path, `must have at most ${LIMITS.terms} conditions`);
  return { filter: problems.length === 0 ? { junction: named as Filter['junction'], terms } : null, problems };
};

const typeOf = (field: string, fields: FilterFields): FieldType | undefined =>
  field.startsWith('metadata.') && field.length > 'metadata.'.length ? 'any' : Object.hasOwn(fields, field) ? fields[field] : undefined;

const termsOf = (
  field: string,
  asked: unknown,
  fields: FilterFields,
  path: string,
  wrong: (path: string, message: string) => void,
): FilterTerm[] => {
  const type = typeOf(field, fields);
  if (!type) {
    wrong(path, `is not a field that can be filtered by: ${Object.keys(fields).join(', ')}, metadata.<name>`);
    return [];
  }
  if (!isRecord(asked) || !isRecord(asked['conditions']) || Object.keys(asked).length > 1) {
    wrong(path, 'must be {"conditions": {operator: values}}');
    return [];
  }
  const conditions = Object.entries(asked['conditions']);
  if (conditions.length === 0) wrong(`${path}.conditions`, 'must have an operator');
  return conditions.flatMap(([name, given]) => {
    const operator = ALIASES[name] ?? name;
    const where = `${path}.conditions.${name}`;
    if (!isFilterOperator(operator) || !(filterOperators[operator].of as readonly FieldType[]).includes(type)) {
      wrong(where, `is not an operator of ${field}: it takes ${operatorsOf(type).join(', ')}`);
      return [];
    }
    const values = Array.isArray(given) ? (given as unknown[]) : given === null || given === undefined ? [] : [given];
    const problem = valuesProblem(filterOperators[operator], type, values);
    if (problem !== null) wrong(where, problem);
    return [{ field, operator, values: filterOperators[operator].takes === 'none' ? [] : (values as FilterTerm['values']) }];
  });
};

const isFilterOperator = (name: string): name is FilterOperator => Object.hasOwn(filterOperators, name);

const operatorsOf = (type: FieldType): string[] =>
  Object.entries(filterOperators).flatMap(([name, { of }]) => ((of as readonly FieldType[]).includes(type) ? [name] : []));

const valuesProblem = ({ takes, values: kind }: Operator, type: FieldType, values: unknown[]): string | null => {
  if (takes === 'none') return null;
  if (takes === 'one' && values.length !== 1) return 'must have exactly one value';
  if (takes === 'two' && values.length !== 2) return 'must have exactly two values, the lower one first';
  if (values.length === 0 || values.length > LIMITS.values) return `must have 1 to ${LIMITS.values} values`;
  const problem = values.map((value) => valueProblem(kind, type, value)).find((each) => each !== null);
  if (problem) return problem;
  return takes === 'two' && new Set(values.map((value) => typeof value)).size > 1 ? 'must have two values of one type' : null;
};

const valueProblem = (kind: Operator['values'], type: FieldType, value: unknown): string | null => {
  if (kind === 'days') return isWithin(value, MOST_DAYS) ? null : 'must be a number of days';
  if (kind === 'count') return Number.isSafeInteger(value) && (value as number) >= 0 ? null : 'must be a whole number from 0 on';
  if (kind === 'text') return isText(value) ? null : 'must be a text';
  if (kind === 'time' || (kind === 'order' && type === 'time')) return isTime(value) ? null : 'must be a date or time of ISO 8601';
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value) ? null : 'must be a number';
  if (kind === 'order') return typeof value === 'number' || isTime(value) ? null : 'must be a number, or a date or time of ISO 8601';
  if (type === 'time') return isTime(value) ? null : 'must be a date or time of ISO 8601';
  if (type === 'text') return isText(value) ? null : 'must be a text';
  return isText(value) || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
    ? null
    : 'must be a text, a number, true or false';
};

const isWithin = (value: unknown, most: number): boolean => typeof value === 'number' && value >= 0 && value <= most;
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LIMITS.text;
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const isTime = (value: unknown): boolean =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2}))?$/.test(value) && Date.parse(value) >= EARLIEST;
