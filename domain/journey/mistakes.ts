import { z } from 'zod';
import { didYouMean } from '../suggestion.ts';
import type { Problem } from './definition.ts';

type Path = (string | number)[];

/** The fields that a schema takes at a path; none where anything goes. */
const fieldsAt = (schema: unknown, path: Path): string[] => {
  let at = schema;
  for (const key of [...path, null]) {
    while (at instanceof z.ZodOptional || at instanceof z.ZodDefault || at instanceof z.ZodNullable) at = at.unwrap();
    if (key === null) break;
    if (at instanceof z.ZodObject) at = (at.shape as Record<string, unknown>)[String(key)];
    else if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodRecord) at = at.valueType;
    else return [];
  }
  if (at instanceof z.ZodUnion) return at.options.flatMap((option) => fieldsAt(option, []));
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
};

/** Of the shapes that may stand here, what is wrong by the one that comes closest. */
const closest = (issue: z.core.$ZodIssue): z.core.$ZodIssue[] => {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const unknown = (branch: z.core.$ZodIssue[]) => branch.filter((each) => each.code === 'unrecognized_keys').length;
  const best = issue.errors.toSorted((a, b) => a.length - b.length || unknown(a) - unknown(b))[0] ?? [];
  return best.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
};

const article = (value: unknown): string => {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? `the text ${JSON.stringify(value)}` : `${value as number | boolean}`;
};

const listed = (words: string[]): string => (words.length === 0 ? '' : ` with ${words.join(', ')}`);

/** What a value should be that is of another type. */
const rightType = (expected: string, input: unknown, fields: string[]): string => {
  switch (expected) {
    case 'object':
    case 'record':
      return `must be a map${listed(fields)}, not ${article(input)}`;
    case 'array':
      return `must be a list, such as [a, b], not ${article(input)}`;
    case 'string':
      return `must be text, not ${article(input)}${typeof input === 'object' ? '' : '; put it in quotes'}`;
    case 'boolean':
      return `must be true or false, not ${article(input)}`;
    case 'int':
      return `must be a whole number, not ${article(input)}`;
    default:
      return `must be a ${expected}, not ${article(input)}`;
  }
};

const UNITS: Record<string, string> = { string: ' characters', array: ' entries', map: ' entries' };

const bound = (origin: string, word: string, limit: unknown): string =>
  `must ${origin in UNITS ? 'have' : 'be'} ${word} ${String(limit)}${UNITS[origin] ?? ''}`;

/** The message of an issue that no schema of ours has words for. */
const inWords = (issue: z.core.$ZodIssue, schema: unknown): string => {
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input'))
    return rightType(issue.expected, issue.input, fieldsAt(schema, issue.path as Path));
  if (issue.message.startsWith('Too small') && issue.code === 'too_small') return bound(issue.origin, 'at least', issue.minimum);
  if (issue.message.startsWith('Too big') && issue.code === 'too_big') return bound(issue.origin, 'at most', issue.maximum);
  return issue.message;
};

/** What may stand in place of a field that is not known: one of those that are not there yet. */
const meantField = (wrong: string, known: string[], input: unknown): string => {
  const named = known.filter((field) => field !== 'do' && field !== 'id');
  const open = named.filter((field) => typeof input !== 'object' || input === null || !Object.hasOwn(input, field));
  const meant = didYouMean(wrong, open);
  return meant !== '' || open.length === 0 ? meant : `; there ${open.length === 1 ? 'is' : 'are'} ${open.join(', ')}`;
};

/** What a schema found wrong, in words for the person who wrote it. `also` are fields that are known beside the schema's own. */
export const mistakesOf = (error: z.ZodError, schema: unknown, at: Path, step?: string, also: string[] = []): Problem[] =>
  error.issues.flatMap(closest).flatMap((issue) => {
    const own = issue.path as Path;
    const path = [...at, ...own];
    if (issue.code === 'unrecognized_keys') {
      const known = [...fieldsAt(schema, own), ...(own.length === 0 ? also : [])];
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `is not a field that is known here${meantField(key, known, issue.input)}`,
        step,
      }));
    }
    if (issue.code === 'invalid_type' && issue.input === undefined) return [{ path, message: 'is missing', step }];
    if (issue.code === 'invalid_value') {
      const meant = typeof issue.input === 'string' ? didYouMean(issue.input, issue.values.map(String)) : '';
      return [{ path, message: `must be one of ${issue.values.join(', ')}${meant}`, step }];
    }
    return [{ path, message: inWords(issue, schema), step }];
  });
