import { later } from '../calendar.ts';
import { periodAt, tierEndAfter, type TierPeriod, type TierRounding } from './tier-period.ts';

/** How members of a program come to a tier and lose it, as the API writes it. */
export type TierRules =
  | {
      /** By the points that they have now: as long as they have them, or for so long (`extend`, ISO 8601) from when they reach it. */
      qualification_type: 'BALANCE';
      start_date: { type: 'IMMEDIATE' };
      expiration_date: { type: 'BALANCE_DROP' } | { type: 'CUSTOM'; extend: string; rounding?: TierRounding };
    }
  | {
      /** By the points that they collected in a calendar period. */
      qualification_type: 'POINTS_IN_PERIOD';
      qualification_period: TierPeriod;
      /** NEXT_PERIOD: what they collect in a period counts in the next. */
      start_date: { type: 'IMMEDIATE' | 'NEXT_PERIOD' };
      /** `extend`: ISO 8601, so much longer. */
      expiration_date: { type: 'END_OF_PERIOD' | 'END_OF_NEXT_PERIOD'; extend?: string };
    };

export const TIER_RULES: TierRules = {
  qualification_type: 'BALANCE',
  start_date: { type: 'IMMEDIATE' },
  expiration_date: { type: 'BALANCE_DROP' },
};

/** A tier as a decision sees it: who has so many points, both ends included, belongs to it. */
export interface TierRange {
  id: string;
  from: number;
  /** null: no end. */
  to: number | null;
}

/** Where a member stands. Times are ISO 8601. */
export interface Standing {
  tierId: string;
  since: string;
  /** null: as long as the points last. */
  until: string | null;
}

export type TierMove = 'joined' | 'upgraded' | 'downgraded' | 'prolonged' | 'left';

/** The highest tier that so many points belong to. */
export const tierFor = <T extends TierRange>(tiers: readonly T[], points: number): T | null =>
  tiers.reduce<T | null>(
    (best, tier) =>
      tier.from <= points && (tier.to === null || points <= tier.to) && (best === null || tier.from > best.from) ? tier : best,
    null,
  );

/** Whether what members collect in a period counts in the next. */
export const startsNextPeriod = (rules: TierRules): rules is Extract<TierRules, { qualification_type: 'POINTS_IN_PERIOD' }> =>
  rules.start_date.type === 'NEXT_PERIOD';

/**
 * When a tier ends that is reached now; null: with the points.
 * @param before when it ends or ended already, where it is that of the member; null: never
 * @param zone IANA; where periods begin
 */
const endOf = (rules: TierRules, before: { until: string | null } | null, at: string, zone: string): string | null => {
  if (rules.qualification_type === 'POINTS_IN_PERIOD') {
    const { type, extend } = rules.expiration_date;
    const { end } = periodAt(at, rules.qualification_period, zone);
    const last = type === 'END_OF_PERIOD' ? end : periodAt(end, rules.qualification_period, zone).end;
    return extend === undefined ? last : later(last, extend, zone);
  }
  if (rules.expiration_date.type === 'BALANCE_DROP') return null;
  const { extend, rounding } = rules.expiration_date;
  // What lasts since it was reached goes on for as long again, as often as it takes: whoever looks late finds the same.
  let until = before?.until ?? tierEndAfter(at, { extend, rounding, isEnd: false }, zone);
  while (Date.parse(until) <= Date.parse(at)) until = tierEndAfter(until, { extend, rounding, isEnd: true }, zone);
  return until;
};

/** Since when a tier counts that is reached now. */
const startOf = (rules: TierRules, at: string, zone: string): string =>
  startsNextPeriod(rules) ? periodAt(at, rules.qualification_period, zone).start : at;

/**
 * Where a member stands now.
 * @param points those that count now: what the member has, or collected in this period, or in the one before
 * @param at the member's time, ISO 8601
 * @returns the standing, null for none, and how that is another than before; null where it is not
 */
export const standingNow = (
  tiers: readonly TierRange[],
  rules: TierRules,
  before: Standing | null,
  { points, at, zone }: { points: number; at: string; zone: string },
): { standing: Standing | null; move: TierMove | null } => {
  const old = before && tiers.find(({ id }) => id === before.tierId);
  const isOver = before !== null && before.until !== null && Date.parse(before.until) <= Date.parse(at);
  const reached = tierFor(tiers, points);
  // What was reached stays until its time is over, whatever becomes of the points.
  if (before && old && !isOver && before.until !== null && (reached === null || reached.from < old.from))
    return { standing: before, move: null };
  if (!reached) return before ? { standing: null, move: 'left' } : { standing: null, move: null };
  const until = endOf(rules, reached.id === old?.id ? before : null, at, zone);
  const since = startOf(rules, at, zone);
  if (!before || !old) return { standing: { tierId: reached.id, since, until }, move: 'joined' };
  if (reached.id === old.id) {
    if (until === before.until || (until !== null && before.until !== null && Date.parse(until) <= Date.parse(before.until)))
      return { standing: before, move: null };
    // A tier that had no end, or has none any more, is not longer or shorter for its member: the program changed.
    return { standing: { ...before, until }, move: until !== null && before.until !== null ? 'prolonged' : null };
  }
  return { standing: { tierId: reached.id, since, until }, move: reached.from > old.from ? 'upgraded' : 'downgraded' };
};

/** The first of these tiers whose points another has too; null where each has its own. */
export const overlapping = <T extends TierRange>(tiers: readonly T[]): T | null => {
  const sorted = tiers.toSorted((a, b) => a.from - b.from);
  return sorted.find((tier, index) => index > 0 && (sorted[index - 1]!.to === null || tier.from <= sorted[index - 1]!.to!)) ?? null;
};
