import { FUNCTIONS, momentOf, numberOf } from './functions.ts';
import { isSameDay } from './moments.ts';
import { OPERANDS, type FormulaFacts, type Value } from './operands.ts';
import type { Formula } from './parse.ts';
import { add, compare, divide, modulo, multiply, negate, NoValue, rationalOf, type Rational } from './rational.ts';

/** The number that a formula is for this order; null where it has none, as where metadata is missing or something divides by 0. */
export const evaluateFormula = (formula: Formula, facts: FormulaFacts): Rational | null => {
  try {
    return numberOf(valueOf(formula, facts));
  } catch (error) {
    if (error instanceof NoValue) return null;
    throw error;
  }
};

const valueOf = (formula: Formula, facts: FormulaFacts): Value => {
  if (formula.is === 'number') return rationalOf(formula.value);
  if (formula.is === 'text') return formula.value;
  if (formula.is === 'operand') return OPERANDS[formula.name]!.read(facts, formula.property ?? '');
  if (formula.is === 'list') return formula.of.map((each) => valueOf(each, facts));
  const lazy = LAZY[formula.name];
  if (lazy) return lazy(formula.args, facts);
  const values = formula.args.map((each) => valueOf(each, facts));
  const operator = OPERATORS[formula.name];
  return operator ? operator(values[0]!, values[1]!, facts) : FUNCTIONS[formula.name]!.of!(values, facts);
};

const truthOf = (formula: Formula, facts: FormulaFacts): boolean => {
  const value = valueOf(formula, facts);
  if (typeof value !== 'boolean') throw new NoValue('is neither true nor false');
  return value;
};

/** Those of which only what decides is worked out. */
const LAZY: Readonly<Record<string, (args: readonly Formula[], facts: FormulaFacts) => Value>> = {
  IF: ([condition, then, otherwise], facts) => valueOf(truthOf(condition!, facts) ? then! : otherwise!, facts),
  AND: ([left, right], facts) => truthOf(left!, facts) && truthOf(right!, facts),
  OR: ([left, right], facts) => truthOf(left!, facts) || truthOf(right!, facts),
  DEFAULT_TO: (args, facts) => {
    for (const each of args) {
      try {
        return valueOf(each, facts);
      } catch (error) {
        if (!(error instanceof NoValue)) throw error;
      }
    }
    throw new NoValue('has no value');
  },
  SWITCH: ([factor, ...others], facts) => {
    const value = valueOf(factor!, facts);
    for (const each of others) {
      const isCase = each.is === 'call' && each.name === 'SWITCH_CASE';
      if (!isCase) return valueOf(each, facts);
      if (isEqual(value, valueOf(each.args[0]!, facts), facts)) return valueOf(each.args[1]!, facts);
    }
    throw new NoValue('has no case for it');
  },
  SWITCH_CASE: () => {
    throw new NoValue('stands outside of a SWITCH');
  },
};

const isNumber = (value: Value): value is Rational => typeof value === 'object' && 'n' in value;
const isMoment = (value: Value): boolean => typeof value === 'object' && 'at' in value && typeof value.at === 'number';

const isEqual = (left: Value, right: Value, { zone }: FormulaFacts): boolean => {
  if (isNumber(left) && isNumber(right)) return compare(left, right) === 0;
  if (isMoment(left) || isMoment(right)) return isSameDay(momentOf(left, zone), momentOf(right, zone), zone);
  return left === right;
};

const order =
  (fits: (sign: number) => boolean) =>
  (left: Value, right: Value, { zone }: FormulaFacts): boolean =>
    isMoment(left) || isMoment(right)
      ? fits(Math.sign(momentOf(left, zone).at - momentOf(right, zone).at))
      : fits(compare(numberOf(left), numberOf(right)));

const text =
  (fits: (left: string, right: string) => boolean) =>
  (left: Value, right: Value): boolean => {
    if (typeof left !== 'string' || typeof right !== 'string') throw new NoValue('is not a text');
    return fits(left, right);
  };

/** A list of values, or one text with commas between them. */
const isIn = (left: Value, right: Value, facts: FormulaFacts): boolean => {
  const values: readonly Value[] = Array.isArray(right) ? (right as readonly Value[]).flatMap(split) : split(right);
  return values.some((value) => isEqual(left, value, facts) || (isNumber(left) && typeof value === 'string' && isSameNumber(left, value)));
};

const split = (value: Value): readonly Value[] => (typeof value === 'string' ? value.split(',').map((each) => each.trim()) : [value]);

const isSameNumber = (left: Rational, written: string): boolean =>
  /^-?\d+(\.\d+)?$/.test(written) && compare(left, rationalOf(Number(written))) === 0;

const contains = (left: Value, right: Value, facts: FormulaFacts): boolean =>
  Array.isArray(left)
    ? (left as readonly Value[]).some((each) => isEqual(each, right, facts))
    : text((one, other) => one.includes(other))(left, right);

const arithmetic = (of: (a: Rational, b: Rational) => Rational) => (left: Value, right: Value) => of(numberOf(left), numberOf(right));

const OPERATORS: Readonly<Record<string, (left: Value, right: Value, facts: FormulaFacts) => Value>> = {
  '+': arithmetic(add),
  '-': arithmetic((a, b) => add(a, negate(b))),
  '*': arithmetic(multiply),
  '/': arithmetic(divide),
  '%': arithmetic(modulo),
  NEGATE: (value) => negate(numberOf(value)),
  '=': isEqual,
  '!=': (left, right, facts) => !isEqual(left, right, facts),
  '<': order((sign) => sign < 0),
  '<=': order((sign) => sign <= 0),
  '>': order((sign) => sign > 0),
  '>=': order((sign) => sign >= 0),
  IS_AFTER: order((sign) => sign > 0),
  IS_BEFORE: order((sign) => sign < 0),
  CONTAINS: contains,
  STARTSWITH: text((one, other) => one.startsWith(other)),
  ENDSWITH: text((one, other) => one.endsWith(other)),
  IN_ARRAY: isIn,
  NOT_IN_ARRAY: (left, right, facts) => !isIn(left, right, facts),
};
