import { DomainError } from '../../domain/errors.ts';
import { DEFAULT_RATE_LIMITS, MINUTE_MS, type RateLimits } from '../../domain/rate-limit.ts';
import type { Caller } from './auth.ts';
import type { Bucket, SharedBuckets } from './shared-buckets.ts';

/** What is counted, and for whom. */
interface Count {
  limit: keyof RateLimits;
  of: string;
}

export interface Verdict {
  /** Sent with the answer, whatever it is. */
  headers: Record<string, string>;
  refusal: DomainError | null;
}

const seconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1_000)));

const refusalOf = (limit: keyof RateLimits, perMinute: number, wait: string): DomainError =>
  new DomainError('too_many_requests', 'Too many requests', {
    details: limit.endsWith('_failures')
      ? `More than ${perMinute} codes that do not exist were tried within a minute. Try again in ${wait} s.`
      : `More than ${perMinute} requests came within a minute. Try again in ${wait} s.`,
  });

/** A limit that counts, and its bucket. */
interface Counted extends Bucket {
  limit: keyof RateLimits;
}

/** Counts requests and guesses in buckets that all API processes share (docs/decisions/0009 says how). */
export const createRateLimits = (buckets: SharedBuckets, defaults: Readonly<RateLimits> = DEFAULT_RATE_LIMITS) => {
  const bucketsOf = (caller: Caller, counts: Count[]): Counted[] =>
    counts.flatMap(({ limit, of }) => {
      const count = caller.rateLimits?.[limit] ?? defaults[limit];
      return count === 0 ? [] : [{ limit, name: `${limit} ${of}`, count, windowMs: MINUTE_MS }];
    });

  /** The tightest of what is counted; refused where one of them is used up. */
  const take = (counted: Counted[]): Verdict | Promise<Verdict> => {
    const unsure = buckets.unsure(counted);
    if (unsure !== null) return unsure.then(() => take(counted));
    // What is refused takes from none of them.
    for (const bucket of counted) {
      const { admitted, waitMs } = buckets.look(bucket);
      if (!admitted) return refused(bucket.limit, bucket.count, waitMs);
    }
    const headers: Record<string, string> = {};
    let least = Number.POSITIVE_INFINITY;
    for (const bucket of counted) {
      const { left } = buckets.use(bucket);
      if (left >= least) continue;
      least = left;
      headers['X-Rate-Limit-Limit'] = String(bucket.count);
      headers['X-Rate-Limit-Remaining'] = String(left);
    }
    return { headers, refusal: null };
  };

  const mayTry = (counted: Counted[]): Verdict | null | Promise<Verdict | null> => {
    const unsure = buckets.unsure(counted);
    if (unsure !== null) return unsure.then(() => mayTry(counted));
    for (const bucket of counted) {
      const { admitted, waitMs } = buckets.look(bucket);
      if (!admitted) return refused(bucket.limit, bucket.count, waitMs);
    }
    return null;
  };

  const refused = (limit: keyof RateLimits, perMinute: number, waitMs: number): Verdict => {
    const wait = seconds(waitMs);
    return {
      headers: {
        'X-Rate-Limit-Limit': String(perMinute),
        'X-Rate-Limit-Remaining': '0',
        'X-Rate-Limit-Retry': wait,
        'X-Rate-Limit-Type': limit,
        'Retry-After': wait,
      },
      refusal: refusalOf(limit, perMinute, wait),
    };
  };

  const requestsOf = ({ apiKey, project }: Caller, address: string | null): Count[] => [
    ...(address === null ? [] : [{ limit: 'address_requests', of: `${project.id} ${address}` } as const]),
    { limit: 'key_requests', of: apiKey.id },
    { limit: 'project_requests', of: project.id },
  ];

  /** Who tried codes: the key, the browser's address, and the customer that the request names. */
  const guessersOf = ({ apiKey, project }: Caller, address: string | null, customer: string | null): Count[] => [
    { limit: 'key_failures', of: apiKey.id },
    ...(address === null ? [] : [{ limit: 'address_failures', of: `${project.id} ${address}` } as const]),
    ...(customer === null ? [] : [{ limit: 'customer_failures', of: `${project.id} ${customer}` } as const]),
  ];

  return {
    /** Counts a request. @param address the browser's; null on the server side, where many shoppers come from one */
    request: (caller: Caller, address: string | null): Verdict | Promise<Verdict> => take(bucketsOf(caller, requestsOf(caller, address))),

    /** Whether more codes may be tried. What is under way meanwhile is counted when it has failed. */
    mayGuess: (caller: Caller, address: string | null, customer: string | null): Verdict | null | Promise<Verdict | null> =>
      mayTry(bucketsOf(caller, guessersOf(caller, address, customer))),

    /** A code was tried that does not exist, or is said not to. */
    failed: (caller: Caller, address: string | null, customer: string | null): void => {
      for (const bucket of bucketsOf(caller, guessersOf(caller, address, customer))) buckets.use(bucket);
    },
  };
};

export type RateLimiter = ReturnType<typeof createRateLimits>;
