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

/** What a schema found wrong, in words for the person who wrote it. `also` are fields that are known beside the schema's own. */
export const mistakesOf = (error: z.ZodError, schema: unknown, at: Path, step?: string, also: string[] = []): Problem[] =>
  error.issues.flatMap(closest).flatMap((issue) => {
    const own = issue.path as Path;
    const path = [...at, ...own];
    if (issue.code === 'unrecognized_keys') {
      const known = [...fieldsAt(schema, own), ...(own.length === 0 ? also : [])];
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `is not a field that is known here${didYouMean(key, known)}`,
        step,
      }));
    }
    if (issue.code === 'invalid_type' && issue.input === undefined) return [{ path, message: 'is missing', step }];
    if (issue.code === 'invalid_value') {
      const meant = typeof issue.input === 'string' ? didYouMean(issue.input, issue.values.map(String)) : '';
      return [{ path, message: `must be one of ${issue.values.join(', ')}${meant}`, step }];
    }
    return [{ path, message: issue.message, step }];
  });
