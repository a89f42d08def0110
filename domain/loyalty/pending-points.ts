import { Temporal } from 'temporal-polyfill';

/** For how long points that were earned cannot be spent yet, in the shape of the Voucherify API: so many days. */
export interface PendingPeriod {
  period_type: 'DAY';
  period_value: number;
}

/** Of `period_value`. */
export const MOST_PENDING_DAYS = 90;

export type PendingStatus = 'PENDING' | 'ACTIVATED' | 'CANCELED';

/**
 * When points that are earned now can be spent: with the start of the local day so many days later, also where that day has no midnight.
 * @param at ISO 8601
 * @param zone IANA; of the project
 * @returns the day, YYYY-MM-DD, and its start, ISO 8601
 */
export const activationOf = (days: number, at: string, zone: string): { day: string; at: string } => {
  const day = Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate().add({ days });
  return { day: day.toString(), at: new Date(day.toZonedDateTime(zone).epochMilliseconds).toISOString() };
};
