import { LRUCache } from 'lru-cache';

interface Bucket {
  tokens: number;
  at: number;
}

/** Counts the posts that this process takes of each source, at most its rate in each second, and a second's worth at once. */
export const createPostRate = () => {
  const buckets = new LRUCache<string, Bucket>({ max: 10_000 });
  /** @param now milliseconds since 1970; @returns null where the post may pass, else after how many seconds the next may */
  return (sourceId: string, ratePerSecond: number, now: number): number | null => {
    const bucket = buckets.get(sourceId) ?? { tokens: ratePerSecond, at: now };
    const refilled = Math.min(ratePerSecond, bucket.tokens + (Math.max(now - bucket.at, 0) / 1000) * ratePerSecond);
    const passes = refilled >= 1;
    buckets.set(sourceId, { tokens: passes ? refilled - 1 : refilled, at: now });
    return passes ? null : Math.max(1, Math.ceil((1 - refilled) / ratePerSecond));
  };
};
