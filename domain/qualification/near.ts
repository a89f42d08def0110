import type { Checkout } from '../checkout/checkout.ts';
import { createDecider, type Decider } from './decide.ts';
import { byNewest, type Offer, type Shortfall } from './offer.ts';
import { asIfMet } from './shortfall.ts';
import type { ShortOffers } from './siblings.ts';

export interface NearOffer {
  offer: Offer;
  /** All that it misses, in the order in which it was found. */
  shortfalls: Shortfall[];
}

/** A checkout as it is, or as if what was missing were there. */
interface Situation {
  checkout: Checkout;
  decider: Decider;
  /** Those in which this is there too, by what it is: many offers miss the same. Made as they are needed. */
  met: Map<string, { made: Situation[]; more: Iterator<Checkout> }>;
}

const situationOf = (checkout: Checkout): Situation => ({ checkout, decider: createDecider(checkout), met: new Map() });

/** What it is met by, whatever rule asks for it. */
const keyOf = ({ what, missing, items, segments, from }: Shortfall): string =>
  `${what} ${missing ?? from ?? ''} ${items || segments ? JSON.stringify(items ?? segments) : ''}`;

/** One for each way in which it can be met. */
function* situationsWith({ checkout, met }: Situation, shortfall: Shortfall, at: number): Generator<Situation> {
  const key = keyOf(shortfall);
  const ways = met.get(key) ?? { made: [], more: asIfMet(checkout, shortfall, at)[Symbol.iterator]() };
  met.set(key, ways);
  for (let index = 0; ; index += 1) {
    if (index === ways.made.length) {
      const next = ways.more.next();
      if (next.done) return;
      ways.made.push(situationOf(next.value));
    }
    yield ways.made[index]!;
  }
}

/** How many offers are looked at, how many ways to meet what they miss, and how many lines of carts in these: most that miss something miss more than can be told. */
const MOST = { offers: 300, ways: 2_000, lines: 100_000, shortfalls: 3 };

const isSame = (one: Shortfall, other: Shortfall): boolean =>
  one.rule === other.rule &&
  one.condition === other.condition &&
  one.missing === other.missing &&
  JSON.stringify(one) === JSON.stringify(other);

/** All that offers miss; null where something else stands in the way, or too much is missing. */
const createSearch = (checkout: Checkout) => {
  let ways = 0;
  const most = Math.min(MOST.ways, MOST.lines / Math.max(1, checkout.facts.items.length));

  const search = (situation: Situation, offer: Offer, found: Shortfall[] = []): Shortfall[] | null => {
    ways += 1;
    const shortfall = situation.decider.decide(offer);
    if (typeof shortfall === 'number') return found;
    if (found.length >= MOST.shortfalls) return null;
    // What is missing still, though it was met, is nothing that can be met.
    if (!shortfall || found.some((each) => isSame(each, shortfall))) return null;
    const { at } = situation.checkout.redeemerOf(offer.parts[0]!.redeemable);
    for (const met of situationsWith(situation, shortfall, at)) {
      if (ways >= most) return null;
      const all = search(met, offer, [...found, shortfall]);
      if (all) return all;
    }
    return null;
  };
  const first = situationOf(checkout);
  return { missing: (offer: Offer) => search(first, offer), isOver: () => ways >= most };
};

const RANKS = { amount: 0, units: 0, items: 1, customer: 2, segment: 3, time: 4 } as const satisfies Record<Shortfall['what'], number>;

type Nearness = ShortOffers['shortfall'];

const startsAt = ({ from }: Nearness): number => (from === undefined ? 0 : Date.parse(from));

/** What a shopper can do comes first, and little before much. Most start alike: that is looked at first. */
const nearer = (a: Nearness, b: Nearness): number =>
  RANKS[a.what] - RANKS[b.what] || (a.missing ?? 0) - (b.missing ?? 0) || (a.from === b.from ? 0 : startsAt(a) - startsAt(b));

/** The nearest first; of those that are as near, the newest. */
function* inTurn(short: readonly ShortOffers[]): Generator<Offer> {
  const sorted = short.toSorted((a, b) => nearer(a.shortfall, b.shortfall));
  for (let from = 0, until = 1; from < sorted.length; from = until) {
    const { shortfall, offers } = sorted[from]!;
    until = from + 1;
    while (until < sorted.length && nearer(shortfall, sorted[until]!.shortfall) === 0) until += 1;
    const alike = sorted.slice(from, until);
    yield* alike.length === 1 ? offers : alike.flatMap((each) => [...each.offers]).sort(byNewest);
  }
}

/** Those of which nothing else stands in the way, the nearest first, as many as asked. */
export const nearestOf = (
  checkout: Checkout,
  short: readonly ShortOffers[],
  most: number,
  isOffered: (offer: Offer) => boolean,
): NearOffer[] => {
  const near: NearOffer[] = [];
  if (most === 0) return near;
  const search = createSearch(checkout);
  let lookedAt = 0;
  for (const offer of inTurn(short)) {
    if (!isOffered(offer)) continue;
    const shortfalls = search.missing(offer);
    if (shortfalls && shortfalls.length > 0) near.push({ offer, shortfalls });
    lookedAt += 1;
    if (near.length >= most || lookedAt >= MOST.offers || search.isOver()) break;
  }
  return near.toSorted((a, b) => a.shortfalls.length - b.shortfalls.length);
};
