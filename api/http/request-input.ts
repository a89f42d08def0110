import type { z } from 'zod';
import { type FieldProblem, invalidPayload, invalidQuery } from '../../domain/errors.ts';
import { fieldProblems } from './field-problems.ts';
import { parseJson, readText } from './json-body.ts';
import { parseQuery } from './query-string.ts';
import type { Context } from './request-context.ts';
import type { Route } from './route.ts';

const check = (schema: z.ZodType | undefined, value: unknown, problems: FieldProblem[]): unknown => {
  if (!schema) return value;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const named = new Set<string>();
  for (const problem of fieldProblems(result.error.issues))
    if (!named.has(problem.path)) {
      named.add(problem.path);
      problems.push(problem);
    }
  return undefined;
};

const refuseUnknown = (query: Record<string, unknown>, problems: FieldProblem[]): void => {
  for (const name of Object.keys(query)) problems.push({ path: name, message: 'is not a parameter that is known here' });
};

/** Checks parameters, query and body, and names everything that is wrong with any of them. */
export const fill = (
  context: Context,
  route: Route,
  params: Record<string, string>,
  queryText: string,
  bytes: Buffer,
  isText: boolean,
): void => {
  const problems: FieldProblem[] = [];
  context.params = check(route.params, params, problems);
  const query = parseQuery(queryText);
  if (route.query) context.query = check(route.query, query, problems);
  else refuseUnknown(query, problems);
  const outsideBody = problems.length;
  if (route.body) context.body = check(route.body, isText ? readText(bytes) : parseJson(bytes), problems);
  if (problems.length === 0) return;
  throw problems.length > outsideBody ? invalidPayload(problems) : invalidQuery(problems);
};
