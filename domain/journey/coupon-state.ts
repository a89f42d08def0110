/** What of a voucher says whether a journey still has to do with it. */
export interface CouponFacts {
  quantity: number | null;
  redeemedQuantity: number;
  withdrawnAt: Date | null;
  active: boolean;
  expirationDate: Date | null;
  campaignExpirationDate: Date | null;
}

export type CouponState = 'open' | 'redeemed' | 'withdrawn' | 'disabled' | 'ended';

/** Where a coupon stands; undefined is one that is not there any more. */
export const couponState = (coupon: CouponFacts | undefined, now: string): CouponState => {
  if (coupon === undefined || coupon.withdrawnAt !== null) return 'withdrawn';
  if (coupon.redeemedQuantity > 0 && (coupon.quantity === null || coupon.redeemedQuantity >= coupon.quantity)) return 'redeemed';
  if (!coupon.active) return 'disabled';
  const end = couponEnds(coupon);
  return end !== null && end.getTime() <= Date.parse(now) ? 'ended' : 'open';
};

/** When it ends: its own date, else its campaign's. */
export const couponEnds = (coupon: CouponFacts): Date | null => coupon.expirationDate ?? coupon.campaignExpirationDate;
