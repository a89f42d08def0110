import { bestDeal } from './best-deal.ts';
import { openCart, type Cart, type DiscountStep, type OrderItem } from './cart.ts';
import { inOrder, isExclusive, type SkipKey, type StackingRules } from './stacking.ts';
import type { Counts } from './counted.ts';
import type { Discount } from '../discount/discount.ts';
import type { CounterChange, Share } from './counters.ts';
import type { KnownUnits } from '../discount/free-units.ts';
import type { CardReward } from '../loyalty/card-reward.ts';
import type { AskedRedeemable, RedeemableState } from './redeemable.ts';
import { outcomeOn, push, type Entry, type Stack } from './stack.ts';
import type { RequestFacts } from '../validation-rules/facts.ts';
import type { ApplicableScope } from '../validation-rules/scope.ts';
import type { Refusal } from '../voucher/refusal.ts';
import type { Redeemer, VoucherState } from '../voucher/validity.ts';

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
  /** What validation rules are held against. */
  facts: RequestFacts;
  /** The reward that is asked for a loyalty card's points; undefined where its program has none such. Left out: nobody asks for any. */
  rewardOf?: (card: VoucherState, asked: AskedRedeemable) => CardReward | undefined;
  /** ISO 4217: what formulas reckon amounts in. */
  currency?: string;
  /** What is known of units that discounts make free. */
  units?: KnownUnits;
}

export interface Applied {
  status: 'APPLICABLE';
  asked: AskedRedeemable;
  redeemable: RedeemableState;
  /** null where no amount was sent. */
  step: DiscountStep | null;
  /** The cart after it. */
  cart: Cart | null;
  /** What its discount is for this order. */
  discount: Discount;
  /** What its discount is taken of; null: no rule bounds it. */
  scope: ApplicableScope | null;
  share: Share;
  /** What it adds to the counters that decide about it. */
  taken: CounterChange[];
}

export interface Inapplicable {
  status: 'INAPPLICABLE';
  asked: AskedRedeemable;
  redeemable: RedeemableState | null;
  refusal: Refusal;
}

interface Skipped {
  status: 'SKIPPED';
  asked: AskedRedeemable;
  redeemable: RedeemableState | null;
  key: SkipKey;
}

export type Outcome = Applied | Inapplicable | Skipped;

export interface Decision {
  valid: boolean;
  /** One for each redeemable, in the order in which they apply. */
  outcomes: Outcome[];
  /** The cart after all that applies; null where no amount was sent. */
  cart: Cart | null;
}

/** Decides a checkout: each redeemable in turn on what those before it left, as the stacking rules say. */
export const decide = (checkout: Checkout): Decision => {
  const { asked, redeemables, order, rules } = checkout;
  const entries = asked.map((each, index): Entry => ({ asked: each, redeemable: redeemables[index] }));
  const start: Stack = { applied: [], cart: order && openCart(order) };
  const sorted = inOrder(rules, entries);
  const bestDealWanted = rules.redeemables_application_mode === 'BEST_DEAL' || rules.redeemables_sorting_rule === 'BEST_DEAL';
  if (bestDealWanted && start.cart) return decideBest(checkout, sorted, start);
  if (rules.exclusive_categories.length === 0) return walk(checkout, sorted, start, false);
  const decision = walk(checkout, sorted, start, true);
  // Without an exclusive one that applies, there is nothing that excludes the others.
  return decision.outcomes.some((each) => each.status === 'APPLICABLE' && isExclusive(rules, each.redeemable))
    ? decision
    : walk(checkout, sorted, start, false);
};

const walk = (checkout: Checkout, entries: readonly Entry[], start: Stack, excluding: boolean): Decision => {
  const all = checkout.rules.redeemables_application_mode === 'ALL';
  const outcomes: Outcome[] = [];
  let stack = start;
  let failed = false;
  for (const entry of entries) {
    const outcome: Outcome = all && failed ? leftOut(entry, 'preceding_validation_failed') : outcomeOn(checkout, stack, entry, excluding);
    outcomes.push(outcome);
    if (outcome.status === 'APPLICABLE') stack = push(stack, outcome);
    failed ||= outcome.status === 'INAPPLICABLE';
  }
  return { valid: stack.applied.length > 0 && !(all && failed), outcomes, cart: stack.cart };
};

const leftOut = ({ asked, redeemable }: Entry, key: SkipKey): Skipped => ({
  status: 'SKIPPED',
  asked,
  redeemable: redeemable ?? null,
  key,
});

/** Those of the best deal first, and then why the others are not of it. */
const decideBest = (checkout: Checkout, entries: readonly Entry[], start: Stack): Decision => {
  const { rules } = checkout;
  const chosen = bestDeal(checkout, entries, start, rules.redeemables_sorting_rule === 'BEST_DEAL');
  const excluding = chosen.some(({ redeemable }) => redeemable && isExclusive(rules, redeemable));
  const deal = walk(checkout, chosen, start, excluding);
  const stack: Stack = { applied: deal.outcomes.filter((each) => each.status === 'APPLICABLE'), cart: deal.cart };
  const others = entries
    .filter((entry) => !chosen.includes(entry))
    .map((entry): Outcome => {
      const alone = outcomeOn(checkout, start, entry, false);
      if (alone.status !== 'APPLICABLE') return alone;
      const beside = outcomeOn(checkout, stack, entry, excluding);
      return beside.status === 'SKIPPED' ? beside : leftOut(entry, chosen.length > 0 ? 'better_deal_found' : 'no_effect');
    });
  return { ...deal, outcomes: [...deal.outcomes, ...others] };
};
