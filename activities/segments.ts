import type { Sql, Tx } from '../db/client.ts';
import { findSweptBefore, lockUnswept, restartSweep, sweepOn } from '../db/customer/segment-members.ts';
import { changesWithTime, type Segment } from '../db/customer/segments.ts';

const HOUR_MS = 3_600_000;

/** How many sets of customers one round looks through. */
const MOST_SETS = 20;

/** Looks the first customers through in the transaction that makes or changes a segment, so that a small one is right at once. */
export const sweepFirst = async (tx: Tx, segment: Segment, now: Date): Promise<Segment> => {
  let swept = segment;
  for (let set = 0; set < 5 && swept.sweptTo !== null; set += 1) swept = await sweepOn(tx, swept, now);
  return swept;
};

/**
 * Tells who entered and left auto-update segments since they were made, changed, or, where time alone moves their members, an hour ago.
 * @returns how many sets of customers were looked through; repeatable at any moment
 */
export const sweepSegments = async (sql: Sql, now: Date): Promise<number> => {
  const stale = (await findSweptBefore(sql, new Date(now.getTime() - HOUR_MS))).filter(changesWithTime);
  if (stale.length > 0) await restartSweep(sql, stale);
  for (let sets = 0; sets < MOST_SETS; sets += 1) {
    const found = await sql.begin(async (tx) => {
      const segment = await lockUnswept(tx);
      if (segment) await sweepOn(tx, segment, now);
      return segment !== null;
    });
    if (!found) return sets;
  }
  return MOST_SETS;
};
