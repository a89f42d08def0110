import { Temporal } from 'temporal-polyfill';
import { refuse, type Refusal } from './refusal.ts';

/**
 * When something is valid beside its start and end, in the shapes of the Voucherify API. All that is given has to hold at once. Days and hours are
 * those that a clock shows in the zone: an hour that daylight saving skips is never, one that comes twice is twice.
 */
export interface ValidityWindow {
  /** ISO 8601 durations: every `interval` from the start on, for `duration`. */
  validity_timeframe?: { interval: string; duration: string };
  /** 0 is Sunday. */
  validity_day_of_week?: readonly number[];
  validity_hours?: { daily: readonly DailyHours[] };
  /** IANA; the project's where it is left out. */
  timezone?: string;
}

/** HH:MM. Hours that end before they begin, or with it, go over midnight and belong to the day on which they begin. */
interface DailyHours {
  start_time: string;
  expiration_time: string;
  days_of_week?: readonly number[];
}

/** Whose window it is: times in epoch milliseconds. */
interface Windowed {
  /** Such as `Voucher ABC`. */
  what: string;
  startsAt: number | null;
  endsAt: number | null;
}

type Zoned = Temporal.ZonedDateTime;

/** One condition of a window: the first time at or after another when it holds; null: never again. */
interface Opening {
  field: string;
  from: (at: Zoned) => Zoned | null;
}

/** More openings that miss each other in a row do not meet. */
const MOST_STEPS = 150;

const zonedAt = (at: number, zone: string): Zoned => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);

/**
 * Why the window is closed now, with the next time when it is open.
 * @param zone IANA; of the project
 * @returns null where it is open
 */
export const refusalOfClosedWindow = (window: ValidityWindow, of: Windowed, at: number, zone: string): Refusal | null => {
  const now = zonedAt(at, window.timezone ?? zone);
  const openings = openingsOf(window, of.startsAt);
  const closed = openings.find(({ from }) => !isSame(from(now), now));
  if (!closed) return null;
  const next = nextOpen(openings, now);
  if (next === null || (of.endsAt !== null && next.epochMilliseconds >= of.endsAt))
    return refuse('voucher_not_active_now', closed.field, null, `${of.what} is not valid now, and will not be again`);
  const time = new Date(next.epochMilliseconds).toISOString();
  const local = next.toPlainDateTime().toString({ smallestUnit: 'minute' }).replace('T', ' ');
  return refuse(
    'voucher_not_active_now',
    closed.field,
    time,
    `${of.what} is not valid now. It is again from ${time} (${local} in ${next.timeZoneId})`,
  );
};

const isSame = (one: Zoned | null, other: Zoned): boolean => one !== null && one.epochNanoseconds === other.epochNanoseconds;

const openingsOf = (window: ValidityWindow, startsAt: number | null): Opening[] => {
  const { validity_timeframe: timeframe, validity_day_of_week: days, validity_hours: hours } = window;
  return [
    ...(timeframe && startsAt !== null ? [recurring(timeframe, startsAt)] : []),
    ...(days ? [onDays(days)] : []),
    ...(hours ? [inHours(hours.daily)] : []),
  ];
};

/** Each opening moves the time on to when it holds; where all let it stand, all hold. */
const nextOpen = (openings: readonly Opening[], now: Zoned): Zoned | null => {
  let at = now;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    let moved = false;
    for (const { from } of openings) {
      const next = from(at);
      if (next === null) return null;
      if (!isSame(next, at)) [at, moved] = [next, true];
    }
    if (!moved) return at;
  }
  return null;
};

const onDays = (days: readonly number[]): Opening => ({
  field: 'validity_day_of_week',
  from: (at) => {
    for (let ahead = 0; ahead <= 7; ahead += 1) {
      const date = at.toPlainDate().add({ days: ahead });
      if (days.includes(date.dayOfWeek % 7)) return ahead === 0 ? at : date.toZonedDateTime(at.timeZoneId);
    }
    return null;
  },
});

