import { mayJoin, isExclusive } from './stacking.ts';
import type { Checkout } from './checkout.ts';
import { outcomeOn, push, type Entry, type Stack } from './stack.ts';

/** A combination: which entries apply, in the order in which they do, and to what that comes. */
interface Deal {
  chosen: readonly number[];
  stack: Stack;
}

/** How many times the search may put one redeemable on top of others; and of how many lines of carts together. */
const MOST_TRIES = 10_000;
const MOST_LINES = 500_000;

const freedBy = ({ stack }: Deal): number => stack.applied.reduce((sum, { step }) => sum + (step?.freed ?? 0), 0);

/** The lower total; of equals, the one that gives more for nothing; of equals, the one that uses up fewer redeemables. */
const isBetter = (one: Deal, other: Deal): boolean => {
  const [left, otherLeft] = [one.stack.cart?.left ?? 0, other.stack.cart?.left ?? 0];
  if (left !== otherLeft) return left < otherLeft;
  const [freed, otherFreed] = [freedBy(one), freedBy(other)];
  return freed === otherFreed ? one.chosen.length < other.chosen.length : freed > otherFreed;
};

/**
 * Which entries together cost least, of the combinations that the stacking rules allow. Where every combination can be tried (some 15
 * entries, 8 where their order is free too) it is the best there is; beyond, the best that so many tries find.
 * @param entries in the order in which they apply
 * @param anyOrder tries them in every order
 */
export const bestDeal = (checkout: Checkout, entries: readonly Entry[], start: Stack, anyOrder: boolean): readonly Entry[] => {
  const { rules } = checkout;
  const tries = { left: Math.min(MOST_TRIES, Math.ceil(MOST_LINES / Math.max(1, start.cart?.lines.length ?? 1))) };

  const extend = (deal: Deal, index: number): Deal | null => {
    const entry = entries[index]!;
    const { redeemable } = entry;
    if (!redeemable || deal.stack.applied.some((each) => !mayJoin(rules, each.redeemable, redeemable))) return null;
    tries.left--;
    const excluding = [redeemable, ...deal.stack.applied.map((each) => each.redeemable)].some((each) => isExclusive(rules, each));
    const outcome = outcomeOn(checkout, deal.stack, entry, excluding);
    return outcome.status === 'APPLICABLE' ? { chosen: [...deal.chosen, index], stack: push(deal.stack, outcome) } : null;
  };

  const nothing: Deal = { chosen: [], stack: start };
  const follow = (chosen: readonly number[]): Deal | null =>
    chosen.reduce<Deal | null>((deal, index) => deal && extend(deal, index), nothing);

  /** Takes what saves most, again and again: a good deal to begin with, where not every combination can be tried. */
  const greedy = (): Deal => {
    for (let deal = nothing; ;) {
      const free = entries.map((_, index) => index).filter((index) => !deal.chosen.includes(index));
      const larger = free.flatMap((index) => {
        const chosen = [...deal.chosen, index];
        return follow(anyOrder ? chosen : chosen.toSorted((a, b) => a - b)) ?? [];
      });
      const best = larger.reduce((found, each) => (isBetter(each, found) ? each : found), deal);
      if (best === deal) return deal;
      deal = best;
    }
  };

  let best = greedy();
  const search = (deal: Deal): void => {
    if (isBetter(deal, best)) best = deal;
    const from = anyOrder ? 0 : (deal.chosen.at(-1) ?? -1) + 1;
    for (let index = from; index < entries.length && tries.left > 0; index++) {
      if (anyOrder && deal.chosen.includes(index)) continue;
      const next = extend(deal, index);
      if (next) search(next);
    }
  };
  search(nothing);
  return best.chosen.map((index) => entries[index]!);
};
