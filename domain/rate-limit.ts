/** Limits of a minute; 0 is no limit. */
export interface RateLimits {
  /** Requests of a project, all its keys together. */
  project_requests: number;
  /** Requests of one API key. */
  key_requests: number;
  /** Requests of one address to /client/v1. */
  address_requests: number;
  /** Codes that do not exist, tried with one key. */
  key_failures: number;
  /** The same from one address at /client/v1. */
  address_failures: number;
  /** The same for one customer. */
  customer_failures: number;
}

/** So generous that a flash sale meets none of them, and a runaway loop does. */
export const DEFAULT_RATE_LIMITS: Readonly<RateLimits> = {
  project_requests: 1_200_000,
  key_requests: 600_000,
  address_requests: 300,
  key_failures: 3_000,
  address_failures: 60,
  customer_failures: 60,
};

/** The window that these limits count in. */
export const MINUTE_MS = 60_000;

/** How a limit stands: what may follow at once, or how long to wait. */
export interface Admission {
  admitted: boolean;
  /** How many more would be admitted now. */
  left: number;
  /** Until one more is admitted; 0 where it is now. */
  waitMs: number;
  /** What to keep for the next time: when the bucket is full again. */
  fullAt: number;
}

/**
 * A bucket that holds a window's worth and fills steadily (GCRA): one number says all of it. `fullAt` is what the last call gave, or
 * undefined, and `now` in milliseconds of one clock. It decides, and changes nothing where it refuses.
 */
export const admit = (fullAt: number | undefined, now: number, count: number, windowMs: number): Admission => {
  const interval = windowMs / count;
  const from = Math.max(fullAt ?? now, now);
  const after = from + interval - now;
  // Sums of fractions must not refuse the last one.
  if (after > windowMs + interval / 1_000) return { admitted: false, left: 0, waitMs: after - windowMs, fullAt: from };
  return { admitted: true, left: Math.max(0, Math.floor((windowMs - after) / interval + 0.001)), waitMs: 0, fullAt: from + interval };
};
