import { startOfLocalPeriod } from '../calendar.ts';

/** A calendar period; weeks begin on Monday. */
export type Period = 'day' | 'week' | 'month';

/**
 * What is counted: redemptions, the discounts they gave, the orders they were used for, the credits spent of gift cards, or the points of loyalty
 * cards. Amounts in minor units.
 */
export type Measure = 'count' | 'amount' | 'orders_amount' | 'gift_credits' | 'loyalty_points';

/** Names one counter. The ledger says what its value is; the row that keeps it is made when it is first needed. */
export interface CounterRef {
  scope: 'voucher' | 'campaign' | 'promotion_tier';
  /** The id of the voucher, campaign or tier. */
  of: string;
  /** The customer whose redemptions count; null: everyone's. */
  customerId: string | null;
  /** null: from the beginning. */
  period: Period | null;
  /** ISO 8601: when the period began. */
  periodStart: string | null;
  measure: Measure;
}

/** A limit that a counter is held against: with `needed` more it may come to `most`. */
interface CounterBound {
  needed: number;
  most: number;
}

/** The value of a counter before a redemption. @param bound all that the value is asked for, where it is a limit */
export type CounterReader = (ref: CounterRef, bound?: CounterBound) => number;

/** What one redemption adds to the counters it is counted in. */
export type Share = Record<Measure, number>;

export interface CounterChange {
  key: string;
  by: number;
}

/** Begins the keys of all counters of this voucher, campaign or tier. */
export const counterPrefix = (scope: CounterRef['scope'], of: string): string => `${scope} ${of} `;

/** The counter's key. No two counters have the same. */
export const counterKey = ({ scope, of, customerId, period, periodStart, measure }: CounterRef): string =>
  `${counterPrefix(scope, of)}${customerId ?? ''} ${period ?? ''} ${periodStart ?? ''} ${measure}`;

interface PeriodMemo {
  from: number;
  until: number;
  start: string;
}

/** The hour that was last asked for: a zone's periods begin on a full quarter of an hour, and to find them is slow. */
const memo = new Map<string, PeriodMemo>();
const QUARTER_MS = 900_000;
const MEMO_MAX = 1_000;

const periodStartAt = (at: number, period: Period, zone: string): string => {
  const name = `${period} ${zone}`;
  const known = memo.get(name);
  if (known && at >= known.from && at < known.until) return known.start;
  const from = Math.floor(at / QUARTER_MS) * QUARTER_MS;
  const start = startOfLocalPeriod(new Date(from).toISOString(), period, zone);
  if (memo.size >= MEMO_MAX) memo.clear();
  memo.set(name, { from, until: from + QUARTER_MS, start });
  return start;
};

/** The counter of what is named, for the period that this time falls into. @param at epoch milliseconds @param zone IANA */
export const counterAt = (
  { scope, of, customerId = null, period = null, measure }: Pick<CounterRef, 'scope' | 'of' | 'measure'> & Partial<CounterRef>,
  at: number,
  zone: string,
): CounterRef => ({ scope, of, customerId, period, periodStart: period === null ? null : periodStartAt(at, period, zone), measure });

/** What a redemption adds to these counters. */
export const takenOf = (refs: readonly CounterRef[], share: Share): CounterChange[] => {
  const byKey = new Map(refs.map((ref) => [counterKey(ref), share[ref.measure]]));
  return [...byKey].filter(([, by]) => by !== 0).map(([key, by]) => ({ key, by }));
};

/** The same counters after what was taken of them. */
export const withTaken = (read: CounterReader, taken: readonly CounterChange[]): CounterReader => {
  if (taken.length === 0) return read;
  return (ref, bound) => {
    const key = counterKey(ref);
    const own = taken.reduce((sum, change) => (change.key === key ? sum + change.by : sum), 0);
    return own + read(ref, bound && { ...bound, needed: bound.needed + own });
  };
};
