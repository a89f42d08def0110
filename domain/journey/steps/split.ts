import { z } from 'zod';
import { BUCKETS, bucketsOf } from '../bucket.ts';
import { identifier, percent, salt } from '../fields.ts';
import { stepKind } from '../step-kind.ts';

const variant = z
  .strictObject({
    id: identifier,
    percent,
    next: identifier.optional(),
    /** Its customers get nothing, and are what the others are compared with. */
    holdout: z.boolean().optional(),
  })
  .superRefine(({ next, holdout }, context) => {
    if (next === undefined && holdout !== true) {
      context.addIssue({ code: 'custom', path: ['next'], message: 'is missing; only a holdout may do without' });
    }
  });

const fields = z
  .strictObject({
    /** Without it, the journey's key and the step's id. */
    salt: salt.optional(),
    variants: z.array(variant).min(2).max(20),
  })
  .superRefine(({ variants }, context) => {
    const sum = variants.reduce((buckets, each) => buckets + bucketsOf(each.percent), 0);
    if (sum !== BUCKETS) {
      context.addIssue({ code: 'custom', path: ['variants'], message: `the percents add up to ${sum / 100}, not to 100` });
    }
    for (const [index, { id }] of variants.entries()) {
      if (variants.findIndex((each) => each.id === id) < index) {
        context.addIssue({ code: 'custom', path: ['variants', index, 'id'], message: `there is another variant ${id}` });
      }
    }
  });

export type Split = z.output<typeof fields>;
export type Variant = Split['variants'][number];

/** The variant of a bucket: variants share out the buckets in their order. */
export const variantOf = ({ variants }: Split, bucket: number): Variant => {
  let end = 0;
  for (const each of variants) {
    end += bucketsOf(each.percent);
    if (bucket < end) return each;
  }
  throw new RangeError(`no variant has the bucket ${bucket}`);
};

export const split = stepKind<Split>({
  kind: 'split',
  activity: 'split',
  fields,
  describe: (step) => `split ${step.variants.map((each) => `${each.percent} % ${each.id}`).join(', ')}`,
  continues: false,
  takesTime: () => false,
  targets: (step) =>
    step.variants.flatMap(({ next }, index) => (next === undefined ? [] : [{ path: ['variants', index, 'next'], step: next }])),
  holdsOut: (step) => step.variants.some((each) => each.holdout === true && each.next === undefined),
});
