import { nextLocalTime } from '../calendar.ts';
import { BUCKETS, bucketOf } from './bucket.ts';

/** At which local time the members of a launch begin, and over how many minutes from then on they are spread. */
export interface LaunchTime {
  at: string;
  jitter_minutes: number;
}

const MINUTE_MS = 60_000;
/** Members who begin together cost less than one after the other. */
const MOST_MOMENTS = 60;

/** When a member's first step is due: at the next such local time, and as much later as their place in the spread says. */
export const launchStart = (time: LaunchTime | null, launchId: string, customerId: string, now: string, zone: string): string => {
  if (time === null) return now;
  const moments = Math.min(Math.max(Math.floor(time.jitter_minutes), 1), MOST_MOMENTS);
  const moment = Math.floor((bucketOf(launchId, customerId) * moments) / BUCKETS);
  const spread = Math.round((moment * time.jitter_minutes) / moments) * MINUTE_MS;
  // Of those who enter in the middle of the spread, the ones whose moment is still to come begin today.
  const earliest = new Date(Date.parse(now) - spread).toISOString();
  return new Date(Date.parse(nextLocalTime(earliest, time.at, [], zone)) + spread).toISOString();
};
