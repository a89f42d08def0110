import { conjunctsOf, failureOfConjunct, type Conjunct } from '../validation-rules/conjunct.ts';
import { scopeOf } from '../validation-rules/evaluate.ts';
import type { RuleFacts } from '../validation-rules/facts.ts';
import type { Failure } from '../validation-rules/rule.ts';
import type { Offer } from './offer.ts';

/**
 * Offers by what their rules ask for, one after the other: those that ask for the same at first share a branch. What is asked is looked at
 * once for all of them, and what fails says so of all that is below.
 */
export interface OfferTree {
  /** All, and those of which the rules ask for nothing more. In the order in which they came. */
  all: readonly Offer[];
  met: readonly Offer[];
  branches: ReadonlyMap<string, OfferBranch>;
}

interface OfferBranch extends OfferTree {
  conjunct: Conjunct;
}

interface Growing extends OfferTree {
  all: Offer[];
  met: Offer[];
  branches: Map<string, Growing & { conjunct: Conjunct }>;
}

/** Offers whose rules fail by the same condition. */
export interface Unmet {
  failure: Failure;
  offers: readonly Offer[];
}

const nothing = (): Growing => ({ all: [], met: [], branches: new Map() });

/** @param offers of which the rules ask of the request only */
export const offerTreeOf = (offers: Iterable<Offer>): OfferTree => {
  const root = nothing();
  for (const offer of offers) {
    let place = root;
    place.all.push(offer);
    for (const conjunct of offer.parts.flatMap(({ redeemable }) => redeemable.rules.flatMap(conjunctsOf))) {
      const known = place.branches.get(conjunct.key) ?? { ...nothing(), conjunct };
      place.branches.set(conjunct.key, known);
      place = known;
      place.all.push(offer);
    }
    place.met.push(offer);
  }
  return root;
};

/** Holds all of them against the facts of a request. */
export const holdAgainst = (tree: OfferTree, facts: RuleFacts): { met: Offer[]; unmet: Unmet[] } => {
  const scope = scopeOf(facts);
  const met: Offer[] = [];
  const unmet: Unmet[] = [];
  const visit = (place: OfferTree): void => {
    for (const offer of place.met) met.push(offer);
    for (const branch of place.branches.values()) {
      const failure = failureOfConjunct(branch.conjunct, scope);
      if (failure) unmet.push({ failure, offers: branch.all });
      else visit(branch);
    }
  };
  visit(tree);
  return { met, unmet };
};
