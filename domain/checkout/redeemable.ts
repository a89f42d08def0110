import type { CategoryState } from './stacking.ts';
import type { Discount } from '../discount/discount.ts';
import type { Limits } from './limits.ts';
import type { AskedReward } from '../loyalty/card-reward.ts';
import type { AssignedRule } from '../validation-rules/rule.ts';
import type { ValidityWindow } from '../voucher/validity-window.ts';
import type { CampaignState, VoucherState } from '../voucher/validity.ts';

/** What a request asks to apply, as plain JSON. */
export interface AskedRedeemable {
  object: 'voucher' | 'promotion_tier' | 'promotion_stack';
  /** A voucher's code, else an id. */
  id: string;
  /** How much of a gift card to spend, in minor units; as much as there is to pay where it is left out. */
  credits?: number;
  /** What is asked for the points of a loyalty card. */
  reward?: AskedReward;
}

/** A promotion tier as a decision sees it: it applies to whoever fulfils its rules, without a code. */
export interface PromotionTierState {
  object: 'promotion_tier';
  id: string;
  name: string;
  banner: string | null;
  /** The lower is offered first. */
  hierarchy: number;
  metadata: Record<string, unknown>;
  revision: number;
  category: string | null;
  categories: readonly CategoryState[];
  active: boolean;
  /** Epoch milliseconds; null: as its campaign. */
  startsAt: number | null;
  endsAt: number | null;
  /** When it is valid beside its start and end; null: always. */
  window: ValidityWindow | null;
  campaign: CampaignState;
  discount: Discount;
  /** null: none. */
  limits: Limits | null;
  /** Its own and its campaign's. */
  rules: readonly AssignedRule[];
}

/** Whatever can be applied to an order. */
export type RedeemableState = VoucherState | PromotionTierState;
