import type { Sql, Tx } from '../../db/client.ts';
import { forgetDueLooks } from '../../db/loyalty/tier-looks.ts';
import { findOverdueStandings, settleStandings, sweepTiersOn } from '../../db/loyalty/standings.ts';

/** How many sets of members one round looks through, and how many of whom a tier ends. */
const MOST_SETS = 20;
const MOST_OVERDUE = 500;

/** Looks the first members through in the transaction that changes a program's tiers, so that a small program is right at once. */
export const sweepTiersFirst = async (tx: Tx, program: { projectId: string; id: string }, now: Date): Promise<void> => {
  await sweepTiersOn(tx, now, program);
};

/**
 * Tells who comes to another tier by time alone, or because the tiers of their program changed.
 * @returns how many sets of members were looked through; repeatable at any moment
 */
export const sweepTiers = async (sql: Sql, now: Date): Promise<number> => {
  const overdue = await findOverdueStandings(sql, now, MOST_OVERDUE);
  if (overdue.length > 0)
    await sql.begin(async (tx) => {
      await settleStandings(tx, overdue, now);
      await forgetDueLooks(tx, overdue, now);
    });
  for (let sets = 0; sets < MOST_SETS; sets += 1) {
    const found = await sql.begin((tx) => sweepTiersOn(tx, now));
    if (!found) return sets;
  }
  return MOST_SETS;
};
