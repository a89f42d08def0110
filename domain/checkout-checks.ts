import { hasItems, type Cart } from './checkout-cart.ts';
import type { Applied, Checkout } from './checkout.ts';
import { needsItems } from './discount.ts';
import type { AskedRedeemable, PromotionTierState, RedeemableState } from './redeemable.ts';
import { refuse, type Refusal } from './voucher-refusal.ts';
import { refusalOf, refusalOfCampaign, type Redeemer } from './voucher-validity.ts';

/** A redeemable at its turn. */
export interface Candidate {
  asked: AskedRedeemable;
  redeemable: RedeemableState;
  by: Redeemer;
  /** The cart as those before it left it; null where nothing says what the order costs. */
  cart: Cart | null;
  /** What this request applied before it, in order. */
  applied: readonly Applied[];
  checkout: Checkout;
}

/** @returns why the redeemable does not apply; null where nothing speaks against it */
type Check = (candidate: Candidate) => Refusal | null;

const refusalOfTier = ({ name, active, campaign }: PromotionTierState, { at }: Redeemer): Refusal | null =>
  active
    ? refusalOfCampaign(campaign, 'promotion_inactive', at)
    : refuse('promotion_inactive', 'active', false, `Promotion tier ${name} is disabled`);

const refusalOfRedeemable: Check = ({ redeemable, by }) =>
  redeemable.object === 'voucher' ? refusalOf(redeemable, by) : refusalOfTier(redeemable, by);

const refusalOfOrder: Check = ({ redeemable: { discount }, cart, checkout: { order } }) => {
  if (order?.items !== undefined && order.items.length > 0 && cart === null)
    return refuse('missing_amount', 'order.amount', null, 'Give order.amount, or the price or amount of each item');
  if (cart && needsItems(discount) && !hasItems(cart))
    return refuse('missing_order_items', 'order.items', null, 'This discount is taken of items: give order.items with their prices');
  return null;
};

/** Asked in this order; the first that refuses decides. */
const CHECKS: readonly Check[] = [refusalOfRedeemable, refusalOfOrder];

export const refusalOfCandidate = (candidate: Candidate): Refusal | null => {
  for (const check of CHECKS) {
    const refusal = check(candidate);
    if (refusal) return refusal;
  }
  return null;
};
