import type { GivenReward } from '../../db/loyalty/card-rewards.ts';
import type { CheckoutCustomer } from '../../db/checkout/checkout.ts';
import type { Voucher } from '../../db/voucher/vouchers.ts';
import type { Applied } from '../../domain/checkout/checkout.ts';
import { rewardView } from '../../db/loyalty/rewards.ts';
import type { KnownReward } from '../checkout/card-rewards.ts';
import type { OrderRequest } from '../checkout/request.ts';
import { changePoints, type PointsChange } from '../loyalty/points.ts';
import type { SetRewards } from './set-rewards.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

/** What a redemption of a loyalty card writes beside what every redemption does. */
export interface RewardEffect {
  given: GivenReward;
  /** null: it cost nothing. */
  change: PointsChange | null;
  reward: KnownReward;
  /** Who gets what the reward gives; null: nobody is known. */
  customerId: string | null;
  /** The code that is given; null where the reward is none, or adds to a card that is there. */
  voucher: Voucher | null;
  /** The customer's time. */
  at: Date;
  apiKeyId: string | null;
}

/** What is told of a reward, with what it came to (reward-gifts.ts). */
const givenView = ({ row, tierId }: KnownReward): Record<string, unknown> => ({
  ...rewardView(row),
  assignment_id: row.assignmentId,
  loyalty_tier_id: tierId,
});

interface Redeemed {
  redemptionId: string;
  order: OrderRequest | null;
  customer: CheckoutCustomer | undefined;
  /** Real time. */
  now: Date;
  /** The customer's time. */
  at: Date;
  apiKeyId: string | null;
}

/** Takes the points of a reward off its card, in memory, and one of what there is to give. */
export const redeemReward = (
  { redeemable, share }: Applied,
  reward: KnownReward,
  { cards, codes }: SetRewards,
  { redemptionId, order, customer, now, at, apiKeyId }: Redeemed,
): RewardEffect => {
  const voucher = redeemable as KnownVoucher;
  const locked = cards.get(voucher.id)!;
  const { row, tierId, supplies } = reward;
  const points = share.loyalty_points;
  const view = givenView(reward);
  const isCode = row.parameters.campaign !== undefined && !row.hasCard;
  for (const supply of supplies) if (supply.left !== null) supply.left--;
  const details = {
    reward: { id: row.id, name: row.name },
    ...(tierId !== null && { loyalty_tier: { id: tierId } }),
    ...(order && { order: { id: order.id, source_id: order.source_id ?? null } }),
  };
  const cause = { type: 'POINTS_REDEMPTION' as const, points, redemptionId, orderId: order?.id ?? null, details };
  const change = points > 0 ? changePoints(locked, cause, now) : null;
  voucher.card = locked.card;
  return {
    given: { redemptionId, rewardId: row.id, assignmentId: row.assignmentId, tierId, points, reward: view },
    change,
    reward,
    customerId: voucher.holderId ?? customer?.id ?? null,
    voucher: isCode ? codes!.take(row) : null,
    at,
    apiKeyId,
  };
};
