import { z } from 'zod';
import { duration, eventType, expression, identifier, journeyKey, zone } from './fields.ts';
import { findKind, stepKinds } from './kinds.ts';
import type { AnyFields } from './step-kind.ts';

const reentry = z.string().regex(/^(never|per_key|after\(P[^()]+\))$/, 'must be never, per_key or after(P180D)');

const head = z.strictObject({
  journey: journeyKey,
  name: z.string().min(1).max(200).optional(),
  description: z.string().max(2000).optional(),
  trigger: z.strictObject({
    event: eventType,
    filter: expression.optional(),
    entry_key: expression.optional(),
    reentry: reentry.default('never'),
    concurrency: z.int().min(1).max(100).default(1),
  }),
  goal: z.strictObject({ event: eventType, match: expression.optional(), window: duration.optional() }).optional(),
  exit_on: z
    .array(
      z.strictObject({
        event: eventType,
        match: expression.optional(),
        withdraw: z.enum(['none', 'unredeemed', 'all']).default('none'),
      }),
    )
    .default([]),
  timezone_fallback: zone.optional(),
  max_duration: duration.optional(),
});

/** What `next` says to end the journey. */
export const END = 'end';

const stepHead = z.object({
  id: identifier.refine((id) => id !== END, `must not be ${END}: that is where a journey ends`),
  next: identifier.optional(),
  when: expression.optional(),
  on_error: z.enum(['continue', 'exit', 'hold']).default('hold'),
});

export type StepDefinition = z.output<typeof stepHead> & { do: string; fields: AnyFields };

/** A definition as it is stored: checked, defaults filled in, steps in order. Plain JSON. */
export type JourneyDefinition = z.output<typeof head> & { steps: StepDefinition[] };

/** Something that is wrong with a definition. `path` is where it stands in what was written. */
export interface Problem {
  path: (string | number)[];
  message: string;
  step?: string;
}

export interface Read {
  definition: JourneyDefinition | null;
  problems: Problem[];
  /** Where each step stands in what was written: steps are a map by id, or a list. */
  stepPaths: Map<string, (string | number)[]>;
}

const problemsOf = (error: z.ZodError, at: (string | number)[], step?: string): Problem[] =>
  error.issues.flatMap((issue) => {
    const path = [...at, ...(issue.path as (string | number)[])];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: 'is not a field that is known here', step }));
    }
    const message = issue.code === 'invalid_type' && issue.input === undefined ? 'is missing' : issue.message;
    return [{ path, message, step }];
  });

/** Reads the fields of a definition; whether its parts fit together is for `compileJourney`. */
export const readDefinition = (input: unknown): Read => {
  const stepPaths = new Map<string, (string | number)[]>();
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { definition: null, problems: [{ path: [], message: 'a journey is a map with journey, trigger and steps' }], stepPaths };
  }
  const { steps: rawSteps, ...rest } = input as Record<string, unknown>;
  const top = head.safeParse(rest, { reportInput: true });
  const problems = top.success ? [] : problemsOf(top.error, []);
  const steps: StepDefinition[] = [];
  for (const { path, raw } of listSteps(rawSteps, problems)) {
    const step = readStep(raw, path, problems);
    if (step === null) continue;
    if (stepPaths.has(step.id)) problems.push({ path, message: `there is another step ${step.id}`, step: step.id });
    stepPaths.set(step.id, path);
    steps.push(step);
  }
  const definition = top.success && problems.length === 0 ? { ...top.data, steps } : null;
  return { definition, problems, stepPaths };
};

const listSteps = (raw: unknown, problems: Problem[]): { path: (string | number)[]; raw: unknown }[] => {
  const entries = Array.isArray(raw)
    ? raw.map((each: unknown, index) => ({ path: ['steps', index], raw: each }))
    : typeof raw === 'object' && raw !== null
      ? Object.entries(raw).map(([id, each]) => ({
          path: ['steps', id],
          raw: typeof each === 'object' && each !== null ? { id, ...each } : each,
        }))
      : [];
  if (entries.length === 0) problems.push({ path: ['steps'], message: 'must be a map with at least one step' });
  if (entries.length > 200) problems.push({ path: ['steps'], message: 'must be at most 200 steps' });
  return entries.slice(0, 200);
};

const readStep = (raw: unknown, path: (string | number)[], problems: Problem[]): StepDefinition | null => {
  if (typeof raw !== 'object' || raw === null) {
    problems.push({ path, message: 'must be a map with do and its fields' });
    return null;
  }
  const { id, next, when, on_error, do: kindName, ...own } = raw as Record<string, unknown>;
  const name = typeof id === 'string' ? id : undefined;
  const kind = findKind(kindName);
  const common = stepHead.safeParse({ id, next, when, on_error }, { reportInput: true });
  if (!common.success) problems.push(...problemsOf(common.error, path, name));
  if (kind === undefined) {
    const known = stepKinds.map((each) => each.kind).join(', ');
    problems.push({
      path: [...path, 'do'],
      message: kindName === undefined ? 'is missing' : `is not a kind of step; there are ${known}`,
      step: name,
    });
    return null;
  }
  const fields = kind.fields.safeParse(own, { reportInput: true });
  if (!fields.success) problems.push(...problemsOf(fields.error, path, name));
  return common.success && fields.success ? { ...common.data, do: kind.kind, fields: fields.data } : null;
};
