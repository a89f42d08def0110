import { forgetAccessTokens } from '../db/project/access-tokens.ts';
import { redeemByThemselves, type AutoRedemptionDeps } from './loyalty/auto-redemption.ts';
import { wakeStalledActions } from '../db/bulk/async-actions.ts';
import type { Sql } from '../db/client.ts';
import { forgetPastCounters } from '../db/checkout/counters.ts';
import { forgetExports } from '../db/bulk/export-chunks.ts';
import { forgetAnswers } from '../db/idempotency.ts';
import { finishDrains } from '../db/journey/journeys.ts';
import { wakeStalledLaunches } from '../db/journey/launches.ts';
import { releaseHeldEvents } from '../db/event/outbox.ts';
import { forgetSessionLocks } from '../db/checkout/session-locks.ts';
import { maintainDays } from '../db/checkout/validations.ts';
import { correctDueCohorts, wakeOverdueCohorts, wakeOverdueDestinations } from '../db/journey/wakes.ts';
import { settleDuePoints } from './loyalty/due-points.ts';
import { sweepTiers } from './loyalty/tiers.ts';
import { retryRefereeRewards, type RefereeRewardsDeps } from './referral/referee-rewards.ts';
import { sweepSegments } from './segments.ts';

export interface WatchDeps extends RefereeRewardsDeps, AutoRedemptionDeps {
  sql: Sql;
}

/** What one round wakes at the most; the next round goes on. */
const MOST_WAKES = 1000;
const HELD_MS = 5 * 60_000;
const EXPORTS_KEPT_MS = 7 * 86_400_000;

export type WatchActivities = ReturnType<typeof createWatchActivities>;

/** What looks after the rest: a lost signal or timer costs a minute, not a customer. */
export const createWatchActivities = ({ sql, now, redeem, ...giving }: WatchDeps) => ({
  /**
   * Asks to wake what is overdue, lets events that stand aside be tried again, closes journeys that have drained, puts points
   * that waited on loyalty cards and takes off those that expire, redeems what members get by themselves, tells who entered and left segments and tiers, and tries again to give
   * rewards that could not be given.
   */
  wakeOverdue: async () => ({
    cohorts: await wakeOverdueCohorts(sql, MOST_WAKES),
    corrected: await correctDueCohorts(sql, MOST_WAKES),
    destinations: await wakeOverdueDestinations(sql, MOST_WAKES),
    actions: await wakeStalledActions(sql, MOST_WAKES),
    launches: await wakeStalledLaunches(sql, MOST_WAKES),
    events: await releaseHeldEvents(sql, new Date(now().getTime() - HELD_MS)),
    drained: (await finishDrains(sql, now())).length,
    segments: await sweepSegments(sql, now()),
    points: await settleDuePoints(sql, now()),
    tiers: await sweepTiers(sql, now()),
    rewards: await retryRefereeRewards(sql, { now, ...giving }),
    // At last, since it fails where a card cannot be looked at.
    redeemed: await redeemByThemselves({ sql, now, redeem }),
  }),

  /** Makes room for the next days and forgets what is kept for a day or a week. */
  tidyUp: async (): Promise<{ answers: number }> => {
    await maintainDays(sql, now());
    await forgetPastCounters(sql, now());
    await forgetSessionLocks(sql, now());
    await forgetAccessTokens(sql, now());
    await forgetExports(sql, new Date(now().getTime() - EXPORTS_KEPT_MS));
    return { answers: await forgetAnswers(sql) };
  },
});
