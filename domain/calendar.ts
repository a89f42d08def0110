import { Temporal } from 'temporal-polyfill';

/** Times are ISO 8601 strings in UTC with milliseconds; zones are IANA names. */
const iso = (instant: Temporal.Instant): string => new Date(instant.epochMilliseconds).toISOString();

const MAX_DAYS = 3660;

/** Letters that people say units of time by; minutes are told from months by how they are written. */
const UNITS: [RegExp, string, 'date' | 'time'][] = [
  [/^(y|years?)$/i, 'Y', 'date'],
  [/^(mo|months?)$/i, 'M', 'date'],
  [/^(w|weeks?)$/i, 'W', 'date'],
  [/^(d|days?)$/i, 'D', 'date'],
  [/^(h|hrs?|hours?)$/i, 'H', 'time'],
  [/^(m|mins?|minutes?)$/i, 'M', 'time'],
  [/^(s|secs?|seconds?)$/i, 'S', 'time'],
];

/** What somebody may have meant by `1h`, `3 days` or `P2H`. */
const meantDuration = (text: string): string => {
  const [, count, word] = /^\s*(?:PT?)?(\d{1,4})\s*([a-z]{1,7})\s*$/i.exec(text) ?? [];
  const unit = UNITS.find(([pattern]) => pattern.test(word ?? ''));
  return unit === undefined ? '' : `; did you mean P${unit[2] === 'time' ? 'T' : ''}${count}${unit[1]}?`;
};

/** @returns what is wrong with an ISO 8601 duration, or null. It is positive and at most ten years long. */
export const durationProblem = (text: string): string | null => {
  let duration: Temporal.Duration;
  try {
    duration = Temporal.Duration.from(text);
  } catch {
    return `is not an ISO 8601 duration such as P3D or PT12H: ${text}${meantDuration(text)}`;
  }
  if (duration.sign <= 0) return 'must be longer than nothing';
  const days = duration.total({ unit: 'day', relativeTo: Temporal.PlainDate.from('2024-01-01') });
  return days > MAX_DAYS ? 'must be at most ten years' : null;
};

/** Whether a duration is at most so many days long. */
export const withinDays = (text: string, days: number): boolean =>
  Temporal.Duration.from(text).total({ unit: 'day', relativeTo: Temporal.PlainDate.from('2024-01-01') }) <= days;

/** What was found out of names; asking costs more than all else that is asked of a customer. Names come from outside, so it is bounded. */
const zones = new Map<string, boolean>();
const MOST_ZONES = 1000;

export const isZone = (zone: string): boolean => {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  if (zones.size >= MOST_ZONES) zones.clear();
  const found = askZone(zone);
  zones.set(zone, found);
  return found;
};

const askZone = (zone: string): boolean => {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
};

/** The first that is a zone. An unknown zone must not stop anybody's journey, so UTC is the last. */
export const firstZone = (...candidates: (string | null | undefined)[]): string =>
  candidates.find((zone): zone is string => typeof zone === 'string' && zone !== '' && isZone(zone)) ?? 'UTC';

const zoned = (at: string, zone: string): Temporal.ZonedDateTime => Temporal.Instant.from(at).toZonedDateTimeISO(zone);

/** A duration later. Days, weeks, months and years keep the local time of day, over a change of daylight saving too; hours are exact. */
export const later = (at: string, duration: string, zone: string): string => iso(zoned(at, zone).add(duration).toInstant());

/** A duration earlier, by the same rule. */
export const earlier = (at: string, duration: string, zone: string): string => iso(zoned(at, zone).subtract(duration).toInstant());

/** The last millisecond of the local day that is a duration later. */
export const endOfLocalDay = (at: string, duration: string, zone: string): string => {
  const next = zoned(at, zone).add(duration).toPlainDate().add({ days: 1 }).toZonedDateTime(zone);
  return iso(next.toInstant().subtract({ milliseconds: 1 }));
};

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/**
 * The next time that a local clock shows `time` (HH:MM) on one of the days, at or after `at`. Where a change of daylight saving skips
 * that time, as much later as it skips; where it comes twice, the first.
 */
export const nextLocalTime = (at: string, time: string, days: readonly Weekday[], zone: string): string => {
  const start = zoned(at, zone);
  const plainTime = Temporal.PlainTime.from(time);
  // A week and a day, since today's may be past already.
  for (let day = 0; day <= 7; day += 1) {
    const date = start.toPlainDate().add({ days: day });
    if (days.length > 0 && !days.includes(WEEKDAYS[date.dayOfWeek - 1] as Weekday)) continue;
    const candidate = date.toZonedDateTime({ timeZone: zone, plainTime });
    if (Temporal.ZonedDateTime.compare(candidate, start) >= 0) return iso(candidate.toInstant());
  }
  throw new RangeError(`no day of ${days.join(', ')} within a week`);
};

/** The local day, YYYY-MM-DD. */
export const localDayIn = (at: string, zone: string): string => zoned(at, zone).toPlainDate().toString();

/** What a local clock shows: HH:MM. */
export const localTimeIn = (at: string, zone: string): string => zoned(at, zone).toPlainTime().toString().slice(0, 5);

/** Whether today's local time is past already and today is one of the days. */
export const localTimeIsPast = (at: string, time: string, days: readonly Weekday[], zone: string): boolean => {
  const start = zoned(at, zone);
  const today = WEEKDAYS[start.dayOfWeek - 1] as Weekday;
  return (days.length === 0 || days.includes(today)) && Temporal.PlainTime.compare(start.toPlainTime(), Temporal.PlainTime.from(time)) > 0;
};

/** The earlier of two times. */
export const earliest = (one: string, other: string): string => (Date.parse(one) <= Date.parse(other) ? one : other);

/** When the local day, week (from Monday) or month began that a time is in. */
export const startOfLocalPeriod = (at: string, period: 'day' | 'week' | 'month', zone: string): string => {
  const day = zoned(at, zone).toPlainDate();
  const first = period === 'month' ? day.with({ day: 1 }) : period === 'week' ? day.subtract({ days: day.dayOfWeek - 1 }) : day;
  return iso(first.toZonedDateTime(zone).toInstant());
};

/** When a day (YYYY-MM-DD), or the one so many days after it, begins in a time zone. */
export const startOfDay = (day: string, zone: string, after = 0): string =>
  iso(Temporal.PlainDate.from(day).add({ days: after }).toZonedDateTime(zone).toInstant());
