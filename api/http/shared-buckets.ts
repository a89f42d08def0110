import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Sql } from '../../db/client.ts';
import { removeFullRateBuckets, useRateBuckets } from '../../db/project/rate-buckets.ts';
import { admit, type Admission } from '../../domain/rate-limit.ts';

/** What may be used `count` times in a window. */
export interface Bucket {
  /** What is limited, and for whom. */
  name: string;
  count: number;
  windowMs: number;
}

/** A bucket as this process knows it. What it used and has not told, or is telling, is in milliseconds of the window. */
interface Kept {
  key: string | null;
  fullAt: number;
  untold: number;
  beingTold: number;
}

/** How many buckets are remembered; what is pushed out is heard of again when it is told. */
const MOST_BUCKETS = 50_000;
/** A process may have used so much of a window that the others do not know of, but always one. */
const MOST_UNTOLD = 1 / 20;
/** What is little waits so long to be told together with others. */
const TELL_AFTER_MS = 500;
/** Where Postgres does not answer, each process counts for itself, and asks again after this. */
const ALONE_MS = 1_000;
const CLEAN_EVERY_MS = 60_000;

/**
 * Counts in this process's memory, and tells Postgres in the background what was used, which says what all processes used together. Only
 * who uses a lot at once waits for that; so together they exceed a limit by a twentieth for each other process at most, and make up for it afterwards.
 */
export const createSharedBuckets = (sql: Sql, clock: () => number = () => performance.now()) => {
  const buckets = new LRUCache<string, Kept>({ max: MOST_BUCKETS });
  let changed = new Map<string, Kept>();
  let telling: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let aloneUntil = Number.NEGATIVE_INFINITY;
  let cleanAt = Number.NEGATIVE_INFINITY;

  const tellAll = async (): Promise<void> => {
    const told = changed;
    changed = new Map();
    const uses = [...told].map(([name, each]) => {
      each.key ??= createHash('sha256').update(name).digest('base64url');
      each.beingTold = each.untold;
      each.untold = 0;
      return { key: each.key, ms: each.beingTold };
    });
    try {
      const rests = await useRateBuckets(sql, uses);
      const now = clock();
      for (const each of told.values()) {
        each.fullAt = now + (rests.get(each.key ?? '') ?? 0) + each.untold;
        each.beingTold = 0;
      }
      if (now >= cleanAt) {
        cleanAt = now + CLEAN_EVERY_MS;
        await removeFullRateBuckets(sql);
      }
    } catch {
      // A limit is no reason to refuse anybody; what was used is told later.
      aloneUntil = clock() + ALONE_MS;
      for (const [name, each] of told) {
        each.untold += each.beingTold;
        each.beingTold = 0;
        changed.set(name, each);
      }
    }
  };

  const tell = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    telling ??= tellAll().finally(() => (telling = null));
    return telling;
  };

  const tellLater = (): void => {
    timer ??= setTimeout(() => void tell(), TELL_AFTER_MS).unref();
  };

  const intervalOf = ({ count, windowMs }: Bucket): number => windowMs / count;
  const mostUntold = (bucket: Bucket): number => Math.max(intervalOf(bucket), bucket.windowMs * MOST_UNTOLD);

  /** How a bucket stands, as far as is known here. */
  const look = ({ name, count, windowMs }: Bucket): Admission => admit(buckets.get(name)?.fullAt, clock(), count, windowMs);

  return {
    look,

    /** Uses a bucket once where it may be used. */
    use: (bucket: Bucket): Admission => {
      const admission = look(bucket);
      if (!admission.admitted) return admission;
      const each = buckets.get(bucket.name) ?? { key: null, fullAt: 0, untold: 0, beingTold: 0 };
      each.fullAt = admission.fullAt;
      each.untold += intervalOf(bucket);
      buckets.set(bucket.name, each);
      changed.set(bucket.name, each);
      if (each.untold >= mostUntold(bucket) / 2 && clock() >= aloneUntil) void tell();
      else tellLater();
      return admission;
    },

    /** Null where all of them may be looked at now; else what to wait for before asking again: others may have used them as well. */
    unsure: (wanted: readonly Bucket[]): Promise<void> | null => {
      const isUnsure = (bucket: Bucket): boolean => {
        const each = buckets.get(bucket.name);
        if (each === undefined) return false;
        const unknown = each.untold + each.beingTold;
        return unknown > 0 && unknown + intervalOf(bucket) > mostUntold(bucket) * 1.001;
      };
      return wanted.some(isUnsure) && clock() >= aloneUntil ? tell() : null;
    },
  };
};

export type SharedBuckets = ReturnType<typeof createSharedBuckets>;
