import { DomainError } from '../../domain/errors.ts';
import { textProblem } from './json-body.ts';
import type { Route } from './route.ts';

interface Node {
  literals: Map<string, Node>;
  parameter?: Node;
  /** By method, in upper case. */
  routes: Map<string, { route: Route; names: string[] }>;
}

export interface RouteMatch {
  route: Route;
  params: Record<string, string>;
}

const newNode = (): Node => ({ literals: new Map(), routes: new Map() });

const segmentsOf = (path: string): string[] => {
  const segments = path.split('/');
  segments.shift();
  if (segments.length > 1 && segments.at(-1) === '') segments.pop();
  return segments;
};

/** Literal segments win over parameters; where a literal leads nowhere, the parameter is tried. */
const find = (node: Node, segments: string[], at: number, values: string[]): Node | null => {
  if (at === segments.length) return node.routes.size > 0 ? node : null;
  const segment = segments[at]!;
  const literal = node.literals.get(segment);
  const found = literal ? find(literal, segments, at + 1, values) : null;
  if (found || !node.parameter || segment === '') return found;
  values[at] = segment;
  return find(node.parameter, segments, at + 1, values);
};

const decode = (name: string, text: string): string => {
  let decoded: string | null = text;
  if (text.includes('%'))
    try {
      decoded = decodeURIComponent(text);
    } catch {
      decoded = null;
    }
  const problem = decoded === null ? 'is not percent-encoded UTF-8' : textProblem(decoded);
  if (problem !== null)
    throw new DomainError('invalid_query_params', 'The path has a part that is wrong.', { fields: [{ path: name, message: problem }] });
  return decoded!;
};

/**
 * Finds routes by method and path in a few map lookups, however many there are; a slash at the end counts for nothing.
 * @returns a match; the methods that the path takes, where the method is another; null where there is no such path
 */
export const createRouteTable = (routes: Route[]) => {
  const root = newNode();
  for (const route of routes) {
    let node = root;
    const names: string[] = [];
    for (const [at, segment] of segmentsOf(route.path).entries()) {
      const parameter = /^\{(\w+)\}$/.exec(segment);
      if (parameter) {
        names[at] = parameter[1]!;
        node = node.parameter ??= newNode();
      } else {
        const next = node.literals.get(segment) ?? newNode();
        node.literals.set(segment, next);
        node = next;
      }
    }
    const method = route.method.toUpperCase();
    if (node.routes.has(method)) throw new Error(`Two routes for ${method} ${route.path}`);
    node.routes.set(method, { route, names });
    if (method === 'GET') node.routes.set('HEAD', { route, names });
  }

  return (method: string, path: string): RouteMatch | { allow: string[] } | null => {
    const values: string[] = [];
    const node = find(root, segmentsOf(path), 0, values);
    if (!node) return null;
    const found = node.routes.get(method);
    if (!found) return { allow: [...node.routes.keys()] };
    const params: Record<string, string> = {};
    for (const [at, name] of found.names.entries()) if (name !== undefined) params[name] = decode(name, values[at]!);
    return { route: found.route, params };
  };
};
