import type { UnreadStep } from './definition.ts';
import type { StepExpression, StepTarget } from './step-kind.ts';

/** Something in it is wrong, so whatever is asked of it may fail. */
const guarded = <T>(ask: () => T[] | undefined): T[] => {
  try {
    return ask() ?? [];
  } catch {
    return [];
  }
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** The expressions of a step that could not be read, as far as they can be told: so that they are checked as well. */
export const expressionsOfUnread = ({ kind, sound }: UnreadStep): StepExpression[] => [
  ...(isText(sound['when']) ? [{ path: ['when'], source: sound['when'], expected: 'bool' as const }] : []),
  ...guarded(() => kind?.expressions?.(sound)).filter(({ source }) => isText(source)),
];

/** The steps that it names. */
export const targetsOfUnread = ({ kind, sound }: UnreadStep): StepTarget[] => [
  ...(isText(sound['next']) ? [{ path: ['next'], step: sound['next'] }] : []),
  ...guarded(() => kind?.targets?.(sound)).filter(({ step }) => isText(step)),
];

/** The coupon that it needs. */
export const couponOfUnread = ({ kind, sound }: UnreadStep): string | undefined => {
  const [coupon] = guarded(() => [kind?.needs?.(sound).coupon]);
  return isText(coupon) ? coupon : undefined;
};