const inHours = (daily: readonly DailyHours[]): Opening => {
  const windows = daily.map(({ start_time: start, expiration_time: end, days_of_week: days }) => ({
    start: Temporal.PlainTime.from(start),
    end: Temporal.PlainTime.from(end),
    opensOn: (date: Temporal.PlainDate): boolean => days === undefined || days.includes(date.dayOfWeek % 7),
  }));

  const isOpen = (at: Zoned): boolean => {
    const time = at.toPlainTime();
    const date = at.toPlainDate();
    return windows.some(({ start, end, opensOn }) => {
      const begun = Temporal.PlainTime.compare(time, start) >= 0;
      const ended = Temporal.PlainTime.compare(time, end) >= 0;
      if (Temporal.PlainTime.compare(start, end) < 0) return begun && !ended && opensOn(date);
      return (begun && opensOn(date)) || (!ended && opensOn(date.subtract({ days: 1 })));
    });
  };

  /** Where a closed clock can open on a day: at midnight, where hours begin, and where the clock is set. */
  const candidates = (date: Temporal.PlainDate, zone: string): Zoned[] => {
    const midnight = date.toZonedDateTime(zone);
    const change = midnight.subtract({ nanoseconds: 1 }).getTimeZoneTransition('next');
    const begins = windows.flatMap(({ start }) =>
      (['earlier', 'later'] as const).map((disambiguation) => date.toPlainDateTime(start).toZonedDateTime(zone, { disambiguation })),
    );
    return [midnight, ...begins, ...(change && change.toPlainDate().equals(date) ? [change] : [])];
  };

  return {
    field: 'validity_hours',
    from: (at) => {
      if (isOpen(at)) return at;
      for (let ahead = 0; ahead <= 8; ahead += 1) {
        const [next] = candidates(at.toPlainDate().add({ days: ahead }), at.timeZoneId)
          .filter((each) => Temporal.ZonedDateTime.compare(each, at) > 0 && isOpen(each))
          .toSorted((one, other) => Temporal.ZonedDateTime.compare(one, other));
        if (next) return next;
      }
      return null;
    },
  };
};

const recurring = ({ interval, duration }: { interval: string; duration: string }, startsAt: number): Opening => ({
  field: 'validity_timeframe',
  from: (at) => {
    const first = zonedAt(startsAt, at.timeZoneId);
    const every = Temporal.Duration.from(interval);
    /** From the first on, so that the 31st of a month is met again after a shorter one. */
    const begin = (count: number): Zoned => first.add(multiplied(every, count));
    if (Temporal.ZonedDateTime.compare(at, first) <= 0) return first;
    const length = every.total({ unit: 'millisecond', relativeTo: first });
    let count = Math.max(0, Math.floor((at.epochMilliseconds - startsAt) / length));
    while (count > 0 && Temporal.ZonedDateTime.compare(begin(count), at) > 0) count -= 1;
    while (Temporal.ZonedDateTime.compare(begin(count + 1), at) <= 0) count += 1;
    return Temporal.ZonedDateTime.compare(at, begin(count).add(duration)) < 0 ? at : begin(count + 1);
  },
});

const multiplied = (duration: Temporal.Duration, by: number): Temporal.Duration =>
  Temporal.Duration.from({
    years: duration.years * by,
    months: duration.months * by,
    weeks: duration.weeks * by,
    days: duration.days * by,
    hours: duration.hours * by,
    minutes: duration.minutes * by,
    seconds: duration.seconds * by,
  });

const LONGEST_INTERVAL_DAYS = 3660;
const SHORTEST_INTERVAL_SECONDS = 60;

/** What is wrong with a timeframe. @returns null where nothing is */
export const timeframeProblem = (interval: string, duration: string): string | null => {
  const relativeTo = Temporal.PlainDate.from('2025-01-01');
  const [every, lasts] = [Temporal.Duration.from(interval), Temporal.Duration.from(duration)];
  const seconds = (each: Temporal.Duration): number => each.total({ unit: 'second', relativeTo });
  if (seconds(lasts) <= 0) return 'must last longer than nothing';
  if (seconds(every) < SHORTEST_INTERVAL_SECONDS || seconds(every) > LONGEST_INTERVAL_DAYS * 86_400)
    return 'must have an interval of one minute to ten years';
  return seconds(lasts) > seconds(every) ? 'must not last longer than its interval' : null;
};
