import { z } from 'zod';
import { REFERRAL_SIGNALS } from '../../domain/referral/guard.ts';
import { name } from './fields.ts';
import { listOf, paging } from './list.ts';

export const reviewParams = z.object({ id: name });

export const listReviewsQuery = z.strictObject({
  ...paging,
  state: z.enum(['open', 'decided']).default('open'),
  journey: name.optional().meta({ description: 'Id or key' }),
});

export const decisionBody = z.strictObject({ note: z.string().max(1000).nullish() }).default({});

export const reviewSchema = z
  .object({
    object: z.literal('review'),
    id: z.string(),
    journey_id: z.string(),
    enrolment_id: z.string(),
    step: z.string(),
    referee_id: z.string().meta({ description: 'The customer who was referred' }),
    referrer_id: z.string().nullable(),
    signals: z.array(z.enum(REFERRAL_SIGNALS)).meta({ description: 'What speaks against it' }),
    decision: z.enum(['approved', 'rejected', 'expired']).nullable(),
    note: z.string().nullable(),
    created_at: z.string(),
    decided_at: z.string().nullable(),
  })
  .meta({ id: 'Review' });

export const reviewListSchema = listOf('reviews', reviewSchema).meta({ id: 'ReviewList' });
