import type { CodeConfig } from './code-pattern.ts';
import type { Discount } from '../discount/discount.ts';
import { giftDiscount, type GiftTemplate } from './gift.ts';
import type { LoyaltyCardTemplate } from '../loyalty/card.ts';
import type { TierRules } from '../loyalty/tier.ts';
import type { CampaignLimits, Limits } from '../checkout/limits.ts';
import type { ValidityWindow } from './validity-window.ts';

/** What becomes of a code when goods that were bought with it come back: all of them, or any. */
export const ON_REFUND = ['keep', 'full_return', 'any_return'] as const;
export type OnRefund = (typeof ON_REFUND)[number];

/** What who is brought by a referral code gets: on the card of a campaign that they have, or on one that they are given. */
export interface RefereeReward {
  related_object_parent: { id: string; name: string; object: 'CAMPAIGN' };
  /** Minor units of a gift card, or points of a loyalty card. */
  amount: number;
  type: 'GIFT_VOUCHER' | 'LOYALTY_CARD';
}

/** When somebody counts as brought by a referral code: once they redeem it, or once an event of this name tells of them with the code. */
export interface ReferralProgram {
  conversion_event_type: 'redemption' | 'custom_event';
  custom_event?: { id?: string; name: string };
  referee_reward?: RefereeReward;
}

/** What the vouchers of a campaign are, or what a voucher without a campaign is. */
export interface VoucherTemplate extends ValidityWindow {
  type: 'DISCOUNT_VOUCHER' | 'GIFT_VOUCHER' | 'LOYALTY_CARD';
  /** What a discount voucher gives. */
  discount?: Discount;
  /** What a gift card is worth. */
  gift?: GiftTemplate;
  /** What a loyalty card is made with. */
  loyalty_card?: LoyaltyCardTemplate;
  /** How often each may be redeemed; null: without limit. */
  redemption: { quantity: number | null };
  /** Of each voucher, beside its quantity. */
  limits?: Limits;
  /** Over all vouchers of the campaign. */
  campaign_limits?: CampaignLimits;
  code_config?: CodeConfig;
  on_refund?: OnRefund;
  /** How members of a loyalty program come to its tiers; by the points that they have where it is left out. */
  loyalty_tiers_expiration?: TierRules;
  referral_program?: ReferralProgram;
  /** Of a loyalty program: whether customers who fulfil an earning rule get a card, where they have none. */
  auto_join?: boolean;
  /** ISO 8601, such as P14D: how long a voucher is valid from its publication on. */
  activity_duration_after_publishing?: string;
}

/** Where a template says when it is valid, beside start and end. */
export const WINDOW_FIELDS = [
  'validity_timeframe',
  'validity_day_of_week',
  'validity_hours',
  'timezone',
] as const satisfies (keyof ValidityWindow)[];

/** When vouchers of this template are valid beside start and end; null: always. */
export const windowOfTemplate = (template: VoucherTemplate): ValidityWindow | null =>
  template.validity_timeframe || template.validity_day_of_week || template.validity_hours ? template : null;

/** The same as the API shows it. */
export const windowView = (template: VoucherTemplate) => ({
  validity_timeframe: template.validity_timeframe ?? null,
  validity_day_of_week: template.validity_day_of_week ?? null,
  validity_hours: template.validity_hours ?? null,
  timezone: template.timezone ?? null,
});

/** The fields in which two windows differ. */
export const changedFields = (one: ValidityWindow, other: ValidityWindow): string[] =>
  WINDOW_FIELDS.filter((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field]));

/** The template with another window. */
export const withWindow = (template: VoucherTemplate, window: ValidityWindow): VoucherTemplate => {
  const { validity_timeframe: _t, validity_day_of_week: _d, validity_hours: _h, timezone: _z, ...rest } = template;
  return { ...rest, ...window };
};

/** What a voucher of this template takes off an order: its discount, or all that a gift card is worth. */
export const worthOf = ({ discount, gift }: Pick<VoucherTemplate, 'discount' | 'gift'>): Discount =>
  discount ?? giftDiscount({ effect: gift?.effect ?? 'APPLY_TO_ORDER' }, gift?.amount ?? 0);
