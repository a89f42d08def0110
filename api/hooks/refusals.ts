import { LRUCache } from 'lru-cache';
import type { Sql } from '../../db/client.ts';
import { keepRefusedPost } from '../../db/source/refused-posts.ts';
import { admit } from '../../domain/rate-limit.ts';
import { keptHeaders } from '../../domain/webhook/headers.ts';
import type { ArrivedPost } from './arrived-post.ts';
import type { KnownSource } from './known-sources.ts';

/** So many refusals of a source are written down in a second: anybody can make them, and the last ones say enough. */
const KEPT_PER_SECOND = 2;

/** Keeps the last posts that were refused, and why, for the person who sets a source up. */
export const createRefusals = (sql: Sql, now: () => Date) => {
  const fullAt = new LRUCache<string, number>({ max: 10_000 });
  return {
    keep: async ({ source, credentialHeaders }: KnownSource, post: ArrivedPost, reason: string): Promise<void> => {
      const kept = admit(fullAt.get(source.id), now().getTime(), KEPT_PER_SECOND, 1_000);
      if (!kept.admitted) return;
      fullAt.set(source.id, kept.fullAt);
      const headers = keptHeaders(post.headers as Record<string, string>, credentialHeaders);
      await keepRefusedPost(sql, source.projectId, { sourceId: source.id, reason, address: post.address, headers, body: post.body });
    },
  };
};
