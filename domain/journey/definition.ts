import { z } from 'zod';
import { didYouMean } from '../suggestion.ts';
import { duration, eventType, expression, identifier, journeyKey, percent, salt, zone } from './fields.ts';
import { findKind, stepKinds } from './kinds.ts';
import { mistakesOf } from './mistakes.ts';
import type { AnyFields, StepKind } from './step-kind.ts';
import { trigger } from './trigger.ts';

const head = z.strictObject({
  journey: journeyKey,
  name: z.string().min(1).max(200).optional(),
  description: z.string().max(2000).optional(),
  trigger,
  holdout: z.strictObject({ percent, salt }).optional(),
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

/** A step that could not be read, as far as others may mean it. */
export interface UnreadStep {
  id: string;
  /** The name of its coupon. */
  as?: string;
  /** The name of what it is answered. */
  saveAs?: string;
  /** Its kind, where that is known. */
  kind?: StepKind<AnyFields>;
  /** Its fields as they were written, and those of them in which nothing is wrong. */
  raw: Record<string, unknown>;
  sound: Record<string, unknown>;
}

export interface Read {
  /** What could be read; null where nothing could. It runs only where there are no problems. */
  definition: JourneyDefinition | null;
  problems: Problem[];
  unread: UnreadStep[];
  /** Where each step stands in what was written: steps are a map by id, or a list. */
  stepPaths: Map<string, (string | number)[]>;
}

/** Reads the fields of a definition; whether its parts fit together is for `compileJourney`. */
export const readDefinition = (input: unknown): Read => {
  const stepPaths = new Map<string, (string | number)[]>();
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const message = 'a journey is a map with journey, trigger and steps';
    return { definition: null, problems: [{ path: [], message }], unread: [], stepPaths };
  }
  const { steps: rawSteps, ...rest } = input as Record<string, unknown>;
  const problems: Problem[] = [];
  const top = readHead(rest, problems);
  const steps: StepDefinition[] = [];
  const unread: UnreadStep[] = [];
  for (const { path, raw } of listSteps(rawSteps, problems)) {
    const id = textOf(raw, 'id');
    if (id !== undefined && stepPaths.has(id)) problems.push({ path, message: `there is another step ${id}`, step: id });
    if (id !== undefined) stepPaths.set(id, path);
    const before = problems.length;
    const step = readStep(raw, path, problems);
    const wrong = new Set(problems.slice(before).map((problem) => problem.path[path.length]));
    if (step !== null) steps.push(step);
    else if (id !== undefined) unread.push(unreadStep(id, raw as Record<string, unknown>, wrong));
  }
  return { definition: { ...top, steps }, problems, unread, stepPaths };
};

/** Reads what stands beside the steps. What is wrong is left out, so that the rest can be checked as well. */
const readHead = (rest: Record<string, unknown>, problems: Problem[]): z.output<typeof head> => {
  const whole = head.safeParse(rest, { reportInput: true });
  if (whole.success) return whole.data;
  problems.push(...mistakesOf(whole.error, head, [], undefined, ['steps']));
  const wrong = new Set(whole.error.issues.map((issue) => String(issue.path[0])));
  const right = Object.entries(rest).filter(([key]) => Object.hasOwn(head.shape, key) && !wrong.has(key));
  return head.parse({ journey: 'unread', trigger: soundTrigger(rest['trigger']), ...Object.fromEntries(right) });
};

/** What of a trigger that is wrong can be checked further. */
const soundTrigger = (raw: unknown): { event: string } => {
  const named = { event: textOf(raw, 'event') ?? 'unread', filter: textOf(raw, 'filter'), entry_key: textOf(raw, 'entry_key') };
  return trigger.safeParse(named).success ? named : { event: 'unread' };
};

const textOf = (raw: unknown, field: string): string | undefined => {
  const value = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' ? value : undefined;
};

const unreadStep = (id: string, raw: Record<string, unknown>, wrong: Set<string | number | undefined>): UnreadStep => {
  const as = textOf(raw, 'as');
  const saveAs = textOf(raw, 'save_as');
  const kind = findKind(raw['do']);
  const sound = Object.fromEntries(Object.entries(raw).filter(([field]) => !wrong.has(field)));
  return { id, ...(as !== undefined && { as }), ...(saveAs !== undefined && { saveAs }), ...(kind && { kind }), raw, sound };
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

const meant = (kind: unknown): string =>
  didYouMean(
    String(kind),
    stepKinds.map((each) => each.kind),
  );

const readStep = (raw: unknown, path: (string | number)[], problems: Problem[]): StepDefinition | null => {
  if (typeof raw !== 'object' || raw === null) {
    problems.push({ path, message: 'must be a map with do and its fields' });
    return null;
  }
  const { id, next, when, on_error, do: kindName, ...own } = raw as Record<string, unknown>;
  const name = typeof id === 'string' ? id : undefined;
  const kind = findKind(kindName);
  const common = stepHead.safeParse({ id, next, when, on_error }, { reportInput: true });
  if (!common.success) problems.push(...mistakesOf(common.error, stepHead, path, name));
  if (kind === undefined) {
    const known = stepKinds.map((each) => each.kind).join(', ');
    problems.push({
      path: [...path, 'do'],
      message: kindName === undefined ? `is missing: one of ${known}` : `is not a kind of step${meant(kindName) || `; there are ${known}`}`,
      step: name,
    });
    return null;
  }
  const fields = kind.fields.safeParse(own, { reportInput: true });
  if (!fields.success) problems.push(...mistakesOf(fields.error, kind.fields, path, name, ['do', ...Object.keys(stepHead.shape)]));
  return common.success && fields.success ? { ...common.data, do: kind.kind, fields: fields.data } : null;
};
