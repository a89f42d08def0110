import type { Discount } from './discount.ts';
import type { Limits } from './limits.ts';
import type { CampaignState, VoucherState } from './voucher-validity.ts';

/** What a request asks to apply, as plain JSON. */
export interface AskedRedeemable {
  object: 'voucher' | 'promotion_tier' | 'promotion_stack';
  /** A voucher's code, else an id. */
  id: string;
  /** How much of a gift card to spend, in minor units; as much as there is to pay where it is left out. */
  credits?: number;
}

/** A promotion tier as a decision sees it: it applies to whoever fulfils its rules, without a code. */
export interface PromotionTierState {
  object: 'promotion_tier';
  id: string;
  name: string;
  revision: number;
  category: string | null;
  active: boolean;
  campaign: CampaignState;
  discount: Discount;
  /** null: none. */
  limits: Limits | null;
}

/** Whatever can be applied to an order. */
export type RedeemableState = VoucherState | PromotionTierState;
