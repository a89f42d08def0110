import type { CodeConfig } from './code-pattern.ts';
import type { Discount } from './discount.ts';

/** What the vouchers of a campaign are, or what a voucher without a campaign is. */
export interface VoucherTemplate {
  type: 'DISCOUNT_VOUCHER';
  discount: Discount;
  /** How often each may be redeemed; null: without limit. */
  redemption: { quantity: number | null };
  code_config?: CodeConfig;
  /** ISO 8601, such as P14D: how long a voucher is valid from its publication on. */
  activity_duration_after_publishing?: string;
}
