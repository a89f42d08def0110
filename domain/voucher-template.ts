import type { CodeConfig } from './code-pattern.ts';
import type { Discount } from './discount.ts';
import type { CampaignLimits, Limits } from './limits.ts';

/** What becomes of a code when goods that were bought with it come back: all of them, or any. */
export const ON_REFUND = ['keep', 'full_return', 'any_return'] as const;
export type OnRefund = (typeof ON_REFUND)[number];

/** What the vouchers of a campaign are, or what a voucher without a campaign is. */
export interface VoucherTemplate {
  type: 'DISCOUNT_VOUCHER';
  discount: Discount;
  /** How often each may be redeemed; null: without limit. */
  redemption: { quantity: number | null };
  /** Of each voucher, beside its quantity. */
  limits?: Limits;
  /** Over all vouchers of the campaign. */
  campaign_limits?: CampaignLimits;
  code_config?: CodeConfig;
  on_refund?: OnRefund;
  /** ISO 8601, such as P14D: how long a voucher is valid from its publication on. */
  activity_duration_after_publishing?: string;
}
