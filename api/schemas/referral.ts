import { z } from 'zod';
import { name } from './fields.ts';
import { listOf, paging, startingAfter } from './list.ts';

export const listReferralsQuery = z.strictObject({
  limit: paging.limit,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last referral of the page before' }),
  referrer: z.string().max(255).optional().meta({ description: 'Who brought them: id or source id' }),
  referee: z.string().max(255).optional().meta({ description: 'Who was brought: id or source id' }),
  campaign: z.string().max(255).optional().meta({ description: 'Id or name' }),
});

const givenReward = z
  .object({
    result: z.enum(['SUCCESS', 'FAILURE']),
    type: z.enum(['GIFT_VOUCHER', 'LOYALTY_CARD']),
    amount: z.int(),
    campaign_id: z.string(),
    campaign: z.string(),
    voucher_id: z.string().optional().meta({ description: 'The card that it came to' }),
    code: z.string().optional(),
    reason: z.string().optional().meta({ description: 'Why it came to none' }),
    attempts: z.int().optional().meta({ description: 'How often it was tried' }),
    next_attempt_at: z.string().nullish().meta({ description: 'When it is tried again; null: it is given up, until you ask for it' }),
  })
  .meta({ id: 'GivenRefereeReward' });

export const referralParams = z.object({ id: name });

export const referralSchema = z
  .object({
    id: z.string(),
    campaign_id: z.string(),
    campaign: z.string().nullable(),
    voucher_id: z.string(),
    code: z.string(),
    referrer_id: z.string(),
    referee_id: z.string(),
    referee_reward: givenReward.nullable().meta({ description: 'What came of it; null: nothing yet, or the program gives nothing' }),
    created_at: z.string(),
    object: z.literal('referral'),
  })
  .meta({ id: 'Referral' });

export const referralListSchema = listOf('referrals', referralSchema).meta({ id: 'ReferralList' });
