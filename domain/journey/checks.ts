import { didYouMean } from '../suggestion.ts';
import { nextOf } from './compile.ts';
import { END, type JourneyDefinition, type Problem, type StepDefinition, type UnreadStep } from './definition.ts';
import { kindOf } from './kinds.ts';
import type { StepTarget } from './step-kind.ts';
import { couponOfUnread, targetsOfUnread } from './unread.ts';

/** Each is kept with every customer. */
const MOST_ANSWERS = 10;

/**
 * Finds what would fail or never happen: steps and coupons that do not exist, steps nobody comes to, loops in which no time passes.
 * @param unread steps that could not be read: others may name them, and nobody knows where they lead
 */
export const checkFlow = (
  definition: JourneyDefinition,
  pathOf: (step: string) => (string | number)[],
  unread: readonly UnreadStep[] = [],
): Problem[] => {
  const { steps } = definition;
  const ids = new Set([...steps, ...unread].map((step) => step.id));
  const problems: Problem[] = [];
  const coupons = new Map<string, string>(unread.flatMap((step) => (step.as === undefined ? [] : [[step.as, step.id]])));
  const answers = new Map<string, string>(unread.flatMap((step) => (step.saveAs === undefined ? [] : [[step.saveAs, step.id]])));
  const at = (step: { id: string }, path: (string | number)[], message: string): Problem => ({
    path: [...pathOf(step.id), ...path],
    message,
    step: step.id,
  });
  const name = (step: StepDefinition, path: string, what: string, known: Map<string, string>, own: string | null): void => {
    if (own === null) return;
    const other = known.get(own);
    if (other !== undefined) problems.push(at(step, [path], `step ${other} has ${what} ${own} already`));
    known.set(own, step.id);
  };
  for (const step of steps) {
    const kind = kindOf(step);
    name(step, 'as', 'a coupon', coupons, kind.makes?.(step.fields) ?? null);
    name(step, 'save_as', 'an answer', answers, kind.saves?.(step.fields) ?? null);
  }
  if (answers.size > MOST_ANSWERS) problems.push({ path: ['steps'], message: `may save at most ${MOST_ANSWERS} answers` });
  const named = [
    ...steps.map((step) => ({
      id: step.id,
      targets: [...(step.next === undefined ? [] : [{ path: ['next'], step: step.next }]), ...targetsOf(step)],
      coupon: kindOf(step).needs?.(step.fields).coupon,
    })),
    ...unread.map((step) => ({ id: step.id, targets: targetsOfUnread(step), coupon: couponOfUnread(step) })),
  ];
  for (const { id, targets, coupon } of named) {
    for (const target of targets) {
      if (target.step === END || ids.has(target.step)) continue;
      problems.push(at({ id }, target.path, `there is no step ${target.step}${didYouMean(target.step, [...ids, END])}`));
    }
    if (coupon !== undefined && !coupons.has(coupon))
      problems.push(at({ id }, ['coupon'], `no step issues a coupon as ${coupon}${didYouMean(coupon, coupons.keys())}`));
  }
  for (const step of steps) {
    if (step.next !== undefined && !kindOf(step).continues) problems.push(at(step, ['next'], `does not go with ${step.do}`));
  }
  const loops = spinning(steps).map((step) => at(step, [], 'is in a loop in which no time passes; put a wait into it'));
  // Where a step leads nowhere yet, whoever comes after it seems out of reach.
  const known = unread.length === 0 && problems.length === 0;
  const unreached = known
    ? unreachable(steps).map((step) => at(step, [], 'nobody can come to this step; does a next, a case or a target lead to it?'))
    : [];
  return [...problems, ...unreached, ...loops];
};

const targetsOf = (step: StepDefinition): StepTarget[] => kindOf(step).targets?.(step.fields) ?? [];

const followers = (steps: StepDefinition[], index: number): string[] => {
  const step = steps[index] as StepDefinition;
  const next = nextOf(steps, index);
  const ids = new Set(steps.map((each) => each.id));
  return [...(next === null ? [] : [next]), ...targetsOf(step).map((target) => target.step)].filter((id) => ids.has(id));
};

const unreachable = (steps: StepDefinition[]): StepDefinition[] => {
  const seen = new Set<number>();
  const visit = (index: number): void => {
    if (steps[index] === undefined || seen.has(index)) return;
    seen.add(index);
    for (const id of followers(steps, index)) visit(steps.findIndex((step) => step.id === id));
  };
  visit(0);
  return steps.filter((_step, index) => !seen.has(index));
};

/** The steps from which one can come back to themselves without passing a step that takes time. */
const spinning = (steps: StepDefinition[]): StepDefinition[] => {
  const instant = (id: string): boolean => {
    const step = steps.find((each) => each.id === id) as StepDefinition;
    // A step that may be skipped may take no time.
    return step.when !== undefined || !kindOf(step).takesTime(step.fields);
  };
  return steps.filter((start, index) => {
    if (!instant(start.id)) return false;
    const seen = new Set<string>();
    const open = followers(steps, index).filter(instant);
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (id === start.id) return true;
      if (seen.has(id)) continue;
      seen.add(id);
      open.push(
        ...followers(
          steps,
          steps.findIndex((step) => step.id === id),
        ).filter(instant),
      );
    }
    return false;
  });
};
