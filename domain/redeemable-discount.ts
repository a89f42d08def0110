import type { Candidate } from './checkout-checks.ts';
import type { Discount } from './discount.ts';

/** What a redeemable takes of the cart as it stands at its turn. */
export const discountOf = ({ redeemable }: Candidate): Discount => redeemable.discount;
