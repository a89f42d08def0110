import { Temporal } from 'temporal-polyfill';

export const ROUNDING_TYPES = ['END_OF_MONTH', 'END_OF_QUARTER', 'END_OF_HALF_YEAR', 'END_OF_YEAR', 'PARTICULAR_MONTH'] as const;

/** When points expire, in the shapes of the Voucherify API: so many months after they came, or each year on one day. */
export type PointsExpiration =
  | {
      period_type: 'MONTH';
      period_value: number;
      rounding_type?: (typeof ROUNDING_TYPES)[number];
      /** The month of PARTICULAR_MONTH, from 1. */
      rounding_value?: number;
    }
  | { period_type: 'FIXED_DAY_OF_YEAR'; fixed_month: number; fixed_day: number };

/** Whether a month has such a day, in some years at least. */
export const isDayOfYear = (month: number, day: number): boolean => day <= Temporal.PlainYearMonth.from({ year: 2024, month }).daysInMonth;

const MONTHS_OF = { END_OF_MONTH: 1, END_OF_QUARTER: 3, END_OF_HALF_YEAR: 6, END_OF_YEAR: 12 } as const;

/** The last month of the period that a month is in, or the next one of that name. */
const roundedUp = (date: Temporal.PlainDate, type: (typeof ROUNDING_TYPES)[number], month: number): Temporal.PlainDate => {
  const ahead = type === 'PARTICULAR_MONTH' ? (month - date.month + 12) % 12 : MONTHS_OF[type] - 1 - ((date.month - 1) % MONTHS_OF[type]);
  const last = date.with({ day: 1 }).add({ months: ahead });
  return last.with({ day: last.daysInMonth });
};

/** The next day of that name, today too; 29 February is 28 February in other years. */
const nextFixedDay = (date: Temporal.PlainDate, month: number, day: number): Temporal.PlainDate => {
  const inYear = (year: number) => Temporal.PlainDate.from({ year, month, day });
  const here = inYear(date.year);
  return Temporal.PlainDate.compare(here, date) >= 0 ? here : inYear(date.year + 1);
};

const lastDay = (rules: PointsExpiration, date: Temporal.PlainDate): Temporal.PlainDate => {
  if (rules.period_type === 'FIXED_DAY_OF_YEAR') return nextFixedDay(date, rules.fixed_month, rules.fixed_day);
  const end = date.add({ months: rules.period_value });
  return rules.rounding_type === undefined ? end : roundedUp(end, rules.rounding_type, rules.rounding_value ?? 12);
};

/** The last millisecond of a day. */
const endOf = (day: Temporal.PlainDate, zone: string): string =>
  new Date(day.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds - 1).toISOString();

/**
 * When points that come at a time expire: with the end of their last day. A month that is too short ends it earlier.
 * @param at ISO 8601
 * @param zone IANA; of the project
 * @returns ISO 8601
 */
export const pointsExpireAt = (rules: PointsExpiration, at: string, zone: string): string =>
  endOf(lastDay(rules, Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate()), zone);

/** When points expire whose last day (YYYY-MM-DD) is given. */
export const pointsExpireAfter = (day: string, zone: string): string => endOf(Temporal.PlainDate.from(day), zone);
