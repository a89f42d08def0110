import { z } from 'zod';
import { name } from './fields.ts';

const MOST = 1000;

const step = { step: name.meta({ description: 'Where to; it is run as if they had come to it by themselves' }) };
const exit = {
  outcome: z.string().min(1).max(100).default('removed').meta({ description: 'What the enrolment says it ended with' }),
  withdraw: z.enum(['none', 'unredeemed', 'all']).default('none').meta({ description: 'Which of its coupons are taken back' }),
};
const hold = { reason: z.string().min(1).max(200).default('by hand') };

export const moveBody = z.strictObject(step);
export const exitBody = z.strictObject(exit);
export const holdBody = z.strictObject(hold);
export const releaseBody = z.strictObject({});

const filter = z
  .strictObject({
    journey: name.optional().meta({ description: 'Id or key' }),
    customer: name.optional().meta({ description: 'Id or source id' }),
    ids: z.array(name).min(1).max(MOST).optional(),
    state: z.enum(['active', 'held']).optional(),
    step: name.optional().meta({ description: 'Who stands there' }),
    version: z.int().min(1).optional(),
    cause: z.string().min(1).max(200).optional().meta({ description: 'Who is held for a reason that contains this' }),
  })
  .refine((given) => given.journey !== undefined || given.customer !== undefined || given.ids !== undefined, {
    error: 'names a journey, a customer or ids at least',
  })
  .meta({ id: 'EnrolmentFilter' });

const batch = {
  filter,
  limit: z.int().min(1).max(MOST).default(MOST).meta({ description: 'How many at most in this call; the answer says how many remain' }),
};

export const moveManyBody = z.strictObject({ ...batch, ...step }).superRefine((body, context) => {
  // Otherwise a call that is made again would move those again whom the last one moved.
  if (body.filter.step === undefined && body.filter.ids === undefined)
    context.addIssue({ code: 'custom', path: ['filter', 'step'], message: 'is needed to move by a filter: say from where' });
  if (body.filter.step === body.step) context.addIssue({ code: 'custom', path: ['step'], message: 'is where they stand' });
});
export const exitManyBody = z.strictObject({ ...batch, ...exit });
export const holdManyBody = z.strictObject({ ...batch, ...hold });
export const releaseManyBody = z.strictObject(batch);

export const operationSchema = z
  .object({
    object: z.literal('enrolment_operation'),
    operation: z.string(),
    changed: z.int().meta({ description: 'How many were changed' }),
    remaining: z.int().meta({ description: 'How many are left of those whom the filter means: call again until it is 0' }),
    enrolments: z.array(z.string()).meta({ description: 'The ids of those who were changed' }),
  })
  .meta({ id: 'EnrolmentOperation' });
