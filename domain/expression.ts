import { Environment, EvaluationError, ParseError, TypeError as CelTypeError, type ASTNode } from '@marcbachmann/cel-js';
import { didYouMean } from './suggestion.ts';

/** What a variable is: a scalar, `map` or `list` for JSON whose insides are not known, or an object with its fields. */
export type Shape = 'string' | 'number' | 'bool' | 'timestamp' | 'map' | 'list' | 'any' | { [field: string]: Shape };

/** What an expression has to give. */
export type Expected = 'bool' | 'string' | 'number' | 'timestamp' | 'any';

export interface Expression {
  readonly source: string;
  /** Evaluates with plain JSON (timestamps as ISO 8601 strings) and gives plain JSON. Throws ExpressionError. */
  evaluate(variables: Record<string, unknown>): unknown;
}

/** An expression that does not compile or cannot be evaluated, with the place in its text. */
export class ExpressionError extends Error {
  readonly offset: number | null;
  constructor(message: string, offset: number | null = null) {
    super(message);
    this.name = 'ExpressionError';
    this.offset = offset;
  }
}

export interface Expressions {
  /** Compiles CEL and checks its types against the declared variables. Throws ExpressionError. */
  compile(source: string, expected: Expected): Expression;
}

/** The library's own limits hold when it parses, not when it runs, so what can multiply at run time is bounded here. */
const LIMITS = { source: 2000, macroDepth: 2, list: 500 };

const celTypes = {
  string: 'string',
  number: 'double',
  bool: 'bool',
  timestamp: 'google.protobuf.Timestamp',
  map: 'map',
  list: 'list',
  any: 'dyn',
};

const arithmetic: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

const macros = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** CEL over the given variables. Numbers of JSON are doubles, and a double and an int literal mix as a person expects: `amount * 2 == 10`. */
export const createExpressions = (variables: Record<string, Shape>): Expressions => {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: 300, maxDepth: 30, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 },
  });
  for (const [operator, compute] of Object.entries(arithmetic)) {
    for (const [left, right] of [
      ['double', 'int'],
      ['int', 'double'],
    ]) {
      environment.registerOperator(`${left} ${operator} ${right}: double`, (a: unknown, b: unknown) => compute(Number(a), Number(b)));
    }
  }
  environment.registerOperator('double == int: bool', (a: unknown, b: unknown) => Number(a) === Number(b));
  for (const [name, shape] of Object.entries(variables)) {
    if (typeof shape === 'string') environment.registerVariable(name, celTypes[shape]);
    else environment.registerVariable({ name, schema: schemaOf(shape) });
  }

  return {
    compile(source, expected) {
      if (source.length > LIMITS.source) throw new ExpressionError(`is longer than ${LIMITS.source} characters`);
      const parsed = failsAs(() => environment.parse(source));
      const iterates = checkBounds(parsed.ast, 0);
      const check = parsed.check();
      if (!check.valid) throw meaning(asExpressionError(check.error), variables, source);
      checkAsked(parsed.ast, variables);
      if (!fits(check.type ?? 'dyn', expected))
        throw new ExpressionError(`gives ${plainType(check.type)}, but ${expected} is needed here`, 0);
      return {
        source,
        evaluate(values) {
          if (iterates) checkLists(values, 0);
          const input: Record<string, unknown> = {};
          for (const [name, shape] of Object.entries(variables)) {
            if (values[name] !== undefined && values[name] !== null) input[name] = toCel(values[name], shape);
          }
          const value = toJson(failsAs(() => parsed(input) as unknown));
          if (!isA(value, expected)) throw new ExpressionError(`gave ${JSON.stringify(value)}, but ${expected} is needed here`, 0);
          return value;
        },
      };
    },
  };
};

type CelSchema = { [field: string]: string | CelSchema };

const schemaOf = (shape: { [field: string]: Shape }): CelSchema =>
  Object.fromEntries(Object.entries(shape).map(([field, inner]) => [field, typeof inner === 'string' ? celTypes[inner] : schemaOf(inner)]));

const failsAs = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw asExpressionError(error);
  }
};

const asExpressionError = (error: unknown): ExpressionError => {
  if (error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError) {
    return new ExpressionError(error.summary.replace(/^No such key/, 'no such field'), error.range?.start ?? null);
  }
  return new ExpressionError(error instanceof Error ? error.message : String(error));
};

const fieldsOf = (shapes: Record<string, Shape>): string[] =>
  Object.entries(shapes).flatMap(([name, shape]) => (typeof shape === 'string' ? [name] : [name, ...fieldsOf(shape)]));

