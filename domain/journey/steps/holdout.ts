import { z } from 'zod';
import { later } from '../../calendar.ts';
import { stepKind } from '../step-kind.ts';

/** Where held-out customers stand. No id that somebody may write. */
export const HOLDOUT_STEP = '$holdout';

const fields = z.strictObject({ for: z.string() });

export type Holdout = z.output<typeof fields>;

/** Held-out customers get nothing; they wait for as long as the others are watched for the goal. Not a kind that anybody writes. */
export const holdout = stepKind<Holdout>({
  kind: 'holdout',
  activity: 'endHoldout',
  fields,
  describe: () => 'held out, to compare with',
  continues: false,
  takesTime: () => true,
  due: (step, { enteredAt, zone }) => later(enteredAt, step.for, zone),
});
