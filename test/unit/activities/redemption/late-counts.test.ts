import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { countFromNothing, LookFirst } from '../../../../activities/redemption/late-counts.ts';
import type { Question } from '../../../../activities/checkout/decision.ts';
import { counterKey, withTaken, type CounterReader } from '../../../../domain/checkout/counters.ts';
import { countersOfLimits, refusalOfBudget, refusalOfLimits, type Limited } from '../../../../domain/checkout/limits.ts';

const limited = (total: number, amount: number): Limited => ({
  object: 'voucher',
  id: 'v_1',
  limits: null,
  campaign: { id: 'camp_1', name: 'Limits', limits: { campaign_total: total, campaign_budget: { amount } } },
});
const NOBODY = { customerId: null, named: false, at: 0, zone: 'UTC' };
const question = {} as Question;

interface Books {
  read: CounterReader;
  add: (taken: { key: string; by: number }[]) => void;
}

/** Which of these discounts are within the limits, one after the other, each taken before the next. */
const decided = (of: Limited, discounts: readonly number[], { read, add }: Books): boolean[] =>
  discounts.map((amount) => {
    const share = { count: 1, amount, orders_amount: 0, gift_credits: 0, loyalty_points: 0 };
    const refusal = refusalOfLimits(of, NOBODY, read) ?? refusalOfBudget(of, NOBODY, share, read);
    if (refusal) return false;
    add(countersOfLimits(of, NOBODY).map((ref) => ({ key: counterKey(ref), by: share[ref.measure] })));
    return true;
  });

/** Counters that begin with these values. */
const booksFrom = (values: Map<string, number>): Books => ({
  read: (ref) => values.get(counterKey(ref)) ?? 0,
  add: (taken) => taken.forEach(({ key, by }) => values.set(key, (values.get(key) ?? 0) + by)),
});

test('where each counter has the room that a set asks for, its requests are decided as with the counters looked at; else one would be refused', () => {
  const amounts = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 600 }),
      fc.array(amounts, { minLength: 1, maxLength: 12 }),
      fc.nat(12),
      fc.nat(500),
      (total, budget, discounts, used, spent) => {
        const of = limited(total, budget);
        const refs = countersOfLimits(of, NOBODY);
        const before = new Map(refs.map((ref) => [counterKey(ref), ref.measure === 'count' ? used : spent]));
        const looked = decided(of, discounts, booksFrom(new Map(before)));
        const counts = countFromNothing(new Set(before.keys()));
        const read: CounterReader = (ref, bound) => counts.countsFor(question).counter(ref, bound);
        let late: boolean[] | null = null;
        try {
          late = decided(of, discounts, { read, add: counts.add });
        } catch (error) {
          if (!(error instanceof LookFirst)) throw error;
        }
        const fits = late !== null && counts.late().every(({ key, needed, most }) => before.get(key)! + needed <= most);
        expect(fits).toBe(looked.every(Boolean));
        expect(fits ? late : looked).toEqual(looked);
      },
    ),
  );
});

test('what a request takes of a counter before counts as needed, once', () => {
  const counts = countFromNothing(new Set());
  const [ref] = countersOfLimits(limited(10, 10), NOBODY);
  const read = withTaken((each, bound) => counts.countsFor(question).counter(each, bound), [{ key: counterKey(ref!), by: 2 }]);
  expect(read(ref!, { needed: 1, most: 10 })).toBe(2);
  expect(counts.late()).toEqual([{ key: counterKey(ref!), by: 0, needed: 3, most: 10 }]);
});

test('a counter that is asked for more than whether there is room has to be looked at', () => {
  const [ref] = countersOfLimits(limited(10, 10), NOBODY);
  expect(() => countFromNothing(new Set()).countsFor(question).counter(ref!)).toThrow(LookFirst);
});
