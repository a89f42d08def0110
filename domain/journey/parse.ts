import { LineCounter, parseDocument } from 'yaml';
import { checkFlow } from './checks.ts';
import { compileJourney, type CompiledJourney } from './compile.ts';
import { readDefinition, type Problem } from './definition.ts';

/** A problem with its place in the text, where there is a text. Lines and columns count from 1. */
export interface PlacedProblem extends Problem {
  line?: number;
  column?: number;
}

/** `place` finds the line of what else turns out to be wrong, such as a template that does not exist. */
export type ParsedJourney =
  | { journey: CompiledJourney; problems: []; place: (problems: Problem[]) => PlacedProblem[] }
  | { journey: null; problems: PlacedProblem[] };

const MAX_TEXT = 200_000;

/** Reads a definition from YAML or JSON text, or from JSON that is parsed already, and says everything that is wrong with it at once. */
export const parseJourney = (input: unknown): ParsedJourney => {
  if (typeof input !== 'string') return checked(input, () => ({}));
  if (input.length > MAX_TEXT) return { journey: null, problems: [{ path: [], message: `is longer than ${MAX_TEXT} characters` }] };
  const lines = new LineCounter();
  const document = parseDocument(input, { lineCounter: lines, uniqueKeys: true, maxAliasCount: 0 } as never);
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      path: [],
      message: (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''),
      ...place(error.pos[0]),
    }));
    return { journey: null, problems };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    return { journey: null, problems: [{ path: [], message: (error as Error).message }] };
  }
  return checked(value, (path) => {
    // The nearest node that exists: a missing field has none of its own.
    for (let length = path.length; length >= 0; length -= 1) {
      const part = path.slice(0, length);
      const node = length === 0 ? document.contents : (document.getIn(part, true) as { range?: [number, number, number] } | undefined);
      if (node?.range) return place(node.range[0]);
    }
    return {};
  });
};

/** What Postgres cannot keep in JSON; YAML can write both in escapes. */
const unstorable = (value: unknown): boolean => {
  const json = JSON.stringify(value) ?? '';
  return json.includes('\\u0000') || !json.isWellFormed() || /\\ud[89a-f]/.test(json);
};

const checked = (value: unknown, placeOf: (path: (string | number)[]) => { line?: number; column?: number }): ParsedJourney => {
  if (unstorable(value)) return { journey: null, problems: [{ path: [], message: 'contains NUL characters or lone surrogates' }] };
  const { definition, problems, stepPaths } = readDefinition(value);
  const pathOf = (step: string): (string | number)[] => stepPaths.get(step) ?? ['steps', step];
  const place = (all: Problem[]): PlacedProblem[] =>
    all.map((problem) => ({ ...problem, ...placeOf(problem.path) })).sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (definition === null) return { journey: null, problems: place(problems) };
  const compiled = compileJourney(definition, pathOf);
  const all = [...compiled.problems, ...checkFlow(definition, pathOf)];
  if (all.length > 0) return { journey: null, problems: place(all) };
  return {
    journey: compiled.journey,
    problems: [],
    place: (more) => place(more.map((each) => ({ ...each, path: written(each.path, pathOf) }))),
  };
};

/** From where a step stands in the map of steps to where it was written. */
const written = (path: (string | number)[], pathOf: (step: string) => (string | number)[]): (string | number)[] =>
  path[0] === 'steps' ? [...pathOf(String(path[1])), ...path.slice(2)] : path;
