import { namesInRef, namesOfItem, someNamed, type ProductRef } from './items.ts';
import { isDate, listed } from './operators.ts';
import { loneNode, type Conjunct } from './conjunct.ts';
import type { RuleScope } from './rule.ts';

/** Conditions of which each can hold only where a request has one of its marks, such as the products that it names. */
export interface Marked {
  /** Those of one family are read of a request alike. */
  family: string;
  marks: readonly unknown[];
  /** All marks that a request has of the family. */
  read: (scope: RuleScope) => readonly unknown[];
}

const POSITIVE: ReadonlySet<string> = new Set(['$is', '$in']);

/** Equal where `===` says so: a date has many texts. */
const isExact = (value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && !isDate(value));

/** @returns null where nothing is known that it needs */
export const markedBy = (conjunct: Conjunct): Marked | null => {
  const node = loneNode(conjunct);
  const [condition, ...more] = node?.conditions ?? [];
  if (!node || !condition || more.length > 0 || !POSITIVE.has(condition.operator)) return null;
  const { kind, property } = node;
  const { values } = condition;
  const family = JSON.stringify([kind.name, property]);
  if (kind.find === someNamed)
    return { family, marks: values.flatMap((ref) => namesInRef(ref as ProductRef)), read: ({ items }) => items.flatMap(namesOfItem) };
  if (kind.find || !kind.read || !values.every(isExact)) return null;
  const { read } = kind;
  return { family, marks: values, read: (scope) => listed(read(node, scope)) };
};
