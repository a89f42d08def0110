import { Temporal } from 'temporal-polyfill';

/** Calendar periods in which points are collected, and how many months each has. */
const MONTHS = { MONTH: 1, QUARTER: 3, HALF_YEAR: 6, YEAR: 12 } as const;

export type TierPeriod = keyof typeof MONTHS;
export const TIER_PERIODS = Object.keys(MONTHS) as [TierPeriod, ...TierPeriod[]];

/** To what the end of a tier is moved, as the API writes it: a calendar period, or with CUSTOM one month of each year (`value`, 0 is January). */
export interface TierRounding {
  type: TierPeriod | 'CUSTOM';
  /** With which end of it the tier ends. */
  strategy: 'START' | 'END';
  unit?: 'MONTH';
  value?: number;
}

const dayAt = (at: string, zone: string): Temporal.PlainDate => Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate();
const startOf = (day: Temporal.PlainDate, zone: string): string => new Date(day.toZonedDateTime(zone).epochMilliseconds).toISOString();

const firstOf = (day: Temporal.PlainDate, period: TierPeriod): Temporal.PlainDate =>
  day.with({ day: 1 }).subtract({ months: (day.month - 1) % MONTHS[period] });

/**
 * The period that a time is in; the end is the start of the next.
 * @param at ISO 8601
 * @param zone IANA
 * @returns ISO 8601
 */
export const periodAt = (at: string, period: TierPeriod, zone: string): { start: string; end: string } => {
  const first = firstOf(dayAt(at, zone), period);
  return { start: startOf(first, zone), end: startOf(first.add({ months: MONTHS[period] }), zone) };
};

/** The start of the period before the one that a time is in. */
export const startBefore = (at: string, period: TierPeriod, zone: string): string =>
  startOf(firstOf(dayAt(at, zone), period).subtract({ months: MONTHS[period] }), zone);

/** The first day of what a day is moved to, and how many months that has; of one month of each year, the next one. */
const roundingAt = (
  day: Temporal.PlainDate,
  { type, value = 0 }: TierRounding,
): { first: Temporal.PlainDate; months: number; again: number } => {
  if (type !== 'CUSTOM') return { first: firstOf(day, type), months: MONTHS[type], again: MONTHS[type] };
  const ahead = (value + 1 - day.month + 12) % 12;
  return { first: day.with({ day: 1 }).add({ months: ahead }), months: 1, again: 12 };
};

/** The day with whose start a tier ends that ends so. */
const rounded = (day: Temporal.PlainDate, rounding: TierRounding, after: Temporal.PlainDate): Temporal.PlainDate => {
  const { first, months, again } = roundingAt(day, rounding);
  const ends = rounding.strategy === 'END' ? first.add({ months }) : first;
  return Temporal.PlainDate.compare(ends, after) > 0 ? ends : ends.add({ months: again });
};

/**
 * When a tier ends that lasts so long: with the end of the day so much later, moved to what the program says.
 * @param from when it was reached, or when it ended before it is prolonged; ISO 8601
 * @param isEnd whether it is when it ended: then the day before counts, so that it ends on the same day of a month again and again
 * @param extend ISO 8601, whole days or more
 * @returns ISO 8601, always later than `from`
 */
export const tierEndAfter = (
  from: string,
  { extend, rounding, isEnd }: { extend: string; rounding?: TierRounding; isEnd: boolean },
  zone: string,
): string => {
  const today = dayAt(from, zone);
  const last = (isEnd ? today.subtract({ days: 1 }) : today).add(Temporal.Duration.from(extend));
  const ends = last.add({ days: 1 });
  return startOf(rounding ? rounded(last, rounding, today) : ends, zone);
};
