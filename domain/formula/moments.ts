import { Temporal } from 'temporal-polyfill';
import { NoValue } from './rational.ts';

/** A time, in epoch milliseconds. */
export interface Moment {
  at: number;
}

const dayOf = ({ at }: Moment, zone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();

/** The start of the local day. */
export const todayOf = (at: number, zone: string): Moment => ({ at: dayOf({ at }, zone).toZonedDateTime(zone).epochMilliseconds });

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A day, which is its local start, or a time of ISO 8601. @throws NoValue where it is neither */
export const instantOf = (text: string, zone: string): Moment => {
  try {
    const at = DAY.test(text) ? Temporal.PlainDate.from(text).toZonedDateTime(zone) : Temporal.Instant.from(text);
    return { at: at.epochMilliseconds };
  } catch {
    throw new NoValue(`is not a date of ISO 8601: ${text}`);
  }
};

export const partOfDay = (moment: Moment, part: 'day' | 'month' | 'year', zone: string): number => dayOf(moment, zone)[part];

/** Whole local days, months or years from one time to another; below 0 where that is earlier. */
export const between = (from: Moment, to: Moment, unit: 'days' | 'months' | 'years', zone: string): number =>
  dayOf(from, zone).until(dayOf(to, zone), { largestUnit: unit })[unit];

export const isSameDay = (one: Moment, other: Moment, zone: string): boolean => dayOf(one, zone).equals(dayOf(other, zone));
