import type { z } from 'zod';
import type { FieldProblem } from '../../domain/errors.ts';

type Issue = z.core.$ZodIssue;

/** What zod says of a union for which nobody says anything. */
const UNSAID = 'Invalid input';

/** `['redeemables', 0, 'id']` → `redeemables[0].id` */
const pathOf = (path: PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );

/** Of the shapes that a union takes, the one that the value comes closest to. */
const closest = (branches: Issue[][]): Issue[] =>
  branches.reduce((best, branch) =>
    branch.length < best.length || (branch.length === best.length && depth(branch) > depth(best)) ? branch : best,
  );

const depth = (issues: Issue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length));

/** Every field that is wrong: where it is and what is wrong with it. */
export const fieldProblems = (issues: Issue[], base: PropertyKey[] = []): FieldProblem[] =>
  issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: pathOf([...path, key]), message: 'is not a field that is known here' }));
    // A union that says what would be right says it better than any of its shapes.
    if (issue.code === 'invalid_union' && issue.errors.length > 0 && issue.message === UNSAID)
      return fieldProblems(closest(issue.errors), path);
    if (issue.code === 'invalid_key') return [{ path: pathOf(path), message: issue.issues[0]?.message ?? issue.message }];
    return [{ path: pathOf(path), message: issue.message }];
  });
