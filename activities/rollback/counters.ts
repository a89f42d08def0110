import type { Tx } from '../../db/client.ts';
import { changeCounting, sendNow, shareCounting, takeCounters, writeCounters } from '../../db/checkout/counters.ts';
import { findProject } from '../../db/project/projects.ts';
import type { Redemption } from '../../db/checkout/redemptions.ts';
import { countersNeeded } from '../../domain/checkout/counted.ts';
import { takenOf, type Share } from '../../domain/checkout/counters.ts';
import type { RedeemableState } from '../../domain/checkout/redeemable.ts';

/** What a redemption of the ledger added to its counters. */
const shareOf = ({ amount, credits, points, order }: Redemption): Share => ({
  count: 1,
  amount: amount - (credits ?? 0),
  orders_amount: Number(order?.['initial_amount'] ?? order?.['amount'] ?? 0),
  gift_credits: credits ?? 0,
  loyalty_points: points ?? 0,
});

/**
 * Keeps what has to be counted as it is until the transaction ends, for redemptions whose vouchers are locked. To be called before the
 * vouchers are read. Where a voucher was deleted nobody knows what it was counted in: its campaign's counters are then counted anew.
 */
export const holdCounting = async (
  tx: Tx,
  projectId: string,
  redemptions: readonly Redemption[],
  lockedIds: ReadonlySet<string>,
): Promise<void> => {
  const campaignsOf = (which: (each: Redemption) => boolean) => [
    ...new Set(redemptions.flatMap((each) => (each.campaignId !== null && which(each) ? [each.campaignId] : []))),
  ];
  const isGone = ({ voucherId, promotionTierId }: Redemption) => {
    const id = voucherId ?? promotionTierId;
    return id !== null && !lockedIds.has(id);
  };
  const anew = campaignsOf(isGone);
  const kept = campaignsOf((each) => !isGone(each)).filter((id) => !anew.includes(id));
  if (kept.length > 0) await shareCounting(tx, projectId, kept);
  if (anew.length > 0) await changeCounting(tx, projectId, anew);
};

/**
 * Takes redemptions out of the counters that they are counted in, in the period in which they were made. To be called before the
 * ledger knows that they are taken back.
 */
export const giveBackCounters = async (
  tx: Tx,
  projectId: string,
  redemptions: readonly Redemption[],
  redeemableOf: (redemption: Redemption) => RedeemableState | undefined,
  now: Date,
): Promise<void> => {
  const zone = (await findProject(tx, projectId))?.timezone ?? 'UTC';
  const counted = redemptions.flatMap((each) => {
    const redeemable = redeemableOf(each);
    if (!redeemable) return [];
    const { customerId, at, createdAt } = each;
    const refs = countersNeeded(redeemable, { customerId, named: customerId !== null, at: (at ?? createdAt).getTime(), zone });
    return [{ refs, taken: takenOf(refs, shareOf(each)) }];
  });
  const refs = counted.flatMap((each) => each.refs);
  if (refs.length === 0) return;
  const { values } = await takeCounters(sendNow, tx, projectId, refs, { zone, now });
  const changed = new Map<string, number>();
  for (const { key, by } of counted.flatMap((each) => each.taken)) changed.set(key, (changed.get(key) ?? values.get(key)!) - by);
  // Those that were just made are filled here too.
  for (const [key, value] of values) if (!changed.has(key)) changed.set(key, value);
  await writeCounters(
    tx,
    projectId,
    [...changed].map(([key, value]) => ({ key, value })),
  );
};
