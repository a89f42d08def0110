import type { Checkout } from '../checkout/checkout.ts';
import { createDecider, type Decider, type Verdict } from './decide.ts';
import { nearestOf, type NearOffer } from './near.ts';
import { byNewest, type Offer, type QualifiedOffer } from './offer.ts';
import { holdAgainst } from './offer-tree.ts';
import type { Offered } from './offered.ts';
import type { ShortOffers } from './siblings.ts';

export const SORTING_RULES = ['BEST_DEAL', 'LEAST_DEAL', 'DEFAULT'] as const;
/** OLDEST is what older calls may ask for besides. */
export type Sorting = (typeof SORTING_RULES)[number] | 'OLDEST';

/** A checkout before anything is asked of it. */
export type OpenCheckout = Omit<Checkout, 'asked' | 'redeemables'>;

/** One that applies, and what it takes. */
type Applying = Pick<QualifiedOffer, 'offer' | 'discount'>;

const ORDERS: Record<Sorting, (a: Applying, b: Applying) => number> = {
  DEFAULT: (a, b) => byNewest(a.offer, b.offer),
  OLDEST: (a, b) => byNewest(b.offer, a.offer),
  BEST_DEAL: (a, b) => b.discount - a.discount || byNewest(a.offer, b.offer),
  LEAST_DEAL: (a, b) => a.discount - b.discount || byNewest(a.offer, b.offer),
};

/** What is asked of what applies. */
export interface Asking {
  sorting: Sorting;
  limit: number;
  /** The id of the last of the page before; one that applies no more ends the list. null: the first page. */
  after: string | null;
  /** How many at most of those that nearly apply. */
  nearest: number;
}

export interface Qualification {
  /** In the order asked. */
  page: QualifiedOffer[];
  hasMore: boolean;
  /** How many apply, on all pages. */
  total: number;
  /** Those that would apply if the order had a little more; the nearest first. */
  near: NearOffer[];
}

/** What applies, and what misses something. */
interface Sorted {
  applying: Applying[];
  short: ShortOffers[];
}

const decideAll = (checkout: Checkout, decider: Decider, { own, book, isOffered }: Offered): Sorted => {
  const applying: Applying[] = [];
  const short: ShortOffers[] = [];
  const file = (offer: Offer, verdict: Verdict): void => {
    if (typeof verdict === 'number') applying.push({ offer, discount: verdict });
    else if (verdict) short.push({ offers: [offer], shortfall: verdict });
  };
  for (const offer of own) file(offer, decider.decide(offer));
  for (const offer of book.others) if (isOffered(offer)) file(offer, decider.decide(offer));
  const [any] = book.tree.all;
  if (!any) return { applying, short };
  const held = holdAgainst(book.tree, decider.factsOf(any));
  for (const offer of held.met) if (isOffered(offer)) file(offer, decider.decideRuled(offer));
  return { applying, short: [...short, ...held.short] };
};

/** What applies of what is offered, each alone, and what nearly does. */
export const qualify = (open: OpenCheckout, offered: Offered, { sorting, limit, after, nearest }: Asking): Qualification => {
  const checkout: Checkout = { ...open, asked: [], redeemables: [] };
  const decider = createDecider(checkout);
  const { applying, short } = decideAll(checkout, decider, offered);
  const sorted = applying.sort(ORDERS[sorting]);
  const from = after === null ? 0 : sorted.findIndex(({ offer }) => offer.id === after) + 1;
  const found = after !== null && from === 0 ? [] : sorted.slice(from, from + limit);
  return {
    page: found.flatMap(({ offer }) => decider.tell(offer) ?? []),
    hasMore: found.length > 0 && sorted.length > from + limit,
    total: sorted.length,
    near: nearestOf(checkout, short, nearest, offered.isOffered),
  };
};
