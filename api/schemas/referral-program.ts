import { z } from 'zod';
import { name } from './fields.ts';

const rewardType = z.enum(['GIFT_VOUCHER', 'LOYALTY_CARD']);

const refereeReward = z
  .strictObject({
    related_object_parent: z
      .strictObject({
        id: name.optional(),
        name: name.optional(),
        object: z.enum(['CAMPAIGN', 'campaign']).optional(),
      })
      .refine(({ id, name: called }) => id !== undefined || called !== undefined, { path: ['id'], error: 'must be given, or name' })
      .meta({ description: 'The campaign of gift or loyalty cards, by its id or its name' }),
    amount: z.int().min(1).max(Number.MAX_SAFE_INTEGER).meta({ description: 'Credits in minor units, or points' }),
    type: rewardType,
  })
  .meta({ id: 'RefereeRewardInput' });

export type RefereeRewardInput = z.output<typeof refereeReward>;

export const referralProgramBody = z
  .strictObject({
    conversion_event_type: z.enum(['redemption', 'custom_event']).default('redemption'),
    conversion_event: z.string().max(100).optional().meta({ description: 'An older name of conversion_event_type or of the event' }),
    custom_event: z.strictObject({ id: z.string().max(255).optional(), name: z.string().min(1).max(100) }).optional(),
    referee_reward: refereeReward.optional().meta({ description: 'What who is brought gets, once for each referral' }),
  })
  .refine((program) => program.conversion_event_type === 'redemption' || program.custom_event !== undefined, {
    path: ['custom_event'],
    error: 'must be given with the conversion_event_type custom_event',
  })
  .transform(({ conversion_event: _older, ...program }) => program);

export const referralProgramSchema = z
  .object({
    conversion_event_type: z.string(),
    custom_event: z.object({ id: z.string().optional(), name: z.string() }).optional(),
    referee_reward: z
      .object({
        related_object_parent: z.object({ id: z.string(), name: z.string(), object: z.literal('CAMPAIGN') }),
        amount: z.int(),
        type: rewardType,
      })
      .meta({ id: 'RefereeReward' })
      .optional(),
  })
  .meta({ id: 'ReferralProgram' });
