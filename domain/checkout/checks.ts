import { hasItems, type Cart, type DiscountStep } from './cart.ts';
import { refusalOfAssignedRules } from './rules.ts';
import type { Applied, Checkout } from './checkout.ts';
import { counterOf, heldCredits, heldUses, refusalOfPoints, shareOf } from './counted.ts';
import { needsItems, type Discount } from '../discount/discount.ts';
import { refusalOfGift } from '../voucher/gift.ts';
import { hasBudget, isLimited, refusalOfBudget, refusalOfLimits } from './limits.ts';
import { stepOf } from './redeemable-discount.ts';
import type { AskedRedeemable, RedeemableState } from './redeemable.ts';
import { refusalOfTier } from '../loyalty/tier-validity.ts';
import type { ApplicableScope } from '../validation-rules/scope.ts';
import { refuse, type Refusal } from '../voucher/refusal.ts';
import { refusalOf, type Redeemer } from '../voucher/validity.ts';

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
  /** True where its validation rules are known to hold. */
  rulesHold?: boolean;
  /** What its discount is taken of, once it was worked out. */
  scope?: ApplicableScope | null;
  /** The cart after it, once it was worked out. */
  after?: AfterDiscount | null;
}

/** The cart after a discount, which is as it was worked out for this order. */
export interface AfterDiscount {
  cart: Cart;
  step: DiscountStep;
  discount: Discount;
}

/** @returns why the redeemable does not apply; null where nothing speaks against it */
type Check = (candidate: Candidate) => Refusal | null;

const refusalOfRedeemable: Check = ({ redeemable, by }) =>
  redeemable.object === 'voucher' ? refusalOf(redeemable, by) : refusalOfTier(redeemable, by);

/** A use that somebody's session holds is one that nobody else has. */
const refusalOfSessions: Check = ({ redeemable, checkout: { counts } }) => {
  if (redeemable.object !== 'voucher' || redeemable.quantity === null) return null;
  const { code, quantity, redeemed } = redeemable;
  const held = heldUses(counts, redeemable);
  return redeemed + held >= quantity && held > 0
    ? refuse(
        'quantity_exceeded',
        'redemption.quantity',
        quantity,
        `Voucher ${code} was redeemed ${redeemed} of ${quantity} times, and sessions hold ${held}`,
      )
    : null;
};

const refusalOfCounts: Check = (candidate) => {
  const { redeemable, by } = candidate;
  return isLimited(redeemable) ? refusalOfLimits(redeemable, by, counterOf(candidate)) : null;
};

/** Whether what it costs is within the budget. It has to be known what the order costs. */
const refusalOfCost: Check = (candidate) => {
  const { redeemable, by, cart } = candidate;
  if (!hasBudget(redeemable)) return null;
  if (cart === null && !(redeemable.object === 'voucher' && redeemable.gift))
    return refuse('missing_amount', 'campaign.limits.campaign_budget', null, 'The campaign has a budget: give order.amount');
  return refusalOfBudget(redeemable, by, shareOf(candidate, stepOf(candidate)), counterOf(candidate));
};

const refusalOfCredits: Check = ({ redeemable, asked, cart, checkout: { counts } }) => {
  if (redeemable.object !== 'voucher' || !redeemable.gift) return null;
  const { code, gift } = redeemable;
  return refusalOfGift(code, gift, asked.credits, { held: heldCredits(counts, redeemable), priced: cart !== null });
};

const refusalOfOrder: Check = ({ redeemable: { discount }, cart, checkout: { order } }) => {
  if (order?.items !== undefined && order.items.length > 0 && cart === null)
    return refuse('missing_amount', 'order.amount', null, 'Give order.amount, or the price or amount of each item');
  if (cart && needsItems(discount) && !hasItems(cart))
    return refuse('missing_order_items', 'order.items', null, 'This discount is taken of items: give order.items with their prices');
  return null;
};

/** Asked in this order; the first that refuses decides. */
const CHECKS: readonly Check[] = [
  refusalOfRedeemable,
  refusalOfSessions,
  refusalOfCounts,
  refusalOfAssignedRules,
  refusalOfOrder,
  refusalOfCredits,
  refusalOfPoints,
  refusalOfCost,
];

export const refusalOfCandidate = (candidate: Candidate): Refusal | null => {
  for (const check of CHECKS) {
    const refusal = check(candidate);
    if (refusal) return refusal;
  }
  return null;
};
