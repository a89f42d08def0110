import { applyDiscount, type DiscountStep } from './cart.ts';
import type { AfterDiscount, Candidate } from './checks.ts';
import { applicableTo } from './scope.ts';
import { baseOf } from './stacking.ts';
import { heldCredits, spendingOf } from './counted.ts';
import type { Discount } from '../discount/discount.ts';
import { worksOut } from '../discount/dynamic-discount.ts';
import { giftDiscount } from '../voucher/gift.ts';

/** What a redeemable takes of the cart as it stands at its turn. */
const discountOf = (candidate: Candidate): Discount => {
  const { redeemable, asked, checkout } = candidate;
  const { counts } = checkout;
  if (redeemable.object !== 'voucher') return redeemable.discount;
  if (redeemable.card) return { type: 'AMOUNT', amount_off: spendingOf(candidate)?.amount ?? 0, effect: 'APPLY_TO_ORDER' };
  if (!redeemable.gift) return redeemable.discount;
  const left = redeemable.gift.balance - heldCredits(counts, redeemable);
  return giftDiscount(redeemable.gift, Math.min(asked.credits ?? left, left));
};

/** The cart after it, worked out once; null where nothing says what the order costs. */
export const afterDiscount = (candidate: Candidate): AfterDiscount | null => {
  if (candidate.after === undefined) {
    const { cart, redeemable, checkout } = candidate;
    candidate.after = null;
    if (cart) {
      const { discount, ...where } = worksOut(candidate, cart, discountOf(candidate), applicableTo(candidate));
      const scope = { ...where, base: baseOf(checkout.rules, redeemable), units: checkout.units };
      candidate.after = { ...applyDiscount(cart, discount, scope), discount };
    }
  }
  return candidate.after;
};

export const stepOf = (candidate: Candidate): DiscountStep | null => afterDiscount(candidate)?.step ?? null;
