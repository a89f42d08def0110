import { openCart } from '../checkout/cart.ts';
import { factsOf } from '../checkout/rules.ts';
import { baseOf } from '../checkout/stacking.ts';
import type { Applied, Checkout } from '../checkout/checkout.ts';
import type { Discount } from '../discount/discount.ts';
import { stepOf } from '../checkout/redeemable-discount.ts';
import { candidateOn, outcomeOn, push, type Stack } from '../checkout/stack.ts';
import { failureOfRule } from '../validation-rules/evaluate.ts';
import type { RuleFacts } from '../validation-rules/facts.ts';
import type { Refusal } from '../voucher/refusal.ts';
import type { Offer, QualifiedOffer, Shortfall } from './offer.ts';
import { shortfallOf, startOf } from './shortfall.ts';

/** What an offer takes where it applies, in minor units; else the first thing that it misses, null where nothing can be done about that. */
export type Verdict = number | Shortfall | null;

/** Decides offers on one checkout, each alone and as the checkout would. */
export interface Decider {
  decide: (offer: Offer) => Verdict;
  /** The same of one whose rules are known to hold. */
  decideRuled: (offer: Offer) => Verdict;
  /** What the rules of offers that ask of the request only are held against; read of any of them. */
  factsOf: (any: Offer) => RuleFacts;
  /** All that there is to say of an offer; null where it does not apply. */
  tell: (offer: Offer) => QualifiedOffer | null;
}

const partOf = ({ parts }: Offer): Offer['parts'][number] => parts[0]!;

/** A stack applies where all of it does. @returns why not, where it does not */
const outcomesOf = (checkout: Checkout, start: Stack, { parts }: Offer): Applied[] | Refusal | null => {
  let stack = start;
  const outcomes: Applied[] = [];
  for (const part of parts) {
    const outcome = outcomeOn(checkout, stack, part, false);
    if (outcome.status !== 'APPLICABLE') return outcome.status === 'INAPPLICABLE' ? outcome.refusal : null;
    outcomes.push(outcome);
    stack = push(stack, outcome);
  }
  return outcomes;
};

const takenBy = (outcomes: readonly Applied[]): number => outcomes.reduce((sum, { step }) => sum + (step?.discount ?? 0), 0);

/** The first condition of an offer's rules that is not met, all of them held against the facts at once. */
const firstShortfall = ({ parts }: Offer, facts: RuleFacts): Shortfall | null | undefined => {
  for (const { redeemable } of parts)
    for (const rule of redeemable.rules) {
      const failure = failureOfRule(rule, facts);
      if (failure) return shortfallOf(rule.id, failure, facts);
    }
  return undefined;
};

export const createDecider = (checkout: Checkout): Decider => {
  const { order, rules } = checkout;
  const start: Stack = { applied: [], cart: order && openCart(order) };
  const taken = { initial: new Map<Discount, number>(), discounted: new Map<Discount, number>() };
  let facts: RuleFacts | undefined;

  const factsOfRequest = (any: Offer): RuleFacts => {
    const { asked, redeemable } = partOf(any);
    return (facts ??= factsOf({ asked, redeemable, by: checkout.redeemerOf(redeemable), cart: start.cart, applied: [], checkout }));
  };

  const whyNot = (offer: Offer, refusal: Refusal | null): Shortfall | null =>
    refusal && startOf(refusal, checkout.redeemerOf(partOf(offer).redeemable).at);

  const decideSingle = (offer: Offer, rulesHold: boolean): Verdict => {
    const { redeemable } = partOf(offer);
    const found = candidateOn(checkout, start, partOf(offer), rulesHold);
    if (found === null || !('checkout' in found)) return whyNot(offer, found);
    if (!offer.isPlain) return stepOf(found)?.discount ?? 0;
    const known = taken[baseOf(rules, redeemable)];
    let discount = known.get(redeemable.discount);
    if (discount === undefined) known.set(redeemable.discount, (discount = stepOf(found)?.discount ?? 0));
    return discount;
  };

  const decideStack = (offer: Offer): Verdict => {
    const outcomes = outcomesOf(checkout, start, offer);
    if (Array.isArray(outcomes)) return takenBy(outcomes);
    const missing = offer.asksOfRequest ? firstShortfall(offer, factsOfRequest(offer)) : undefined;
    return missing === undefined ? whyNot(offer, outcomes) : missing;
  };

  return {
    factsOf: factsOfRequest,
    /** Most fail by their rules, so where these ask of the request only they are asked first and for little. */
    decide: (offer) => {
      if (offer.parts.length > 1) return decideStack(offer);
      if (!offer.asksOfRequest) return decideSingle(offer, false);
      const missing = firstShortfall(offer, factsOfRequest(offer));
      return missing === undefined ? decideSingle(offer, true) : missing;
    },
    decideRuled: (offer) => decideSingle(offer, true),
    tell: (offer) => {
      const outcomes = outcomesOf(checkout, start, offer);
      return Array.isArray(outcomes) ? { offer, outcomes, discount: takenBy(outcomes) } : null;
    },
  };
};
