import { z } from 'zod';
import { metadata, text } from './fields.ts';
import { flag, paging } from './list.ts';
import { orderInput } from './order.ts';
import { rewardAsked } from './redeemable.ts';

export const redeemRewardBody = z
  .strictObject({
    reward: rewardAsked,
    order: orderInput.nullish().meta({ description: 'What points pay for, where the reward is to pay with points' }),
    metadata: metadata.nullish(),
    tracking_id: text().nullish(),
  })
  .meta({ id: 'RewardRedemption' });

export type RedeemRewardBody = z.output<typeof redeemRewardBody>;

export const listMemberRewardsQuery = z.strictObject({
  ...paging,
  affordable_only: flag.optional().meta({ description: 'Only those that the card has points enough for' }),
});
