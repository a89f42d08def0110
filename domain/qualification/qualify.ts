import { openCart } from '../checkout-cart.ts';
import type { Applied, Checkout } from '../checkout.ts';
import { outcomeOn, push, type Stack } from '../stack.ts';
import { factsOf } from '../checkout-rules.ts';
import { failureOfRule } from '../validation-rules/evaluate.ts';
import type { RuleFacts } from '../validation-rules/facts.ts';
import type { Failure } from '../validation-rules/rule.ts';
import type { Offer, QualifiedOffer, Shortfall } from './offer.ts';
import { asIfMet, shortfallOf } from './shortfall.ts';

export const SORTING_RULES = ['BEST_DEAL', 'LEAST_DEAL', 'DEFAULT'] as const;
export type SortingRule = (typeof SORTING_RULES)[number];

/** A checkout before anything is asked of it. */
export type OpenCheckout = Omit<Checkout, 'asked' | 'redeemables'>;

const withNothing = (checkout: OpenCheckout): Checkout => ({ ...checkout, asked: [], redeemables: [] });

/** Decides an offer alone, as the checkout would. A stack applies where all of it does. @returns null where it does not */
const decideOffer = (checkout: Checkout, start: Stack, offer: Offer): QualifiedOffer | null => {
  let stack = start;
  const outcomes: Applied[] = [];
  for (const part of offer.parts) {
    const outcome = outcomeOn(checkout, stack, part, false);
    if (outcome.status !== 'APPLICABLE') return null;
    outcomes.push(outcome);
    stack = push(stack, outcome);
  }
  return { offer, outcomes, discount: outcomes.reduce((sum, { step }) => sum + (step?.discount ?? 0), 0) };
};

const byNewest = (a: Offer, b: Offer): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);

const ORDERS: Record<SortingRule, (a: QualifiedOffer, b: QualifiedOffer) => number> = {
  DEFAULT: (a, b) => byNewest(a.offer, b.offer),
  BEST_DEAL: (a, b) => b.discount - a.discount || byNewest(a.offer, b.offer),
  LEAST_DEAL: (a, b) => a.discount - b.discount || byNewest(a.offer, b.offer),
};

export interface NearOffer {
  offer: Offer;
  shortfall: Shortfall;
}

export interface Qualification {
  /** In the order asked. */
  qualified: QualifiedOffer[];
  /** Those that would apply if the order had a little more; the nearest first. */
  near: NearOffer[];
}

/** The first condition of an offer's rules that is not met. The rules of an offer that asks of the request only are held against it at once. */
const firstFailure = ({ parts }: Offer, facts: RuleFacts): { rule: string; failure: Failure } | null => {
  for (const { redeemable } of parts)
    for (const rule of redeemable.rules) {
      const failure = failureOfRule(rule, facts);
      if (failure) return { rule: rule.id, failure };
    }
  return null;
};

/** What the rules of offers that ask of the request only are held against; read of any of them. */
const factsOfRequest = (checkout: Checkout, start: Stack, offer: Offer): RuleFacts => {
  const [{ asked, redeemable }] = offer.parts as [Offer['parts'][number]];
  return factsOf({ asked, redeemable, by: checkout.redeemerOf(redeemable), cart: start.cart, applied: [], checkout });
};

/** What applies of these offers, each alone, and what nearly does. Most fail by their rules, so these are asked first and for little. */
export const qualify = (
  open: OpenCheckout,
  offers: Iterable<Offer>,
  { sorting, nearest }: { sorting: SortingRule; nearest: number },
): Qualification => {
  const checkout = withNothing(open);
  const start: Stack = { applied: [], cart: open.order && openCart(open.order) };
  const qualified: QualifiedOffer[] = [];
  const short: NearOffer[] = [];
  let facts: RuleFacts | null = null;
  for (const offer of offers) {
    const failed = offer.asksOfRequest ? firstFailure(offer, (facts ??= factsOfRequest(checkout, start, offer))) : null;
    if (failed) {
      const shortfall = nearest > 0 ? shortfallOf(failed.rule, failed.failure) : null;
      if (shortfall) short.push({ offer, shortfall });
      continue;
    }
    const decided = decideOffer(checkout, start, offer);
    if (decided) qualified.push(decided);
  }
  return { qualified: qualified.sort(ORDERS[sorting]), near: nearestOf(checkout, short, nearest) };
};

/** Those of which nothing else stands in the way, as many as asked. */
const nearestOf = (checkout: Checkout, short: NearOffer[], most: number): NearOffer[] => {
  const near: NearOffer[] = [];
  for (const each of short.sort((a, b) => a.shortfall.missing - b.shortfall.missing || byNewest(a.offer, b.offer))) {
    if (near.length >= most) break;
    const met = asIfMet(checkout, each.shortfall);
    const start: Stack = { applied: [], cart: met.order && openCart(met.order) };
    if (decideOffer(met, start, each.offer)) near.push(each);
  }
  return near;
};

/** A page of what qualified. `after` is the id of the last of the page before; one that qualifies no more ends the list. */
export const pageOf = <T extends { offer: Offer }>(
  qualified: readonly T[],
  { limit, after }: { limit: number; after: string | null },
): { page: T[]; hasMore: boolean } => {
  const from = after === null ? 0 : qualified.findIndex(({ offer }) => offer.id === after) + 1;
  if (after !== null && from === 0) return { page: [], hasMore: false };
  return { page: qualified.slice(from, from + limit), hasMore: qualified.length > from + limit };
};
