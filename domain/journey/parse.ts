import { LineCounter, parseDocument } from 'yaml';
import { checkFlow } from './checks.ts';
import { compileJourney, type CompiledJourney } from './compile.ts';
import { readDefinition, type JourneyDefinition, type Problem, type UnreadStep } from './definition.ts';
import { kindOf } from './kinds.ts';
import { referencesOf, type Reference } from './step-kind.ts';

/** A problem with its place in the text, where there is a text. Lines and columns count from 1. */
export interface PlacedProblem extends Problem {
  line?: number;
  column?: number;
}

/** Something of the project that the definition names, with its place in what was written. */
export interface NamedReference extends Reference {
  step?: string;
}

export interface ParsedJourney {
  /** Null where there are problems. */
  journey: CompiledJourney | null;
  problems: PlacedProblem[];
  /** What the definition names of its project, as far as it could be read. */
  references: NamedReference[];
  /** Finds the lines of what else turns out to be wrong, such as a template that does not exist, and puts all in order. */
  place: (problems: Problem[]) => PlacedProblem[];
}

const MAX_TEXT = 200_000;

type PlaceOf = (path: (string | number)[]) => { line?: number; column?: number };

const unread = (problems: PlacedProblem[]): ParsedJourney => ({ journey: null, problems, references: [], place: (more) => more });

/**
 * Reads a definition from YAML or JSON text, or from JSON that is parsed already, and says everything that is wrong with it at once.
 * @param written the text that parsed JSON came from, to say lines and columns by, and the path of the definition in it
 */
export const parseJourney = (input: unknown, written?: { text: string; at: string[] }): ParsedJourney => {
  if (typeof input !== 'string') return checked(input, written === undefined ? () => ({}) : placesInJson(written));
  if (input.length > MAX_TEXT) return unread([{ path: [], message: `is longer than ${MAX_TEXT} characters` }]);
  const { document, placeOf, placeAt } = readYaml(input);
  if (document.errors.length > 0) {
    return unread(yamlProblems(document.errors.map(({ code, message, pos }) => ({ code, message, ...placeAt(pos[0]) }))));
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    return unread([{ path: [], message: (error as Error).message }]);
  }
  return checked(value, placeOf);
};

const QUOTES = 'a text with : # [ ] { } , or quotes in it has to stand in quotes of its own, and what belongs to a step is indented alike';

/** What most often makes YAML say so. */
const YAML_HINTS: Record<string, string> = {
  TAB_AS_INDENT: 'indent by spaces',
  UNEXPECTED_TOKEN: QUOTES,
  BAD_INDENT: QUOTES,
  MISSING_CHAR: QUOTES,
  MULTILINE_IMPLICIT_KEY: QUOTES,
  BLOCK_AS_IMPLICIT_KEY: QUOTES,
  BAD_ALIAS: '* and & at the beginning of a text have to stand in quotes',
};

/** What YAML itself does not understand: the first of each line, since the others follow from it. */
const yamlProblems = (errors: { code: string; message: string; line: number; column: number }[]): PlacedProblem[] =>
  errors
    .filter(({ line }, index) => errors.findIndex((each) => each.line === line) === index)
    .map(({ code, message, line, column }) => {
      const said = (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
      return { path: [], message: `${said}${code in YAML_HINTS ? `; ${YAML_HINTS[code]}` : ''}`, line, column };
    });

const readYaml = (text: string) => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, maxAliasCount: 0 } as never);
  const placeAt = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const placeOf: PlaceOf = (path) => {
    // The nearest node that exists: a missing field has none of its own.
    for (let length = path.length; length >= 0; length -= 1) {
      const part = path.slice(0, length);
      const node = length === 0 ? document.contents : (document.getIn(part, true) as { range?: [number, number, number] } | undefined);
      if (node?.range) return placeAt(node.range[0]);
    }
    return {};
  };
  return { document, placeOf, placeAt };
};

/** JSON is YAML as well. The text is read again only where something is wrong. */
const placesInJson = ({ text, at }: { text: string; at: string[] }): PlaceOf => {
  let placeOf: PlaceOf | undefined;
  return (path) => {
    placeOf ??= text.length > MAX_TEXT ? () => ({}) : readYaml(text).placeOf;
    return placeOf([...at, ...path]);
  };
};

/** What Postgres cannot keep in JSON; YAML can write both in escapes. */
const unstorable = (value: unknown): boolean => {
  const json = JSON.stringify(value) ?? '';
  return json.includes('\\u0000') || !json.isWellFormed() || /\\ud[89a-f]/.test(json);
};

const checked = (value: unknown, placeOf: PlaceOf): ParsedJourney => {
  if (unstorable(value)) return unread([{ path: [], message: 'contains NUL characters or lone surrogates' }]);
  const { definition, problems, unread: unreadSteps, stepPaths } = readDefinition(value);
  const pathOf = (step: string): (string | number)[] => stepPaths.get(step) ?? ['steps', step];
  const place = (all: Problem[]): PlacedProblem[] =>
    all
      .map((problem) => ({ ...problem, ...placeOf(problem.path) }))
      .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  if (definition === null) return { journey: null, problems: place(problems), references: [], place };
  const compiled = compileJourney(definition, pathOf, unreadSteps);
  const all = [...problems, ...compiled.problems, ...checkFlow(definition, pathOf, unreadSteps)];
  return {
    journey: all.length === 0 ? compiled.journey : null,
    problems: place(all),
    references: [
      ...referencesInTrigger(definition),
      ...referencesIn(definition, pathOf),
      ...unreadSteps.flatMap((step) => referencesInUnread(step, pathOf(step.id))),
    ],
    place,
  };
};

/** The segments whose members come in. */
const referencesInTrigger = ({ trigger }: JourneyDefinition): NamedReference[] => {
  const { segment, schedule, manual } = trigger;
  const named = [
    { name: segment, path: ['segment'] },
    { name: schedule?.audience.segment, path: ['schedule', 'audience', 'segment'] },
    { name: typeof manual === 'object' ? manual.audience.segment : undefined, path: ['manual', 'audience', 'segment'] },
  ];
  return named.flatMap(({ name, path }) => (name === undefined ? [] : [{ what: 'segment', name, path: ['trigger', ...path] }]));
};

const referencesIn = (definition: JourneyDefinition, pathOf: (step: string) => (string | number)[]): NamedReference[] =>
  definition.steps.flatMap((step) =>
    referencesOf(kindOf(step), step.fields).map((each) => ({ ...each, path: [...pathOf(step.id), ...each.path], step: step.id })),
  );

/** What a step names that could not be read, as most kinds of step would name it. */
const referencesInUnread = ({ id, raw }: UnreadStep, path: (string | number)[]): NamedReference[] =>
  (['campaign', 'template', 'segment', 'endpoint'] as const).flatMap((what) => {
    const name = raw[what];
    return typeof name === 'string' ? [{ what, name, path: [...path, what], step: id }] : [];
  });
