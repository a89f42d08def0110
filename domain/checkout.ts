import { openCart, type Cart, type DiscountStep, type OrderItem } from './checkout-cart.ts';
import { refusalOfCandidate, type Candidate } from './checkout-checks.ts';
import type { StackingRules } from './checkout-stacking.ts';
import { countersNeeded, shareOf, type Counts } from './counted.ts';
import { takenOf, type CounterChange } from './counters.ts';
import { afterDiscount } from './redeemable-discount.ts';
import type { AskedRedeemable, RedeemableState } from './redeemable.ts';
import { refuse, type Refusal } from './voucher-refusal.ts';
import type { Redeemer } from './voucher-validity.ts';

/** A checkout that asks whether redeemables apply. */
export interface Checkout {
  asked: readonly AskedRedeemable[];
  /** What is asked stands for, in the order asked; undefined where there is none. */
  redeemables: readonly (RedeemableState | undefined)[];
  /** Minor units; null where no order was sent, so that nothing is calculated. */
  order: { amount?: number; items?: readonly OrderItem[] } | null;
  /** Who redeems it: its clock is the named customer's, else the holder's. */
  redeemerOf: (redeemable: RedeemableState) => Redeemer;
  rules: StackingRules;
  counts: Counts;
}

export interface Applied {
  status: 'APPLICABLE';
  redeemable: RedeemableState;
  /** null where no amount was sent. */
  step: DiscountStep | null;
  /** The cart after it. */
  cart: Cart | null;
  /** What it adds to the counters that decide about it. */
  taken: CounterChange[];
}

export type Outcome =
  | Applied
  | { status: 'INAPPLICABLE'; redeemable: RedeemableState | null; refusal: Refusal }
  | { status: 'SKIPPED'; redeemable: RedeemableState | null; key: SkipKey };

export type SkipKey = 'preceding_validation_failed' | 'applicable_redeemables_limit_exceeded';

export const SKIP_MESSAGES: Record<SkipKey, string> = {
  preceding_validation_failed: 'Redeemable cannot be applied due to preceding validation failure',
  applicable_redeemables_limit_exceeded: 'Applicable redeemables limit exceeded',
};

export interface Decision {
  valid: boolean;
  /** One for each redeemable, in the order asked. */
  outcomes: Outcome[];
  /** The cart after all that applies; null where no amount was sent. */
  cart: Cart | null;
}

/**
 * Decides a checkout: each redeemable in turn on what those before it left. One that does not apply makes the whole invalid, and what
 * follows it is skipped.
 */
export const decide = (checkout: Checkout): Decision => {
  const { asked, redeemables, order, redeemerOf, rules } = checkout;
  const outcomes: Outcome[] = [];
  const applied: Applied[] = [];
  let cart = order && openCart(order);
  let valid = true;
  for (const [index, each] of asked.entries()) {
    const redeemable = redeemables[index];
    const skipped = skipKeyOf(valid, applied.length, rules);
    if (skipped) outcomes.push({ status: 'SKIPPED', redeemable: redeemable ?? null, key: skipped });
    else if (!redeemable) {
      outcomes.push({ status: 'INAPPLICABLE', redeemable: null, refusal: notFound(each) });
      valid = false;
    } else {
      const candidate = { asked: each, redeemable, by: redeemerOf(redeemable), cart, applied, checkout };
      const refusal = refusalOfCandidate(candidate);
      if (refusal) {
        outcomes.push({ status: 'INAPPLICABLE', redeemable, refusal });
        valid = false;
      } else {
        const outcome = apply(candidate);
        outcomes.push(outcome);
        applied.push(outcome);
        cart = outcome.cart;
      }
    }
  }
  return { valid, outcomes, cart };
};

const skipKeyOf = (valid: boolean, applied: number, rules: StackingRules): SkipKey | null => {
  if (!valid) return 'preceding_validation_failed';
  return applied >= rules.applicable_redeemables_limit ? 'applicable_redeemables_limit_exceeded' : null;
};

const apply = (candidate: Candidate): Applied => {
  const { redeemable, by } = candidate;
  const next = afterDiscount(candidate);
  const step = next && next.step;
  const taken = takenOf(countersNeeded(redeemable, by), shareOf(candidate, step));
  return { status: 'APPLICABLE', redeemable, step, cart: next && next.cart, taken };
};

const notFound = ({ object, id }: AskedRedeemable): Refusal =>
  refuse('not_found', object === 'voucher' ? 'code' : 'id', id, `Cannot find ${object} with id ${id}`);
