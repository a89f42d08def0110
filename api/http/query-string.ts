import { DomainError } from '../../domain/errors.ts';
import { textProblem } from './json-body.ts';

type QueryValue = string | QueryValue[] | { [name: string]: QueryValue };
export type Query = Record<string, QueryValue>;

const MAX_PARAMETERS = 200;
const MAX_DEPTH = 6;

const wrong = (path: string, message: string): DomainError =>
  new DomainError('invalid_query_params', 'The query has parameters that are wrong.', { fields: [{ path, message }] });

const decode = (text: string, path: string): string => {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw wrong(path, 'is not percent-encoded UTF-8');
  }
  const problem = textProblem(decoded);
  if (problem !== null) throw wrong(path.replaceAll('\0', '\uFFFD'), problem);
  return decoded;
};

/** `filters[code][conditions][$in][0]` → its names. */
const namesOf = (key: string): string[] => {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(key);
  if (!match) throw wrong(key, 'has brackets that do not match');
  const names = [match[1]!, ...[...match[2]!.matchAll(/\[([^[\]]*)\]/g)].map((inner) => inner[1]!)];
  if (names.length > MAX_DEPTH) throw wrong(key, `nests deeper than ${MAX_DEPTH} levels`);
  if (names.includes('__proto__')) throw wrong(key, 'is a name that cannot be used');
  return names;
};

const put = (query: Query, key: string, value: string): void => {
  const names = namesOf(key);
  const last = names.pop()!;
  let node = query;
  for (const name of names) {
    const next = (node[name] ??= Object.create(null) as Query);
    if (typeof next === 'string' || Array.isArray(next)) throw wrong(key, 'is given both as a value and as a group');
    node = next;
  }
  const name = last === '' ? String(Object.keys(node).length) : last;
  if (node[name] !== undefined) throw wrong(key, 'is given more than once');
  node[name] = value;
};

/** Groups whose names are 0, 1, 2 … are lists. */
const listed = (value: QueryValue): QueryValue => {
  if (typeof value === 'string' || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, listed(inner)] as const);
  if (entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name)))
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, inner]) => inner);
  return Object.fromEntries(entries);
};

/**
 * Reads a query string with the brackets that the API's filters use: `created_at[after]=…`, `filters[code][conditions][$in][0]=A`.
 * @throws DomainError invalid_query_params
 */
export const parseQuery = (text: string): Query => {
  if (text === '') return {};
  const parts = text.split('&').filter((part) => part !== '');
  if (parts.length > MAX_PARAMETERS) throw wrong('', `has more than ${MAX_PARAMETERS} parameters`);
  const query = Object.create(null) as Query;
  for (const part of parts) {
    const equals = part.indexOf('=');
    const key = decode(equals < 0 ? part : part.slice(0, equals), part);
    put(query, key, equals < 0 ? '' : decode(part.slice(equals + 1), key));
  }
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, listed(value)]));
};
