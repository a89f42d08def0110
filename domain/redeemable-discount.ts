import { applyDiscount, type Cart, type DiscountStep } from './checkout-cart.ts';
import type { Candidate } from './checkout-checks.ts';
import type { Discount } from './discount.ts';

/** What a redeemable takes of the cart as it stands at its turn. */
export const discountOf = ({ redeemable }: Candidate): Discount => redeemable.discount;

/** The cart after it; null where nothing says what the order costs. */
export const afterDiscount = (candidate: Candidate): { cart: Cart; step: DiscountStep } | null =>
  candidate.cart && applyDiscount(candidate.cart, discountOf(candidate));

export const stepOf = (candidate: Candidate): DiscountStep | null => afterDiscount(candidate)?.step ?? null;
