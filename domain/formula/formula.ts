import { LRUCache } from 'lru-cache';
import { evaluateFormula } from './evaluate.ts';
import { OPERANDS, type FormulaFacts } from './operands.ts';
import { operandsIn, parseFormula, type Formula } from './parse.ts';
import { NoValue, roundTo, wholeOf, type Rational } from './rational.ts';
import { FormulaError } from './tokens.ts';

/** What a formula is the value of: an amount in major units, a percentage, or a number of units or of points. */
export type FormulaOf = 'amount' | 'percent' | 'units' | 'points';

interface Read {
  formula: Formula;
  operands: ReadonlySet<string>;
}

/** Formulas that were read before, by their text: a checkout asks for the same ones again and again. */
const known = new LRUCache<string, Read>({ max: 1_000 });

/** @throws FormulaError */
const read = (text: string): Read => {
  const kept = known.get(text);
  if (kept) return kept;
  const formula = parseFormula(text);
  const made = { formula, operands: new Set(operandsIn(formula)) };
  known.set(text, made);
  return made;
};

/** What is wrong with a formula as somebody wrote it. @returns null where nothing is */
const problemOf = (text: string, wrong: (name: string) => string | undefined): string | null => {
  try {
    for (const name of read(text).operands) {
      const why = wrong(name);
      if (why !== undefined) return `reads ${name}, which ${why}`;
    }
    return null;
  } catch (error) {
    if (error instanceof FormulaError) return error.message;
    throw error;
  }
};

/** What is wrong with a discount's formula as somebody wrote it. @returns null where nothing is */
export const formulaProblem = (text: string, { ofItems }: { ofItems: boolean }): string | null =>
  problemOf(text, (name) => {
    const { goesWith } = OPERANDS[name]!;
    if (goesWith === 'points') return 'goes with points that an event earns';
    return goesWith === 'item' && !ofItems ? 'goes with discounts that are taken of items one by one' : undefined;
  });

/** What is wrong with a formula of earned points as somebody wrote it. @returns null where nothing is */
export const pointsFormulaProblem = (text: string, { ofOrders }: { ofOrders: boolean }): string | null =>
  problemOf(text, (name) => {
    const { goesWith } = OPERANDS[name]!;
    if (goesWith === 'item') return 'goes with discounts that are taken of items one by one';
    if (goesWith === 'redemption') return 'goes with what is redeemed';
    return name.includes('ORDER_') && !ofOrders ? 'is of an order: the event has none' : undefined;
  });

/** What has to be read before it can be worked out. */
export const formulaNeeds = (text: string): { customer: boolean; products: boolean } => {
  const needs = new Set([...read(text).operands].map((name) => OPERANDS[name]!.needs));
  return { customer: needs.has('customer'), products: needs.has('products') };
};

/** True where it may have another value for each item. */
export const isOfEachItem = (text: string): boolean => [...read(text).operands].some((name) => OPERANDS[name]!.goesWith === 'item');

const figureOf = (value: Rational, of: FormulaOf, exponent: number): number => {
  if (value.n < 0n) return 0;
  if (of === 'points') return wholeOf({ n: value.n / value.d, d: 1n });
  if (of === 'units') return Math.min(wholeOf({ n: value.n / value.d, d: 1n }), MOST_UNITS);
  if (of === 'amount') return wholeOf({ n: value.n * 10n ** BigInt(exponent), d: value.d });
  const rounded = roundTo(value, PERCENT_DECIMALS);
  return Math.min(100, Number(rounded.n) / Number(rounded.d));
};

const MOST_UNITS = 1_000_000;
const PERCENT_DECIMALS = 3;

/**
 * The value of a formula for an order: minor units, rounded half up; a percentage from 0 to 100; or whole units or points, rounded down. null where
 * it has none.
 */
export const workOut = (text: string, of: FormulaOf, facts: FormulaFacts): number | null => {
  const value = evaluateFormula(read(text).formula, facts);
  if (value === null) return null;
  try {
    return figureOf(value, of, facts.exponent);
  } catch (error) {
    if (error instanceof NoValue) return null;
    throw error;
  }
};
