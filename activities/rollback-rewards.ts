import { countRewards, lockGivenRewards } from '../db/card-rewards.ts';
import type { Tx } from '../db/client.ts';
import { withdrawCoupons } from '../db/journey-vouchers.ts';
import { findPointsSpendings } from '../db/points-transactions.ts';
import { findProject } from '../db/projects.ts';
import type { NewRollback, Redemption } from '../db/redemptions.ts';
import { lockLoyaltyCards } from './loyalty-card.ts';
import { refundPoints } from './points-refund.ts';
import type { KnownVoucher } from './voucher-states.ts';

/** A reward as the ledger keeps it. */
interface KeptReward {
  parameters?: { campaign?: { balance?: number } };
  voucher?: { id: string } | null;
}

/** The code that a redemption gave, where it gave one and no balance. */
const couponOf = ({ reward }: Redemption): string[] => {
  const { voucher, parameters } = (reward ?? {}) as KeptReward;
  return voucher && parameters?.campaign?.balance === undefined ? [voucher.id] : [];
};

/** The vouchers that go with redemptions: what was redeemed, and codes that were given for points. To be locked together. */
export const vouchersWith = (redemptions: readonly Redemption[]): string[] =>
  redemptions.flatMap((each) => [...(each.voucherId === null ? [] : [each.voucherId]), ...couponOf(each)]);

const gave = (redemptions: readonly Redemption[]): Redemption[] => redemptions.filter(({ reward }) => reward !== null);

/** Locks rewards that redemptions gave, after their vouchers and before counters. */
export const lockRewardsOf = async (tx: Tx, projectId: string, redemptions: readonly Redemption[]): Promise<void> => {
  const ids = gave(redemptions).map(({ id }) => id);
  if (ids.length > 0) await lockGivenRewards(tx, projectId, ids);
};

/**
 * Gives points back to the cards that spent them, and what was given for them to the stock; a code that nobody has used is withdrawn. What was
 * added to another card stays there. A card that was deleted gets nothing.
 */
export const takeBackRewards = async (
  tx: Tx,
  projectId: string,
  rollbacks: readonly NewRollback[],
  vouchers: ReadonlyMap<string, KnownVoucher>,
  now: Date,
): Promise<void> => {
  const redemptions = gave(rollbacks.map(({ of }) => of));
  if (redemptions.length === 0) return;
  const counts = new Map<string, number>();
  for (const { rewardId } of redemptions) counts.set(rewardId!, (counts.get(rewardId!) ?? 0) - 1);
  await countRewards(tx, projectId, counts);
  await withdrawCoupons(tx, projectId, redemptions.flatMap(couponOf), 'unredeemed', 'The redemption that gave it was taken back', now);

  const project = (await findProject(tx, projectId))!;
  const ids = redemptions.flatMap(({ voucherId }) => voucherId ?? []);
  const cards = new Map((await lockLoyaltyCards(tx, project, { ids }, now)).map((card) => [card.id, card]));
  const byRedemption = new Map(rollbacks.map((rollback) => [rollback.of.id, rollback]));
  const spendings = await findPointsSpendings(
    tx,
    projectId,
    redemptions.map(({ id }) => id),
  );
  const refunds = spendings.flatMap((spending) => {
    const card = cards.get(spending.voucherId);
    const { id: rollbackId, reason } = byRedemption.get(spending.redemptionId!)!;
    return card ? [{ card, spending, rollbackId, reason }] : [];
  });
  await refundPoints(tx, project, refunds, now);
  for (const { id, card } of cards.values()) {
    const voucher = vouchers.get(id);
    if (voucher) voucher.card = card;
  }
};
