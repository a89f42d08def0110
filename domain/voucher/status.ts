export const VOUCHER_STATUSES = ['ACTIVE', 'USED', 'DISABLED', 'NOT_ACTIVE_YET', 'EXPIRED', 'NO_BALANCE'] as const;
export type VoucherStatus = (typeof VOUCHER_STATUSES)[number];

/** What a customer's wallet knows of a voucher. Times are epoch milliseconds. */
export interface WalletVoucher {
  active: boolean;
  withdrawn: boolean;
  startsAt: number | null;
  endsAt: number | null;
  /** null: unlimited */
  quantity: number | null;
  redeemed: number;
  /** What is left of a gift card's or loyalty card's balance; null where it has none. */
  balance: number | null;
}

/** How a voucher stands in its holder's wallet at a time: what holds longest counts first. */
export const walletStatus = (voucher: WalletVoucher, at: number): VoucherStatus => {
  if (!voucher.active || voucher.withdrawn) return 'DISABLED';
  if (voucher.endsAt !== null && at >= voucher.endsAt) return 'EXPIRED';
  if (voucher.quantity !== null && voucher.redeemed >= voucher.quantity) return 'USED';
  if (voucher.balance !== null && voucher.balance <= 0) return 'NO_BALANCE';
  if (voucher.startsAt !== null && at < voucher.startsAt) return 'NOT_ACTIVE_YET';
  return 'ACTIVE';
};
