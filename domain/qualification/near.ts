import type { Checkout } from '../checkout.ts';
import { createDecider } from './decide.ts';
import { byNewest, type Offer, type Shortfall } from './offer.ts';
import { asIfMet } from './shortfall.ts';

export interface NearOffer {
  offer: Offer;
  /** All that it misses, in the order in which it was found. */
  shortfalls: Shortfall[];
}

/** Offers with the first thing that they miss; the newest first. */
export interface ShortOffers {
  offers: readonly Offer[];
  shortfall: Shortfall;
}

const isSame = (one: Shortfall, other: Shortfall): boolean => JSON.stringify(one) === JSON.stringify(other);

/** How many things may be missing together. */
const MOST_SHORTFALLS = 3;

/** All that an offer misses; null where something else stands in the way, or too much is missing. */
const allMissing = (checkout: Checkout, offer: Offer, found: Shortfall[] = []): Shortfall[] | null => {
  const shortfall = createDecider(checkout).decide(offer);
  if (typeof shortfall === 'number') return found;
  if (found.length >= MOST_SHORTFALLS) return null;
  // What is missing still, though it was met, is nothing that can be met.
  if (!shortfall || found.some((each) => isSame(each, shortfall))) return null;
  const { at } = checkout.redeemerOf(offer.parts[0]!.redeemable);
  for (const met of asIfMet(checkout, shortfall, at)) {
    const all = allMissing(met, offer, [...found, shortfall]);
    if (all) return all;
  }
  return null;
};

const RANKS = { amount: 0, units: 0, items: 1, customer: 2, segment: 3, time: 4 } as const satisfies Record<Shortfall['what'], number>;

const startsAt = ({ from }: Shortfall): number => (from === undefined ? 0 : Date.parse(from));

/** What a shopper can do comes first, and little before much. Most start alike: that is looked at first. */
const nearer = (a: Shortfall, b: Shortfall): number =>
  RANKS[a.what] - RANKS[b.what] || (a.missing ?? 0) - (b.missing ?? 0) || (a.from === b.from ? 0 : startsAt(a) - startsAt(b));

/** The nearest first; of those that are as near, the newest. */
function* inTurn(short: readonly ShortOffers[]): Generator<Offer> {
  const sorted = short.toSorted((a, b) => nearer(a.shortfall, b.shortfall));
  for (let from = 0, until = 1; from < sorted.length; from = until) {
    const { shortfall, offers } = sorted[from]!;
    until = from + 1;
    while (until < sorted.length && nearer(shortfall, sorted[until]!.shortfall) === 0) until += 1;
    const alike = sorted.slice(from, until);
    yield* alike.length === 1 ? offers : alike.flatMap((each) => each.offers).sort(byNewest);
  }
}

/** How many offers are looked at: most that miss something miss more than can be told. */
const MOST_LOOKED_AT = 300;

/** Those of which nothing else stands in the way, the nearest first, as many as asked. */
export const nearestOf = (
  checkout: Checkout,
  short: readonly ShortOffers[],
  most: number,
  isOffered: (offer: Offer) => boolean,
): NearOffer[] => {
  const near: NearOffer[] = [];
  if (most === 0) return near;
  let lookedAt = 0;
  for (const offer of inTurn(short)) {
    if (!isOffered(offer)) continue;
    const shortfalls = allMissing(checkout, offer);
    if (shortfalls && shortfalls.length > 0) near.push({ offer, shortfalls });
    lookedAt += 1;
    if (near.length >= most || lookedAt >= MOST_LOOKED_AT) break;
  }
  return near.toSorted((a, b) => a.shortfalls.length - b.shortfalls.length);
};