/** Adds what may have been meant. */
const meaning = (error: ExpressionError, variables: Record<string, Shape>, source: string): ExpressionError => {
  if (/\bnull\b/.test(source) && error.message.startsWith('no such overload')) {
    return new ExpressionError(`${error.message}; what is not there is asked for with has(), as in has(customer.email)`, error.offset);
  }
  const [, what, name = ''] = /^(Unknown variable|no such field): (\w+)$/.exec(error.message) ?? [];
  if (what === undefined) return error;
  const known = what === 'no such field' ? fieldsOf(variables) : Object.keys(variables);
  const said = what === 'no such field' ? 'no such field' : 'there is no variable';
  const meant = didYouMean(name, known);
  const quoted = meant === '' && source.trim() === name ? `; a text has quotes of its own, such as "'${name}'"` : '';
  return new ExpressionError(`${said} ${name}${meant}${quoted}`, error.offset);
};

/** `has()` of a field that can never be there is a mistake, which the library lets pass. */
const checkAsked = (node: ASTNode, variables: Record<string, Shape>): void => {
  const shapeOf = (path: ASTNode): Shape | undefined => {
    if (path.op === 'id') return variables[path.args];
    if (path.op !== '.') return undefined;
    const [object, field] = path.args;
    const shape = shapeOf(object);
    if (typeof shape !== 'object') return undefined;
    if (!Object.hasOwn(shape, field))
      throw new ExpressionError(`no such field ${field}${didYouMean(field, Object.keys(shape))}`, path.start);
    return shape[field];
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    else if (typeof value === 'object' && value !== null && 'op' in value) checkAsked(value as ASTNode, variables);
  };
  if (node.op === 'call' && node.args[0] === 'has' && node.args[1][0] !== undefined) shapeOf(node.args[1][0]);
  visit(node.args);
};

/** @returns whether the expression iterates over a list or map */
const checkBounds = (node: ASTNode, depth: number): boolean => {
  let iterates = false;
  const visit = (value: unknown, level: number): void => {
    if (Array.isArray(value)) for (const each of value) visit(each, level);
    else if (typeof value === 'object' && value !== null && 'op' in value) iterates = checkBounds(value as ASTNode, level) || iterates;
  };
  if (node.op === 'rcall') {
    const name = node.args[0];
    // A regular expression can take exponential time on a text that a customer chose.
    if (name === 'matches') throw new ExpressionError('matches() is not available; use startsWith, endsWith or contains', node.start);
    if (macros.has(name)) {
      if (depth >= LIMITS.macroDepth) throw new ExpressionError(`iterates more than ${LIMITS.macroDepth} levels deep`, node.start);
      iterates = true;
      visit(node.args[1], depth);
      visit(node.args[2], depth + 1);
      return iterates;
    }
  }
  visit(node.args, depth);
  return iterates;
};

const checkLists = (value: unknown, depth: number): void => {
  if (typeof value !== 'object' || value === null) return;
  const inside = Object.values(value);
  if (depth > 0 && inside.length > LIMITS.list) throw new ExpressionError(`a list or map has more than ${LIMITS.list} entries`);
  for (const each of inside) checkLists(each, depth + 1);
};

/** An absent value is left out, so that `has()` tells; a null in a typed field would not type-check. */
const toCel = (value: unknown, shape: Shape): unknown => {
  if (shape === 'timestamp') return new Date(value as string);
  if (typeof shape === 'string') return value;
  const fields: Record<string, unknown> = {};
  for (const [field, inner] of Object.entries(shape)) {
    const each = (value as Record<string, unknown>)[field];
    if (each !== undefined && each !== null) fields[field] = toCel(each, inner);
  }
  return fields;
};

const toJson = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [String(key), toJson(each)]));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toJson(each)]));
  return value;
};

const plainType = (type: string | undefined): string =>
  type === 'google.protobuf.Timestamp' ? 'timestamp' : type === 'int' || type === 'double' ? 'number' : (type ?? 'dyn');

const fits = (type: string, expected: Expected): boolean => expected === 'any' || type === 'dyn' || plainType(type) === expected;

const isA = (value: unknown, expected: Expected): boolean => {
  if (expected === 'any') return true;
  if (expected === 'bool') return typeof value === 'boolean';
  if (expected === 'number') return typeof value === 'number' && Number.isFinite(value);
  if (expected === 'timestamp') return typeof value === 'string' && !Number.isNaN(Date.parse(value));
  return typeof value === 'string';
};
