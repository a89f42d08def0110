import { Temporal } from 'temporal-polyfill';

/** Calendar periods in which points are collected, and how many months each has. */
const MONTHS = { MONTH: 1, QUARTER: 3, HALF_YEAR: 6, YEAR: 12 } as const;

export type TierPeriod = keyof typeof MONTHS;
export const TIER_PERIODS = Object.keys(MONTHS) as [TierPeriod, ...TierPeriod[]];

/**
 * The period that a time is in; the end is the start of the next.
 * @param at ISO 8601
 * @param zone IANA
 * @returns ISO 8601
 */
export const periodAt = (at: string, period: TierPeriod, zone: string): { start: string; end: string } => {
  const months = MONTHS[period];
  const day = Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate().with({ day: 1 });
  const first = day.subtract({ months: (day.month - 1) % months });
  const iso = (date: Temporal.PlainDate) => new Date(date.toZonedDateTime(zone).epochMilliseconds).toISOString();
  return { start: iso(first), end: iso(first.add({ months })) };
};
