import { between, instantOf, partOfDay, type Moment } from './moments.ts';
import type { FormulaFacts, Value } from './operands.ts';
import { ceilTo, compare, floorTo, NoValue, power, ratio, roundTo, wholeOf, type Rational } from './rational.ts';

interface FormulaFunction {
  least: number;
  most: number;
  /** Left out for those of which not every value is worked out: evaluate.ts has them. */
  of?: (values: readonly Value[], facts: FormulaFacts) => Value;
}

export const numberOf = (value: Value | undefined): Rational => {
  if (typeof value === 'object' && 'n' in value) return value;
  throw new NoValue('is not a number');
};

export const momentOf = (value: Value | undefined, zone: string): Moment => {
  if (typeof value === 'string') return instantOf(value, zone);
  if (typeof value === 'object' && 'at' in value && typeof value.at === 'number') return { at: value.at };
  throw new NoValue('is not a date');
};

const textOf = (value: Value | undefined): string => {
  if (typeof value === 'string') return value;
  throw new NoValue('is not a text');
};

const extreme =
  (sign: number): FormulaFunction['of'] =>
  (values) =>
    values.map(numberOf).reduce((best, value) => (sign * compare(value, best) > 0 ? value : best));

const rounding = (round: (value: Rational, decimals: number) => Rational): FormulaFunction => ({
  least: 1,
  most: 2,
  of: ([value, decimals]) => round(numberOf(value), decimals === undefined ? 0 : wholeOf(numberOf(decimals))),
});

const part = (name: 'day' | 'month' | 'year'): FormulaFunction => ({
  least: 1,
  most: 1,
  of: ([value], { zone }) => ratio(BigInt(partOfDay(momentOf(value, zone), name, zone))),
});

const since = (unit: 'days' | 'months' | 'years'): FormulaFunction => ({
  least: 1,
  most: 1,
  of: ([value], { at, zone }) => ratio(BigInt(between(momentOf(value, zone), { at }, unit, zone))),
});

const until = (unit: 'days' | 'months'): FormulaFunction => ({
  least: 1,
  most: 1,
  of: ([value], { at, zone }) => ratio(BigInt(between({ at }, momentOf(value, zone), unit, zone))),
});

const date: FormulaFunction = { least: 1, most: 1, of: ([value], { zone }) => instantOf(textOf(value), zone) };

/** Everything that takes values in parentheses, by its name. */
export const FUNCTIONS: Readonly<Record<string, FormulaFunction>> = {
  IF: { least: 3, most: 3 },
  SWITCH: { least: 3, most: 50 },
  SWITCH_CASE: { least: 2, most: 2 },
  DEFAULT_TO: { least: 2, most: 20 },
  MIN: { least: 1, most: 20, of: extreme(-1) },
  MAX: { least: 1, most: 20, of: extreme(1) },
  POW: { least: 2, most: 2, of: ([base, exponent]) => power(numberOf(base), numberOf(exponent)) },
  ROUND: rounding(roundTo),
  FLOOR: rounding(floorTo),
  CEIL: rounding(ceilTo),
  DATE: date,
  DATE_TIME: date,
  DAY_OF_MONTH: part('day'),
  MONTH: part('month'),
  YEAR: part('year'),
  DAYS_SINCE: since('days'),
  MONTHS_SINCE: since('months'),
  YEARS_SINCE: since('years'),
  DAYS_UNTIL: until('days'),
  MONTHS_UNTIL: until('months'),
};
