import { conjunctsOf, type Conjunct } from '../validation-rules/conjunct.ts';
import { scopeOf } from '../validation-rules/evaluate.ts';
import type { RuleFacts } from '../validation-rules/facts.ts';
import type { Offer } from './offer.ts';
import { firstMissing, searchOf, type Search, type ShortOffers, type Sibling } from './siblings.ts';

/**
 * Offers by what their rules ask for, one after the other: those that ask for the same at first share a branch. What is asked is looked at
 * once for all of them, and what fails says so of all that is below.
 */
export interface OfferTree {
  /** All of them; the newest first. */
  all: readonly Offer[];
  /** Those of which the rules ask for nothing more. */
  met: readonly Offer[];
  search: Search<OfferBranch>;
}

interface OfferBranch extends OfferTree, Sibling {}

/** What is asked for, by offer. */
type Asked = ReadonlyMap<Offer, readonly Conjunct[]>;

const NO_MORE: OfferTree['search'] = () => undefined;

/** Each for itself: what its rules ask for is looked at in turn. */
const apart = (offers: readonly Offer[], met: readonly Offer[], rest: (offer: Offer) => readonly Conjunct[]): OfferTree => {
  const ends = offers.flatMap((offer) => {
    const [conjunct, ...more] = rest(offer);
    return conjunct ? [{ conjuncts: [conjunct, ...more], end: { conjunct, all: [offer], met: [offer], search: NO_MORE } }] : [];
  });
  return {
    all: offers,
    met,
    search: (scope, { held, short }) => {
      for (const { conjuncts, end } of ends) {
        const missing = firstMissing(conjuncts, scope);
        if (missing === undefined) held(end);
        else if (missing) short({ offers: end.all, shortfall: missing });
      }
    },
  };
};

/** What is asked for first beyond this is looked at offer by offer. */
const DEEPEST = 20;

const treeOf = (offers: readonly Offer[], depth: number, asked: Asked): OfferTree => {
  const met = offers.filter((offer) => asked.get(offer)!.length === depth);
  if (offers.length === 1 || depth === DEEPEST) return apart(offers, met, (offer) => asked.get(offer)!.slice(depth));
  const asking = offers.filter((offer) => asked.get(offer)!.length > depth);
  const groups = Map.groupBy(asking, (offer) => asked.get(offer)![depth]!.key);
  const branches = [...groups.values()].map((all): OfferBranch => {
    const conjunct = asked.get(all[0]!)![depth]!;
    return { conjunct, ...treeOf(all, depth + 1, asked) };
  });
  return { all: offers, met, search: searchOf(branches) };
};

/** @param offers of which the rules ask of the request only; the newest first */
export const offerTreeOf = (offers: readonly Offer[]): OfferTree => {
  const conjuncts = (offer: Offer): Conjunct[] => offer.parts.flatMap(({ redeemable }) => redeemable.rules.flatMap(conjunctsOf));
  return treeOf(offers, 0, new Map(offers.map((offer) => [offer, conjuncts(offer)])));
};

/** Holds all of them against the facts of a request. @returns those whose rules hold, and of the others those that miss what can be added */
export const holdAgainst = (tree: OfferTree, facts: RuleFacts): { met: Offer[]; short: ShortOffers[] } => {
  const scope = scopeOf(facts);
  const met: Offer[] = [];
  const short: ShortOffers[] = [];
  const visit = ({ met: here, search }: OfferTree): void => {
    for (const offer of here) met.push(offer);
    search(scope, { held: visit, short: (offers) => short.push(offers) });
  };
  visit(tree);
  return { met, short };
};
