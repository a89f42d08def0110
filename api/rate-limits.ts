import { LRUCache } from 'lru-cache';
import { DomainError } from '../domain/errors.ts';
import { admit, DEFAULT_RATE_LIMITS, type RateLimits } from '../domain/rate-limit.ts';
import type { Caller } from './auth.ts';

/** How many callers are remembered; whoever is pushed out starts afresh. */
const MOST_SUBJECTS = 50_000;

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

/**
 * Counts in the memory of this process: nothing is read or written for it. Of several processes each grants the whole limit to what
 * reaches it (docs/decisions says why).
 */
export const createRateLimits = (defaults: Readonly<RateLimits> = DEFAULT_RATE_LIMITS, clock: () => number = () => performance.now()) => {
  const fullAt = new LRUCache<string, number>({ max: MOST_SUBJECTS });
  const keyOf = ({ limit, of }: Count): string => `${limit} ${of}`;
  const limitOf = (caller: Caller, limit: keyof RateLimits): number => caller.rateLimits?.[limit] ?? defaults[limit];

  /** The tightest of what is counted; refused where one of them is used up. */
  const take = (caller: Caller, counts: Count[], now: number): Verdict => {
    const headers: Record<string, string> = {};
    let least = Number.POSITIVE_INFINITY;
    const taken: [string, number][] = [];
    for (const count of counts) {
      const perMinute = limitOf(caller, count.limit);
      if (perMinute === 0) continue;
      const key = keyOf(count);
      const { admitted, left, waitMs, fullAt: next } = admit(fullAt.get(key), now, perMinute);
      if (!admitted) return refused(count.limit, perMinute, waitMs);
      taken.push([key, next]);
      if (left >= least) continue;
      least = left;
      headers['X-Rate-Limit-Limit'] = String(perMinute);
      headers['X-Rate-Limit-Remaining'] = String(left);
    }
    // What is refused takes from none of them.
    for (const [key, next] of taken) fullAt.set(key, next);
    return { headers, refusal: null };
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
    request: (caller: Caller, address: string | null): Verdict => take(caller, requestsOf(caller, address), clock()),

    /** Whether more codes may be tried. What is under way meanwhile is counted when it has failed. */
    mayGuess: (caller: Caller, address: string | null, customer: string | null): Verdict | null => {
      const now = clock();
      for (const count of guessersOf(caller, address, customer)) {
        const perMinute = limitOf(caller, count.limit);
        const known = fullAt.get(keyOf(count));
        if (perMinute === 0 || known === undefined) continue;
        const { admitted, waitMs } = admit(known, now, perMinute);
        if (!admitted) return refused(count.limit, perMinute, waitMs);
      }
      return null;
    },

    /** A code was tried that does not exist, or is said not to. */
    failed: (caller: Caller, address: string | null, customer: string | null): void => {
      const now = clock();
      for (const count of guessersOf(caller, address, customer)) {
        const perMinute = limitOf(caller, count.limit);
        if (perMinute > 0) fullAt.set(keyOf(count), admit(fullAt.get(keyOf(count)), now, perMinute).fullAt);
      }
    },
  };
};

export type RateLimiter = ReturnType<typeof createRateLimits>;
