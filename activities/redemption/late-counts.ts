import { isLookFirst, type LateCount } from '../../db/checkout/counters.ts';
import { countersNeeded, countsForLimitsOnly, NOTHING_COUNTED } from '../../domain/checkout/counted.ts';
import { counterKey } from '../../domain/checkout/counters.ts';
import type { SetCounts } from '../checkout/counts.ts';
import type { Question } from '../checkout/decision.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

/** A set is more than its limits have left whatever was redeemed before, or asks for more of a counter than whether there is room. */
export class LookFirst extends Error {
  readonly keys: ReadonlySet<string>;

  constructor(keys: ReadonlySet<string>) {
    super('the counters have to be looked at first');
    this.keys = keys;
  }
}

/** Turns what Postgres says of counters without room into `LookFirst`. */
export const lookFirst =
  (keys: ReadonlySet<string>) =>
  (error: unknown): never => {
    throw isLookFirst(error) ? new LookFirst(keys) : error;
  };

/** For how long counters are looked at first after they had too little room for a set. */
const CROWDED_MS = 1_000;
const MANY = 10_000;

/** Counters that had no room for what was taken for granted, in this process. */
export interface CrowdedCounters {
  add: (keys: Iterable<string>) => void;
  has: (key: string) => boolean;
}

export const createCrowdedCounters = (): CrowdedCounters => {
  const until = new Map<string, number>();
  return {
    add: (keys) => {
      if (until.size > MANY) until.clear();
      for (const key of keys) until.set(key, performance.now() + CROWDED_MS);
    },
    has: (key) => (until.get(key) ?? 0) > performance.now(),
  };
};

/**
 * The counters of questions that may be counted at the end, by limits that bound what everybody redeems; null where they have to be looked at
 * first: counters for each customer, of which most are new, those that rules ask for, whatever sessions are about, and what has little room.
 */
export const lateKeys = (questions: readonly Question[], crowded: CrowdedCounters, now: number): Set<string> | null => {
  const keys = new Set<string>();
  for (const { request, redeemables, redeemerOf } of questions) {
    if (request.session) return null;
    for (const redeemable of redeemables) {
      if (!redeemable) continue;
      const by = redeemerOf(redeemable);
      if (redeemable.object === 'voucher' && ((redeemable as KnownVoucher).lockedUntil ?? 0) > now) return null;
      for (const ref of countersNeeded(redeemable, by)) {
        const key = counterKey(ref);
        if (ref.customerId !== null || crowded.has(key)) return null;
        keys.add(key);
      }
      if (!countsForLimitsOnly(redeemable, by)) return null;
    }
  }
  return keys.size > 0 ? keys : null;
};

/**
 * Counts of a set that begin at nothing, and keep what their limits must have room for: each time that a limit is held against a counter, all
 * that the set takes of it until then and needs beside. Where every counter has that room, each request is decided as if it had been looked at.
 */
export const countFromNothing = (keys: ReadonlySet<string>): SetCounts => {
  const counts = new Map<string, LateCount>();
  return {
    countsFor: () => ({
      ...NOTHING_COUNTED,
      counter: (ref, bound) => {
        const key = counterKey(ref);
        const count = counts.get(key) ?? { key, by: 0, needed: 0, most: Infinity };
        if (!bound || count.by + bound.needed > bound.most) throw new LookFirst(keys);
        counts.set(key, {
          ...count,
          needed: Math.max(count.needed, count.by + bound.needed),
          most: Math.min(count.most, bound.most),
        });
        return count.by;
      },
    }),
    add: (taken) => {
      for (const { key, by } of taken) {
        const count = counts.get(key);
        if (!count) throw new LookFirst(keys);
        const sum = count.by + by;
        counts.set(key, { ...count, by: sum, needed: Math.max(count.needed, sum) });
      }
    },
    hold: () => {
      throw new LookFirst(keys);
    },
    changed: () => [],
    late: () => [...counts.values()],
  };
};
