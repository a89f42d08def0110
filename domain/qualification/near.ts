import { openCart } from '../checkout-cart.ts';
import { factsOf } from '../checkout-rules.ts';
import type { Applied, Checkout } from '../checkout.ts';
import { outcomeOn, push, type Stack } from '../stack.ts';
import { failureOfRule } from '../validation-rules/evaluate.ts';
import type { RuleFacts } from '../validation-rules/facts.ts';
import type { Failure } from '../validation-rules/rule.ts';
import type { Refusal } from '../voucher-refusal.ts';
import type { Offer, QualifiedOffer, Shortfall } from './offer.ts';
import { asIfMet, shortfallOf, startOf } from './shortfall.ts';

export interface NearOffer {
  offer: Offer;
  /** All that it misses, in the order in which it was found. */
  shortfalls: Shortfall[];
}

/** An offer with the first thing that it misses. */
export interface ShortOffer {
  offer: Offer;
  shortfall: Shortfall;
}

/** Decides an offer alone, as the checkout would. A stack applies where all of it does. @returns why not, where it does not */
export const decideOffer = (checkout: Checkout, start: Stack, offer: Offer): QualifiedOffer | Refusal | null => {
  let stack = start;
  const outcomes: Applied[] = [];
  for (const part of offer.parts) {
    const outcome = outcomeOn(checkout, stack, part, false);
    if (outcome.status !== 'APPLICABLE') return outcome.status === 'INAPPLICABLE' ? outcome.refusal : null;
    outcomes.push(outcome);
    stack = push(stack, outcome);
  }
  return { offer, outcomes, discount: outcomes.reduce((sum, { step }) => sum + (step?.discount ?? 0), 0) };
};

export const applies = (decided: QualifiedOffer | Refusal | null): decided is QualifiedOffer => decided !== null && 'outcomes' in decided;

export const startOfCheckout = ({ order }: Pick<Checkout, 'order'>): Stack => ({ applied: [], cart: order && openCart(order) });

/** What the rules of offers that ask of the request only are held against; read of any of them. */
export const factsOfRequest = (checkout: Checkout, start: Stack, offer: Offer): RuleFacts => {
  const [{ asked, redeemable }] = offer.parts as [Offer['parts'][number]];
  return factsOf({ asked, redeemable, by: checkout.redeemerOf(redeemable), cart: start.cart, applied: [], checkout });
};

/** The first condition of an offer's rules that is not met. The rules of an offer that asks of the request only are held against it at once. */
export const firstFailure = ({ parts }: Offer, facts: RuleFacts): { rule: string; failure: Failure } | null => {
  for (const { redeemable } of parts)
    for (const rule of redeemable.rules) {
      const failure = failureOfRule(rule, facts);
      if (failure) return { rule: rule.id, failure };
    }
  return null;
};

/** The first thing that an offer misses, of those that a shop can do something about. */
const shortfallIn = (checkout: Checkout, offer: Offer, refusal: Refusal | null): Shortfall | null => {
  const failed = offer.asksOfRequest ? firstFailure(offer, factsOfRequest(checkout, startOfCheckout(checkout), offer)) : null;
  if (failed) return shortfallOf(failed.rule, failed.failure, checkout.facts);
  return refusal && startOf(refusal, checkout.redeemerOf(offer.parts[0]!.redeemable).at);
};

const isSame = (one: Shortfall, other: Shortfall): boolean => JSON.stringify(one) === JSON.stringify(other);

/** How many things may be missing together. */
const MOST_SHORTFALLS = 3;

/** All that an offer misses; null where something else stands in the way, or too much is missing. */
const allMissing = (checkout: Checkout, offer: Offer, found: Shortfall[] = []): Shortfall[] | null => {
  const decided = decideOffer(checkout, startOfCheckout(checkout), offer);
  if (applies(decided)) return found;
  if (found.length >= MOST_SHORTFALLS) return null;
  const shortfall = shortfallIn(checkout, offer, decided);
  // What is missing still, though it was met, is nothing that can be met.
  if (!shortfall || found.some((each) => isSame(each, shortfall))) return null;
  for (const met of asIfMet(checkout, shortfall)) {
    const all = allMissing(met, offer, [...found, shortfall]);
    if (all) return all;
  }
  return null;
};

const RANKS = { amount: 0, units: 0, items: 1, customer: 2, segment: 3, time: 4 } as const satisfies Record<Shortfall['what'], number>;

const startsAt = ({ from }: Shortfall): number => (from === undefined ? 0 : Date.parse(from));

/** What a shopper can do comes first, and little before much; of the same, the order given. Most start alike: that is looked at first. */
const nearer = (a: Shortfall, b: Shortfall): number =>
  RANKS[a.what] - RANKS[b.what] || (a.missing ?? 0) - (b.missing ?? 0) || (a.from === b.from ? 0 : startsAt(a) - startsAt(b));

/** How many offers are looked at: most that miss something miss more than can be told. */
const MOST_LOOKED_AT = 300;

/** Those of which nothing else stands in the way, the nearest first, as many as asked. */
export const nearestOf = (
  checkout: Checkout,
  short: readonly ShortOffer[],
  most: number,
  byNewest: (a: Offer, b: Offer) => number,
): NearOffer[] => {
  const near: NearOffer[] = [];
  const sorted = short.toSorted((a, b) => nearer(a.shortfall, b.shortfall) || byNewest(a.offer, b.offer));
  for (const { offer } of sorted.slice(0, MOST_LOOKED_AT)) {
    if (near.length >= most) break;
    const shortfalls = allMissing(checkout, offer);
    if (shortfalls && shortfalls.length > 0) near.push({ offer, shortfalls });
  }
  return near.toSorted((a, b) => a.shortfalls.length - b.shortfalls.length);
};
