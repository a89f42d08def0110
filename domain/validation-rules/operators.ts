/** The operators of conditions. Each is held against what a kind read: undefined where there is nothing. */

interface Operator {
  description: string;
  /** How many values it takes. */
  takes: 'one' | 'two' | 'many';
  of: 'anything' | 'order' | 'text' | 'truth' | 'list';
  holds: (actual: unknown, values: readonly unknown[]) => boolean;
}

const DATE = /^\d{4}-\d{2}-\d{2}(T.*)?$/;

/** Whether a text is compared as a time. */
export const isDate = (text: string): boolean => DATE.test(text);

/** Numbers as numbers, and dates of ISO 8601 as times; null where the two do not compare. */
const compared = (actual: unknown, value: unknown): number | null => {
  if (typeof actual === 'number' && typeof value === 'number') return Math.sign(actual - value);
  if (typeof actual !== 'string' || typeof value !== 'string' || !isDate(actual) || !isDate(value)) return null;
  const difference = Date.parse(actual) - Date.parse(value);
  return Number.isNaN(difference) ? null : Math.sign(difference);
};

/** What was read as a list: nothing, the values of one, or the only one. */
export const listed = (actual: unknown): readonly unknown[] => (Array.isArray(actual) ? actual : actual === undefined ? [] : [actual]);

const isOneOf = (actual: unknown, values: readonly unknown[]): boolean =>
  listed(actual).some((one) => values.some((value) => value === one || compared(one, value) === 0));

const order =
  (fits: (sign: number) => boolean): Operator['holds'] =>
  (actual, [value]) => {
    const sign = compared(actual, value);
    return sign !== null && fits(sign);
  };

const text =
  (fits: (actual: string, value: string) => boolean): Operator['holds'] =>
  (actual, values) =>
    listed(actual).some((one) => typeof one === 'string' && values.some((value) => typeof value === 'string' && fits(one, value)));

const contains: Operator['holds'] = (actual, values) =>
  Array.isArray(actual) ? isOneOf(actual, values) : text((one, value) => one.includes(value))(actual, values);

const length =
  (fits: (length: number, value: number) => boolean): Operator['holds'] =>
  (actual, [value]) =>
    fits(listed(actual).length, value as number);

const operators = {
  $is: { description: 'is one of the values', takes: 'many', of: 'anything', holds: isOneOf },
  $is_not: { description: 'is none of the values', takes: 'many', of: 'anything', holds: (actual, values) => !isOneOf(actual, values) },
  $in: { description: 'is one of the values', takes: 'many', of: 'anything', holds: isOneOf },
  $not_in: { description: 'is none of the values', takes: 'many', of: 'anything', holds: (actual, values) => !isOneOf(actual, values) },
  $more_than: { description: 'is more than the value', takes: 'one', of: 'order', holds: order((sign) => sign > 0) },
  $more_than_or_equal: { description: 'is the value or more', takes: 'one', of: 'order', holds: order((sign) => sign >= 0) },
  $less_than: { description: 'is less than the value', takes: 'one', of: 'order', holds: order((sign) => sign < 0) },
  $less_than_or_equal: { description: 'is the value or less', takes: 'one', of: 'order', holds: order((sign) => sign <= 0) },
  $between: {
    description: 'is between the two values, or one of them',
    takes: 'two',
    of: 'order',
    holds: (actual, [low, high]) => order((sign) => sign >= 0)(actual, [low]) && order((sign) => sign <= 0)(actual, [high]),
  },
  $starts_with: {
    description: 'starts with one of the values',
    takes: 'many',
    of: 'text',
    holds: text((one, value) => one.startsWith(value)),
  },
  $ends_with: { description: 'ends with one of the values', takes: 'many', of: 'text', holds: text((one, value) => one.endsWith(value)) },
  $contains: { description: 'contains one of the values, as a text or a list', takes: 'many', of: 'anything', holds: contains },
  $not_contains: {
    description: 'contains none of the values',
    takes: 'many',
    of: 'anything',
    holds: (actual, values) => !contains(actual, values),
  },
  $exists: {
    description: 'is given (true), or is not (false)',
    takes: 'one',
    of: 'truth',
    holds: (actual, [value]) => (actual !== undefined && actual !== null) === value,
  },
  $count: { description: 'are so many', takes: 'one', of: 'list', holds: length((count, value) => count === value) },
  $count_more: { description: 'are more than so many', takes: 'one', of: 'list', holds: length((count, value) => count > value) },
  $count_more_or_equal: { description: 'are so many or more', takes: 'one', of: 'list', holds: length((count, value) => count >= value) },
  $count_less: { description: 'are fewer than so many', takes: 'one', of: 'list', holds: length((count, value) => count < value) },
  $count_less_or_equal: { description: 'are so many or fewer', takes: 'one', of: 'list', holds: length((count, value) => count <= value) },
} as const satisfies Record<string, Operator>;

export type OperatorName = keyof typeof operators;

export const isOperator = (name: string): name is OperatorName => Object.hasOwn(operators, name);

export const operatorNamed = (name: OperatorName): Operator => operators[name];

export const EQUALITY = ['$is', '$is_not', '$in', '$not_in'] as const satisfies OperatorName[];
export const COUNTS = [
  '$count',
  '$count_more',
  '$count_more_or_equal',
  '$count_less',
  '$count_less_or_equal',
] as const satisfies OperatorName[];
export const NUMBERS = [
  '$is',
  '$is_not',
  '$in',
  '$not_in',
  '$more_than',
  '$more_than_or_equal',
  '$less_than',
  '$less_than_or_equal',
  '$between',
] as const satisfies OperatorName[];
export const UPPER_BOUNDS = ['$is', '$less_than', '$less_than_or_equal', '$between'] as const satisfies OperatorName[];
export const EVERY_OPERATOR = Object.keys(operators) as OperatorName[];
export const TEXTS = [...EQUALITY, '$starts_with', '$ends_with', '$contains', '$not_contains'] as const satisfies OperatorName[];
