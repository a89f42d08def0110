import { LRUCache } from 'lru-cache';
import type { Posted } from '../../activities/delivery/post.ts';
import { DomainError } from '../../domain/errors.ts';

/** Fetches what is public, and nothing inside. */
export interface Fetcher {
  get: (url: URL) => Promise<Posted>;
}

const KEPT_MS = 24 * 3_600_000;

/** Fetches certificates once a day; posts that wait for the same one share the fetch. */
export const createCertificates = ({ get }: Fetcher) => {
  const kept = new LRUCache<string, Promise<string>>({ max: 100, ttl: KEPT_MS });

  const fetch = async (url: string): Promise<string> => {
    const answer = await get(new URL(url));
    if (!('failure' in answer) && answer.status === 200 && answer.body.includes('-----BEGIN ')) return answer.body;
    const why = 'failure' in answer ? answer.failure : `it answered ${answer.status}`;
    // Not the sender's fault: it may come again.
    throw new DomainError('service_unavailable', 'The certificate that signed this post cannot be fetched.', { details: `${url}: ${why}` });
  };

  return (url: string): Promise<string> => {
    const known = kept.get(url);
    if (known) return known;
    const fetching = fetch(url);
    fetching.catch(() => kept.delete(url));
    kept.set(url, fetching);
    return fetching;
  };
};
