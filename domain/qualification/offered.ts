import { byNewest, type Offer } from './offer.ts';
import { offerTreeOf, type OfferTree } from './offer-tree.ts';

/** What is offered to all, made ready to be held against many requests. */
export interface OfferBook {
  /** Those of which the rules ask of the request only. */
  tree: OfferTree;
  others: readonly Offer[];
}

/** What is offered in a request. */
export interface Offered {
  /** Decided one by one. */
  own: readonly Offer[];
  book: OfferBook;
  /** Which of the book are. */
  isOffered: (offer: Offer) => boolean;
}

export const bookOf = (offers: readonly Offer[]): OfferBook => {
  const { true: alike = [], false: others = [] } = Object.groupBy(offers.toSorted(byNewest), ({ asksOfRequest, parts }) =>
    String(asksOfRequest && parts.length === 1),
  );
  return { tree: offerTreeOf(alike), others };
};
