/** How long a mail waits between attempts, in seconds: two days in all, since mail servers are down for hours, not for weeks. */
export const MAIL_RETRY_SCHEDULE = [60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600];

/** How long a webhook waits between attempts, in seconds: three days in all. */
export const WEBHOOK_RETRY_SCHEDULE = [5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];

/** How long a reward waits that could not be given, in seconds: nearly three days in all, in which somebody fills the pool, or enables the campaign. */
export const REWARD_RETRY_SCHEDULE = [60, 300, 1800, 2 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600];

const JITTER = 0.2;

/**
 * How long to wait before the next attempt, spread by ±20 %, so that what failed together does not come back together.
 * @param retries how often it was put off already
 * @param random a number from 0 to 1, exclusive
 * @returns milliseconds, or null where the schedule has come to its end
 */
export const retryDelay = (schedule: readonly number[], retries: number, random: number): number | null => {
  const seconds = schedule[retries];
  return seconds === undefined ? null : Math.round(seconds * 1000 * (1 - JITTER + 2 * JITTER * random));
};
