import { FUNCTIONS } from './functions.ts';
import { OPERANDS } from './operands.ts';
import { FormulaError, tokensOf, type Token } from './tokens.ts';

/** A formula as it is worked out. */
export type Formula =
  | { is: 'number'; value: number }
  | { is: 'text'; value: string }
  | { is: 'operand'; name: string; property: string | null }
  | { is: 'call'; name: string; args: readonly Formula[] }
  | { is: 'list'; of: readonly Formula[] };

const LONGEST = 2000;
const DEEPEST = 30;

/** How an operator that stands between two values binds: the higher, the closer. */
const BINDS: Record<string, number> = {
  OR: 1,
  AND: 2,
  '=': 3,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  IS: 3,
  ISNOT: 3,
  CONTAINS: 3,
  STARTSWITH: 3,
  ENDSWITH: 3,
  IN_ARRAY: 3,
  NOT_IN_ARRAY: 3,
  IS_AFTER: 3,
  IS_BEFORE: 3,
  DATE_IS: 3,
  DATE_IS_NOT: 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '×': 5,
  X: 5,
  '/': 5,
  '÷': 5,
  '%': 5,
};

const SAME: Record<string, string> = { '==': '=', IS: '=', ISNOT: '!=', '×': '*', X: '*', '÷': '/', DATE_IS: '=', DATE_IS_NOT: '!=' };

const LISTS = new Set(['IN_ARRAY', 'NOT_IN_ARRAY']);

const operatorOf = ({ is, value }: Token): string | null => {
  const name = String(value).toUpperCase();
  return (is === 'sign' || is === 'name') && BINDS[name] !== undefined ? name : null;
};

/**
 * Reads a formula in the language of the Voucherify API: https://docs.voucherify.io/optimize/dynamic-formula-reference
 * @throws FormulaError that says what is wrong with it
 */
export const parseFormula = (text: string): Formula => {
  if (text.length > LONGEST) throw new FormulaError(`is longer than ${LONGEST} characters`);
  const tokens = tokensOf(text);
  let at = 0;

  const next = (): Token => tokens[at]!;
  const isSign = (sign: string): boolean => next().is === 'sign' && next().value === sign;
  const wrong = (wanted: string): FormulaError =>
    new FormulaError(
      next().is === 'end' ? `ends where ${wanted} should be` : `has "${next().value}" at ${next().at}, where ${wanted} should be`,
    );
  const take = (sign: string): void => {
    if (!isSign(sign)) throw wrong(`"${sign}"`);
    at += 1;
  };
  const deeper = (depth: number): number => {
    if (depth >= DEEPEST) throw new FormulaError(`has more than ${DEEPEST} parts within each other`);
    return depth + 1;
  };

  const expression = (least: number, depth: number): Formula => {
    let left = operand(deeper(depth));
    for (let name = operatorOf(next()); name !== null && BINDS[name]! >= least; name = operatorOf(next())) {
      at += 1;
      const right = LISTS.has(name) && isSign('(') ? list(depth) : expression(BINDS[name]! + 1, deeper(depth));
      left = { is: 'call', name: SAME[name] ?? name, args: [left, right] };
    }
    return left;
  };

  const list = (depth: number): Formula => ({ is: 'list', of: args(depth) });

  const args = (depth: number): Formula[] => {
    take('(');
    const found: Formula[] = [];
    while (!isSign(')')) {
      found.push(expression(1, depth));
      if (isSign(';') || isSign(',')) at += 1;
      // Cases of a SWITCH stand beside each other.
      else if (!isSign(')') && !isCase(found.at(-1)!)) throw wrong('";" or ")"');
    }
    take(')');
    return found;
  };

  const operand = (depth: number): Formula => {
    const token = next();
    if (isSign('-')) {
      at += 1;
      return { is: 'call', name: 'NEGATE', args: [expression(BINDS['*']!, deeper(depth))] };
    }
    if (isSign('(')) {
      at += 1;
      const inner = expression(1, depth);
      take(')');
      return inner;
    }
    if (token.is === 'sign' || token.is === 'end') throw wrong('a value');
    at += 1;
    return token.is === 'name' ? named(token, depth) : ({ is: token.is, value: token.value } as Formula);
  };

  const named = ({ value: given, at: place }: Token, depth: number): Formula => {
    const name = String(given).toUpperCase();
    const known = OPERANDS[name];
    if (known) return { is: 'operand', name, property: known.property ? property() : null };
    const call = FUNCTIONS[name];
    if (!call) throw new FormulaError(`has "${given}" at ${place}, which is not known here`);
    const found = args(depth);
    const { least, most } = call;
    if (found.length < least || found.length > most)
      throw new FormulaError(`${name} takes ${least === most ? least : `${least} to ${most}`} values, not ${found.length}`);
    return { is: 'call', name, args: found };
  };

  const property = (): string => {
    take('(');
    const token = next();
    if (token.is !== 'text') throw wrong('the name of a field in quotes');
    at += 1;
    take(')');
    return token.value;
  };

  const formula = expression(1, 0);
  if (next().is !== 'end') throw wrong('an operator, or the end,');
  return formula;
};

const isCase = (formula: Formula): boolean => formula.is === 'call' && formula.name === 'SWITCH_CASE';

/** The names of the operands that it reads. */
export const operandsIn = (formula: Formula): string[] => {
  if (formula.is === 'operand') return [formula.name];
  if (formula.is === 'call') return formula.args.flatMap(operandsIn);
  return formula.is === 'list' ? formula.of.flatMap(operandsIn) : [];
};
