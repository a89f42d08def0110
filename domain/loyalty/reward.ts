/** A reward gives a code of another campaign, money off the order for points, or a product. */
export const REWARD_TYPES = ['CAMPAIGN', 'COIN', 'MATERIAL'] as const;
export type RewardType = (typeof REWARD_TYPES)[number];

/** Campaigns whose codes can be a reward. */
export const REWARD_CAMPAIGN_TYPES = ['DISCOUNT_COUPONS', 'GIFT_VOUCHERS', 'LOYALTY_PROGRAM'] as const;
export type RewardCampaignType = (typeof REWARD_CAMPAIGN_TYPES)[number];

/** What a reward is made of, as the API writes it. */
export interface RewardParameters {
  /** `balance`: credits (minor units) or points that are added to the member's card there. */
  campaign?: { id: string; type: RewardCampaignType; balance?: number };
  /** So many points (`points_ratio`) are worth so much money (`exchange_ratio`), in the currency's major unit. */
  coin?: { exchange_ratio: number; points_ratio: number };
  product?: { id: string; sku_id: string | null };
}
