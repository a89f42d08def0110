import type { ItemFacts } from './facts.ts';
import { isNamedBy } from './items.ts';
import type { ScopeEntry } from './rule.ts';

/** What an entry covers of one item of the order. */
export interface Covered {
  /** By its place in the order. */
  item: number;
  /** null: the whole of it. */
  units: number | null;
  /** How many units of what the entry names come before it, for entries that count units. */
  before: number;
}

/** Places of items in the order. */
type Places = readonly number[];

const unitPrice = ({ price, amount, quantity }: ItemFacts): number => price ?? amount / quantity;

/** In the order in which they are covered: as they came, or by their price; of items that cost the same, the first is the first. */
const inTurn = ({ effect }: ScopeEntry, items: readonly ItemFacts[], named: Places): Places => {
  if (effect === undefined || effect === 'APPLY_TO_EVERY') return named;
  const sign = effect.endsWith('CHEAPEST') ? 1 : -1;
  return named.toSorted((a, b) => sign * (unitPrice(items[a]!) - unitPrice(items[b]!)) || a - b);
};

/** Whether only the first is covered, not what follows it. */
const isSingle = ({ effect }: ScopeEntry): boolean => effect === 'APPLY_TO_CHEAPEST' || effect === 'APPLY_TO_MOST_EXPENSIVE';

const skipOf = ({ skip_initially: skip }: ScopeEntry): number => skip ?? 0;
const repeatOf = ({ repeat }: ScopeEntry): number => repeat ?? 1;

/** The first position from `from` on that is covered: the one after those that are skipped, and each `repeat`-th after it. */
const nextCovered = (entry: ScopeEntry, from: number): number => {
  const skip = skipOf(entry);
  if (from <= skip) return skip;
  const past = (from - skip) % repeatOf(entry);
  return past === 0 ? from : from + repeatOf(entry) - past;
};

const coveredUnits = (entry: ScopeEntry, before: number, quantity: number): number => {
  const first = nextCovered(entry, before);
  return first >= before + quantity ? 0 : 1 + Math.floor((before + quantity - 1 - first) / repeatOf(entry));
};

const lines = (entry: ScopeEntry, named: Places): Covered[] =>
  named.flatMap((item, position) => (nextCovered(entry, position) === position ? [{ item, units: null, before: 0 }] : []));

const units = (entry: ScopeEntry, items: readonly ItemFacts[], named: Places): Covered[] => {
  let before = 0;
  return named.flatMap((item) => {
    const from = before;
    before += items[item]!.quantity;
    const found = coveredUnits(entry, from, items[item]!.quantity);
    return found > 0 ? [{ item, units: found, before: from }] : [];
  });
};

/** No more units of each line, and of all together, than the entry lets. */
const limited = (entry: ScopeEntry, items: readonly ItemFacts[], covered: readonly Covered[]): Covered[] => {
  const { quantity_limit: ofLine, aggregated_quantity_limit: ofAll } = entry;
  if (!ofLine && !ofAll) return [...covered];
  let left = ofAll || Infinity;
  return covered.flatMap((each) => {
    const taken = Math.min(each.units ?? items[each.item]!.quantity, ofLine || Infinity, left);
    left -= taken;
    return taken > 0 ? [{ ...each, units: taken }] : [];
  });
};

/** What an entry covers of an order, in the order in which it does. @param open whether an item may be covered at all */
export const coveredBy = (entry: ScopeEntry, items: readonly ItemFacts[], open: (item: number) => boolean): Covered[] => {
  const named = items.flatMap((item, place) => (isNamedBy(item, entry) && open(place) ? [place] : []));
  const turns = inTurn(entry, items, named);
  const found = entry.target === 'UNIT' ? units(entry, items, turns) : lines(entry, turns);
  const [first] = found;
  return limited(entry, items, isSingle(entry) && first ? [{ ...first, units: entry.target === 'UNIT' ? 1 : null }] : found);
};

/** Which units of a line they are, the first being 1. */
export const unitNumbers = (entry: ScopeEntry, { units: count, before }: Covered): number[] => {
  const first = nextCovered(entry, before) - before + 1;
  return Array.from({ length: count ?? 0 }, (_, index) => first + index * repeatOf(entry));
};
