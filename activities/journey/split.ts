import { markHeldOut } from '../../db/journey/enrolments.ts';
import { bucketOf } from '../../domain/journey/bucket.ts';
import { END } from '../../domain/journey/definition.ts';
import { HOLDOUT_STEP } from '../../domain/journey/steps/holdout.ts';
import { variantOf, type Split } from '../../domain/journey/steps/split.ts';
import type { Outcome, StepFunction } from './step.ts';

/** Sends each member the way of the variant that their bucket falls into: the same for the same salt, whenever they come. */
export const split: StepFunction = async ({ tx, project, journey, step, members }) => {
  const fields = step.fields as unknown as Split;
  const salt = fields.salt ?? `${journey.key}.${step.id}`;
  const drawn = members.map(({ enrolment }) => {
    const bucket = bucketOf(salt, enrolment.customerId);
    return { enrolment, bucket, variant: variantOf(fields, bucket) };
  });
  const heldOut = drawn.filter(({ variant }) => variant.holdout === true).map(({ enrolment }) => enrolment.id);
  await markHeldOut(tx, project.id, heldOut);
  return drawn.map(({ bucket, variant }): Outcome => {
    const holdout = variant.holdout === true;
    const next = variant.next ?? HOLDOUT_STEP;
    return { to: 'go', outcome: variant.id, next: next === END ? null : next, detail: { variant: variant.id, bucket, holdout } };
  });
};
