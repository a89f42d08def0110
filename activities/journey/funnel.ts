import type { Reach, Standing, StepCount } from '../../db/journey/results.ts';
import type { JourneyDefinition } from '../../domain/journey/definition.ts';
import { findKind } from '../../domain/journey/kinds.ts';
import { HOLDOUT_STEP } from '../../domain/journey/steps/holdout.ts';

const outcomesOf = (counts: StepCount[]): Record<string, number> =>
  Object.fromEntries(counts.map(({ outcome, customers }) => [outcome, customers]));

/** A step with a time of its own, such as a reminder, is reached when it is done; any other when somebody comes to it. */
export const isReachedWhenDone = (kind: string): boolean => findKind(kind)?.due !== undefined;

/** Who came to each step, with what outcome, and by which variant of the splits before it. Steps of earlier versions come last. */
export const funnelOf = (definition: JourneyDefinition, steps: StepCount[], reached: Reach[], standings: Standing[]) => {
  const kinds = new Map(steps.map(({ step, kind }) => [step, kind]));
  const inOrder = definition.steps.map(({ id, do: kind }) => ({ id, kind }));
  const known = new Set([...inOrder.map(({ id }) => id), HOLDOUT_STEP]);
  const others = [...kinds].filter(([step]) => !known.has(step)).map(([id, kind]) => ({ id, kind }));
  return [...inOrder, ...others].map(({ id, kind }) => ({
    step: id,
    kind,
    reached: sizeOf(
      reached.find((each) => each.step === id && each.split === null),
      kind,
    ),
    standing: standings.filter((each) => each.step === id).reduce((total, each) => total + each.customers, 0),
    outcomes: outcomesOf(steps.filter((each) => each.step === id && each.split === null)),
    variants: reached
      .filter((each) => each.step === id && each.split !== null && each.split !== id)
      .map(({ split, variant, ...size }) => ({
        split,
        variant,
        reached: sizeOf(size, kind),
        outcomes: outcomesOf(steps.filter((each) => each.step === id && each.split === split && each.variant === variant)),
      })),
  }));
};

const sizeOf = (size: { came: number; done: number } | undefined, kind: string): number =>
  (isReachedWhenDone(kind) ? size?.done : size?.came) ?? 0;
