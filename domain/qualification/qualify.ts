import type { Checkout } from '../checkout.ts';
import type { RuleFacts } from '../validation-rules/facts.ts';
import { applies, decideOffer, factsOfRequest, firstFailure, nearestOf, startOfCheckout, type NearOffer, type ShortOffer } from './near.ts';
import type { Offer, QualifiedOffer } from './offer.ts';
import { shortfallOf, startOf } from './shortfall.ts';

export const SORTING_RULES = ['BEST_DEAL', 'LEAST_DEAL', 'DEFAULT'] as const;
export type SortingRule = (typeof SORTING_RULES)[number];

/** A checkout before anything is asked of it. */
export type OpenCheckout = Omit<Checkout, 'asked' | 'redeemables'>;

const withNothing = (checkout: OpenCheckout): Checkout => ({ ...checkout, asked: [], redeemables: [] });

const byNewest = (a: Offer, b: Offer): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);

const ORDERS: Record<SortingRule, (a: QualifiedOffer, b: QualifiedOffer) => number> = {
  DEFAULT: (a, b) => byNewest(a.offer, b.offer),
  BEST_DEAL: (a, b) => b.discount - a.discount || byNewest(a.offer, b.offer),
  LEAST_DEAL: (a, b) => a.discount - b.discount || byNewest(a.offer, b.offer),
};

export interface Qualification {
  /** In the order asked. */
  qualified: QualifiedOffer[];
  /** Those that would apply if the order had a little more; the nearest first. */
  near: NearOffer[];
}

/** What applies of these offers, each alone, and what nearly does. Most fail by their rules, so these are asked first and for little. */
export const qualify = (
  open: OpenCheckout,
  offers: Iterable<Offer>,
  { sorting, nearest }: { sorting: SortingRule; nearest: number },
): Qualification => {
  const checkout = withNothing(open);
  const start = startOfCheckout(open);
  const qualified: QualifiedOffer[] = [];
  const short: ShortOffer[] = [];
  let facts: RuleFacts | null = null;
  for (const offer of offers) {
    const failed = offer.asksOfRequest ? firstFailure(offer, (facts ??= factsOfRequest(checkout, start, offer))) : null;
    const decided = failed ? null : decideOffer(checkout, start, offer);
    if (applies(decided)) {
      qualified.push(decided);
      continue;
    }
    if (nearest === 0) continue;
    const shortfall = failed
      ? shortfallOf(failed.rule, failed.failure, checkout.facts)
      : decided && startOf(decided, checkout.redeemerOf(offer.parts[0]!.redeemable).at);
    if (shortfall) short.push({ offer, shortfall });
  }
  return { qualified: qualified.sort(ORDERS[sorting]), near: nearestOf(checkout, short, nearest, byNewest) };
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
