import { failureOfConjunct, type Conjunct } from '../validation-rules/conjunct.ts';
import { markedBy, type Marked } from '../validation-rules/marks.ts';
import type { RuleScope } from '../validation-rules/rule.ts';
import { thresholdOf, type Threshold } from '../validation-rules/threshold.ts';
import { byNewest, type Offer, type Shortfall } from './offer.ts';
import { shortfallOf } from './shortfall.ts';

/** Something that rules ask for, with all offers whose rules do; the newest first. */
export interface Sibling {
  conjunct: Conjunct;
  all: readonly Offer[];
}

/** Offers that miss something, all of them as much. */
export interface ShortOffers {
  /** The newest first. */
  offers: Iterable<Offer>;
  shortfall: Pick<Shortfall, 'what' | 'missing' | 'from'>;
}

/** Finds which of some siblings hold for a request, and what the others miss, of those of which something can be done about it. */
export type Search<S extends Sibling> = (
  scope: RuleScope,
  found: { held: (sibling: S) => void; short: (offers: ShortOffers) => void },
) => void;

/** What a request misses of the first of these that fails, null where nothing can be done about that. @returns undefined where all hold */
export const firstMissing = (conjuncts: readonly Conjunct[], scope: RuleScope): Shortfall | null | undefined => {
  for (const conjunct of conjuncts) {
    const failure = failureOfConjunct(conjunct, scope);
    if (failure) return shortfallOf(null, failure, scope.facts);
  }
  return undefined;
};

const missingOf = ({ conjunct }: Sibling, scope: RuleScope) => firstMissing([conjunct], scope);

/** Looks at each. */
const oneByOne =
  <S extends Sibling>(siblings: Iterable<S>): Search<S> =>
  (scope, { held, short }) => {
    for (const sibling of siblings) {
      const missing = missingOf(sibling, scope);
      if (missing === undefined) held(sibling);
      else if (missing) short({ offers: sibling.all, shortfall: missing });
    }
  };

/** The offers of all of a family but of those siblings. */
function* without(all: readonly Offer[], siblings: Iterable<Sibling>): Generator<Offer> {
  const left = new Set<Offer>();
  for (const sibling of siblings) for (const offer of sibling.all) left.add(offer);
  for (const offer of all) if (!left.has(offer)) yield offer;
}

/** One of a family, of which the same is known. */
interface Member<S, K> {
  sibling: S;
  known: K;
}

/** Looks at those alone of which the request has a mark. The others all miss as much: one of some items, or of some segments. */
const byMarks = <S extends Sibling>(family: readonly Member<S, Marked>[]): Search<S> => {
  const { read } = family[0]!.known;
  const all = family.flatMap(({ sibling }) => sibling.all).toSorted(byNewest);
  const marked = Map.groupBy(
    family.flatMap(({ sibling, known }) => known.marks.map((mark) => ({ mark, sibling }))),
    ({ mark }) => mark,
  );
  return (scope, found) => {
    const likely = new Set<S>();
    for (const mark of read(scope)) for (const { sibling } of marked.get(mark) ?? []) likely.add(sibling);
    oneByOne(likely)(scope, found);
    const other = family.find(({ sibling }) => !likely.has(sibling));
    const shortfall = other && missingOf(other.sibling, scope);
    if (shortfall) found.short({ offers: without(all, likely), shortfall });
  };
};

/** Looks for the place among them up to which they hold. */
const byThreshold = <S extends Sibling>(family: readonly Member<S, Threshold>[]): Search<S> => {
  const { isLeast, read, holds } = family[0]!.known;
  const sign = isLeast ? 1 : -1;
  const rungs = family.toSorted((a, b) => sign * (a.known.value - b.known.value));
  const reached = (actual: unknown): number => {
    let [from, until] = [0, rungs.length];
    while (from < until) {
      const middle = (from + until) >> 1;
      if (holds(actual, rungs[middle]!.known.value)) from = middle + 1;
      else until = middle;
    }
    return from;
  };
  return (scope, { held, short }) => {
    const end = reached(read(scope));
    for (const { sibling } of rungs.slice(0, end)) held(sibling);
    // What asks for less than there is misses nothing that could be added, and what asks for none misses none.
    const first = isLeast ? [end, end + 1].find((place) => rungs[place] && missingOf(rungs[place].sibling, scope)) : undefined;
    if (first === undefined) return;
    const { what, missing = 0 } = missingOf(rungs[first]!.sibling, scope)!;
    const least = missing - rungs[first]!.known.value;
    for (const { sibling, known } of rungs.slice(first)) short({ offers: sibling.all, shortfall: { what, missing: least + known.value } });
  };
};

/** From so many on, a family is searched for those that hold. */
const FAMILY = 4;

/** Takes the families of which something is known out of the siblings. @returns the others */
const split = <S extends Sibling, K extends { family: string }>(siblings: readonly S[], knownOf: (conjunct: Conjunct) => K | null) => {
  const members = siblings.flatMap((sibling): Member<S, K>[] => {
    const known = knownOf(sibling.conjunct);
    return known ? [{ sibling, known }] : [];
  });
  const families = [...Map.groupBy(members, ({ known }) => known.family).values()].filter(({ length }) => length >= FAMILY);
  const taken = new Set(families.flat().map(({ sibling }) => sibling));
  return { families, others: siblings.filter((sibling) => !taken.has(sibling)) };
};

/** The quickest search of these siblings. */
export const searchOf = <S extends Sibling>(siblings: readonly S[]): Search<S> => {
  const marked = split(siblings, markedBy);
  const thresholds = split(marked.others, thresholdOf);
  const searches = [
    ...marked.families.map((family) => byMarks(family)),
    ...thresholds.families.map((family) => byThreshold(family)),
    oneByOne(thresholds.others),
  ];
  return (scope, found) => {
    for (const search of searches) search(scope, found);
  };
};
