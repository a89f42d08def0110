import { createExpressions, ExpressionError, type Expected, type Expression, type Expressions, type Shape } from '../expression.ts';
import { END, type JourneyDefinition, type Problem, type StepDefinition, type UnreadStep } from './definition.ts';
import { kindOf } from './kinds.ts';
import { journeyScope, resolveEventType, triggerScope } from './scope.ts';
import type { AnyFields, StepKind } from './step-kind.ts';
import { holdout, HOLDOUT_STEP } from './steps/holdout.ts';
import { triggerEvent } from './trigger.ts';
import { expressionsOfUnread } from './unread.ts';

/** An event that a journey listens for; null matches every one of the customer's. */
export interface Listener {
  type: string;
  match: Expression | null;
}

export interface CompiledStep {
  id: string;
  kind: StepKind<AnyFields>;
  fields: AnyFields;
  /** The step that follows; null ends the journey. */
  next: string | null;
  when: Expression | null;
  onError: 'continue' | 'exit' | 'hold';
  /** By the path in the step, joined with dots. */
  expressions: Map<string, Expression>;
  awaits: Listener | null;
  summary: string;
}

export interface CompiledJourney {
  definition: JourneyDefinition;
  first: string;
  steps: Map<string, CompiledStep>;
  /** `segment`: only who enters this one comes in. */
  trigger: Listener & { entryKey: Expression | null; segment: string | null };
  goal: (Listener & { window: string | null }) | null;
  exits: (Listener & { withdraw: 'none' | 'unredeemed' | 'all' })[];
  /** Every type of event that this journey has to hear of. */
  eventTypes: string[];
}

/** Compiles a definition whose fields are right, and finds every expression that is not. */
export const compileJourney = (
  definition: JourneyDefinition,
  pathOf: (step: string) => (string | number)[] = (step) => ['steps', step],
  unread: readonly UnreadStep[] = [],
): { journey: CompiledJourney; problems: Problem[] } => {
  const problems: Problem[] = [];
  const { trigger, goal, exit_on: exitOn } = definition;
  const names = {
    trigger: triggerEvent(trigger),
    coupons: [...definition.steps.flatMap((step) => kindOf(step).makes?.(step.fields) ?? []), ...unread.flatMap((step) => step.as ?? [])],
    answers: [
      ...definition.steps.flatMap((step) => kindOf(step).saves?.(step.fields) ?? []),
      ...unread.flatMap((step) => step.saveAs ?? []),
    ],
    steps: [...definition.steps, ...unread].map((step) => step.id),
  };
  const scopes = new Map<string, Expressions>();
  const within = (key: string, variables: () => Record<string, Shape>): Expressions => {
    const known = scopes.get(key) ?? createExpressions(variables());
    scopes.set(key, known);
    return known;
  };
  const compile = (scope: Expressions, source: string, expected: Expected, path: (string | number)[], step?: string): Expression => {
    try {
      return scope.compile(source, expected);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      problems.push({ path, message: `${error.message} (in ${source})`, step });
      return { source, evaluate: () => null };
    }
  };
  const matching = (type: string): Expressions => within(`match ${type}`, () => journeyScope(names, type));
  const listener = (event: string, match: string | undefined, path: (string | number)[]): Listener => ({
    type: resolveEventType(event),
    match: match === undefined ? null : compile(matching(event), match, 'bool', path),
  });
  const entering = within('trigger', () => triggerScope(names.trigger));
  const standing = within('step', () => journeyScope(names));

  const steps = new Map<string, CompiledStep>();
  for (const [index, step] of definition.steps.entries()) {
    const kind = kindOf(step);
    const path = pathOf(step.id);
    const expressions = new Map<string, Expression>();
    for (const each of kind.expressions?.(step.fields) ?? []) {
      const scope = each.matches === undefined ? standing : matching(each.matches);
      expressions.set(each.path.join('.'), compile(scope, each.source, each.expected, [...path, ...each.path], step.id));
    }
    const awaited = kind.awaits?.(step.fields) ?? null;
    steps.set(step.id, {
      id: step.id,
      kind,
      fields: step.fields,
      next: nextOf(definition.steps, index),
      when: step.when === undefined ? null : compile(standing, step.when, 'bool', [...path, 'when'], step.id),
      onError: step.on_error,
      expressions,
      awaits: awaited === null ? null : { type: resolveEventType(awaited), match: expressions.get('event.match') ?? null },
      summary: `${step.id}: ${kind.describe(step.fields)}`,
    });
  }
  for (const step of unread) {
    for (const each of expressionsOfUnread(step)) {
      const scope = each.matches === undefined ? standing : matching(each.matches);
      compile(scope, each.source, each.expected, [...pathOf(step.id), ...each.path], step.id);
    }
  }
  if (holdsOut(definition)) steps.set(HOLDOUT_STEP, holdoutStep(definition));
  const journey: CompiledJourney = {
    definition,
    first: definition.steps[0]?.id ?? END,
    steps,
    trigger: {
      type: resolveEventType(names.trigger),
      segment: trigger.segment ?? null,
      match: trigger.filter === undefined ? null : compile(entering, trigger.filter, 'bool', ['trigger', 'filter']),
      entryKey: trigger.entry_key === undefined ? null : compile(entering, trigger.entry_key, 'string', ['trigger', 'entry_key']),
    },
    goal: goal === undefined ? null : { ...listener(goal.event, goal.match, ['goal', 'match']), window: goal.window ?? null },
    exits: exitOn.map((exit, index) => ({ ...listener(exit.event, exit.match, ['exit_on', index, 'match']), withdraw: exit.withdraw })),
    eventTypes: [],
  };
  journey.eventTypes = listenedTypes(journey);
  return { journey, problems };
};

const DEFAULT_GOAL_PERIOD = 'P30D';

/** For how long after they came in customers are watched for the goal, whether they got something or were held out. */
export const goalPeriod = (definition: Pick<JourneyDefinition, 'goal' | 'max_duration'>): string =>
  definition.goal?.window ?? definition.max_duration ?? DEFAULT_GOAL_PERIOD;

/** A step where somebody stands. Those who were held out stay so in a version that holds nobody out. */
export const findStep = ({ steps, definition }: CompiledJourney, id: string): CompiledStep | undefined =>
  steps.get(id) ?? (id === HOLDOUT_STEP ? holdoutStep(definition) : undefined);

const holdsOut = ({ holdout: share, steps }: JourneyDefinition): boolean =>
  share !== undefined || steps.some((step) => kindOf(step).holdsOut?.(step.fields) === true);

const holdoutStep = (definition: JourneyDefinition): CompiledStep => {
  const fields = { for: goalPeriod(definition) };
  return {
    id: HOLDOUT_STEP,
    kind: holdout,
    fields,
    next: null,
    when: null,
    onError: 'hold',
    expressions: new Map(),
    awaits: null,
    summary: holdout.describe(fields),
  };
};

/** The step that follows: the one that `next` names, else the one below; null where the journey ends. */
export const nextOf = (steps: StepDefinition[], index: number): string | null => {
  const step = steps[index] as StepDefinition;
  if (step.next !== undefined) return step.next === END ? null : step.next;
  return kindOf(step).continues ? (steps[index + 1]?.id ?? null) : null;
};

const listenedTypes = (journey: CompiledJourney): string[] => {
  const awaited = [...journey.steps.values()].flatMap((step) => step.awaits?.type ?? []);
  return [
    ...new Set([journey.trigger.type, ...(journey.goal ? [journey.goal.type] : []), ...journey.exits.map((exit) => exit.type), ...awaited]),
  ];
};
