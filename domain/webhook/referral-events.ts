import { z } from 'zod';
import type { WebhookEventType } from './event-type.ts';

const review = (
  type: string,
  description: string,
  more: Record<string, z.ZodType>,
  example: Record<string, unknown>,
): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({ review_id: z.string(), enrolment_id: z.string(), step: z.string(), ...more }),
  example: { review_id: 'ref_0192f3a8', enrolment_id: 'enr_0192f3a8', step: 'guard', ...example },
});

const referral = (type: string, description: string, more: z.ZodRawShape = {}, example: object = {}): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({
    referral_id: z.string(),
    code: z.string(),
    voucher_id: z.string(),
    campaign_id: z.string(),
    campaign: z.string(),
    referrer_id: z.string(),
    referee_id: z.string(),
    referee_source_id: z.string(),
    ...more,
  }),
  example: {
    referral_id: 'rfl_0192f3a8',
    code: 'ADA-7K2M',
    voucher_id: 'v_0192f3a8',
    campaign_id: 'camp_0192f3a8',
    campaign: 'bring a friend',
    referrer_id: 'cust_0192f3a8',
    referee_id: 'cust_0192f3a9',
    referee_source_id: 'crm-43',
    ...example,
  },
});

const refereeReward = (type: string, description: string, outcome: Record<string, unknown>): WebhookEventType =>
  referral(
    type,
    description,
    {
      referee_reward: z.looseObject({
        result: z.enum(['SUCCESS', 'FAILURE']),
        type: z.enum(['GIFT_VOUCHER', 'LOYALTY_CARD']),
        amount: z.int(),
        campaign_id: z.string(),
        campaign: z.string(),
        voucher_id: z.string().optional(),
        code: z.string().optional(),
        reason: z.string().optional(),
        attempts: z.int().optional(),
        next_attempt_at: z.string().nullish(),
      }),
    },
    { referee_reward: { type: 'GIFT_VOUCHER', amount: 500, campaign_id: 'camp_0192f3a9', campaign: 'welcome cards', ...outcome } },
  );

/** Who brings whom, what that gives, and what somebody decides on. */
export const referralEventTypes: WebhookEventType[] = [
  referral('customer.referred', 'A customer brought another by a referral code; told to who brought them'),
  referral('referral.joined', 'A customer came by a referral code; told to who was brought'),
  refereeReward('referral.reward.succeeded', 'Who was brought got what the referral program gives them', {
    result: 'SUCCESS',
    voucher_id: 'v_0192f3a8',
    code: 'GIFT-7K2M',
  }),
  refereeReward(
    'referral.reward.failed',
    'Who was brought could not be given what the referral program promises: told at first, and once it is given up',
    {
      result: 'FAILURE',
      reason: 'The campaign welcome cards is disabled',
      attempts: 1,
      next_attempt_at: '2026-03-01T10:01:00.000Z',
    },
  ),
  review(
    'review.requested',
    'A referral waits for somebody to decide',
    { referrer_id: z.string().nullable(), signals: z.array(z.string()) },
    { referrer_id: 'cust_0192f3a8', signals: ['same_device'] },
  ),
  review(
    'review.decided',
    'Somebody decided on a referral',
    { decision: z.enum(['approved', 'rejected']), note: z.string().nullable() },
    { decision: 'approved', note: 'sisters' },
  ),
];
