import { countRewards, lockGivenRewards } from '../../db/loyalty/card-rewards.ts';
import type { Tx } from '../../db/client.ts';
import { withdrawCoupons } from '../../db/journey/vouchers.ts';
import { findPointsTransactionsOf } from '../../db/loyalty/points-transactions.ts';
import { findProject } from '../../db/project/projects.ts';
import { lockVouchersById, type NewRollback, type Redemption } from '../../db/checkout/redemptions.ts';
import { lockLoyaltyCards } from '../loyalty/card.ts';
import { takeBackAdditions, type CardReturn, type TakenBack } from './card-returns.ts';
import { refundPoints } from '../loyalty/points-refund.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

/** A reward as the ledger keeps it. */
interface KeptReward {
  parameters?: { campaign?: { balance?: number } };
  voucher?: { id: string; code: string } | null;
}

/** The code that a redemption gave, where it gave one and no balance. */
const couponOf = ({ reward }: Redemption): string[] => {
  const { voucher, parameters } = (reward ?? {}) as KeptReward;
  return voucher && parameters?.campaign?.balance === undefined ? [voucher.id] : [];
};

/** What a redemption added to another card. */
const additionOf = (rollback: NewRollback): CardReturn[] => {
  const { voucher, parameters } = (rollback.of.reward ?? {}) as KeptReward;
  const added = parameters?.campaign?.balance;
  return voucher && added !== undefined ? [{ rollback, voucherId: voucher.id, code: voucher.code, added }] : [];
};

/**
 * Locks the vouchers that go with redemptions: what was redeemed and what was given for points, and then what was added to, as a redemption
 * does that adds to a card. Those that were deleted are missing.
 */
export const lockVouchersOf = async (tx: Tx, projectId: string, redemptions: readonly Redemption[]) => {
  const redeemed = new Set(redemptions.flatMap((each) => [...(each.voucherId === null ? [] : [each.voucherId]), ...couponOf(each)]));
  const added = redemptions.flatMap(({ reward }) => (reward as KeptReward | null)?.voucher?.id ?? []).filter((id) => !redeemed.has(id));
  const first = await lockVouchersById(tx, projectId, [...redeemed]);
  return added.length > 0 ? [...first, ...(await lockVouchersById(tx, projectId, added))] : first;
};

const gave = (redemptions: readonly Redemption[]): Redemption[] => redemptions.filter(({ reward }) => reward !== null);

/** Locks rewards that redemptions gave, after their vouchers and before counters. */
export const lockRewardsOf = async (tx: Tx, projectId: string, redemptions: readonly Redemption[]): Promise<void> => {
  const ids = gave(redemptions).map(({ id }) => id);
  if (ids.length > 0) await lockGivenRewards(tx, projectId, ids);
};

/**
 * Gives points back to the cards that spent them, and what was given for them to the stock; a code that nobody has used is withdrawn, and what
 * was added to another card goes from there, as far as it is there still. A card that was deleted gets nothing.
 * @returns what went from other cards, by redemption
 */
export const takeBackRewards = async (
  tx: Tx,
  projectId: string,
  rollbacks: readonly NewRollback[],
  vouchers: ReadonlyMap<string, KnownVoucher>,
  now: Date,
): Promise<Map<string, TakenBack>> => {
  const redemptions = gave(rollbacks.map(({ of }) => of));
  if (redemptions.length === 0) return new Map();
  const counts = new Map<string, number>();
  for (const { rewardId } of redemptions) counts.set(rewardId!, (counts.get(rewardId!) ?? 0) - 1);
  await countRewards(tx, projectId, counts);
  await withdrawCoupons(tx, projectId, redemptions.flatMap(couponOf), 'unredeemed', 'The redemption that gave it was taken back', now);

  const project = (await findProject(tx, projectId))!;
  const additions = rollbacks.flatMap(additionOf);
  const ids = [...redemptions.flatMap(({ voucherId }) => voucherId ?? []), ...additions.map(({ voucherId }) => voucherId)];
  const cards = new Map((await lockLoyaltyCards(tx, project, { ids }, now)).map((card) => [card.id, card]));
  const byRedemption = new Map(rollbacks.map((rollback) => [rollback.of.id, rollback]));
  const redemptionIds = redemptions.map(({ id }) => id);
  const spendings = await findPointsTransactionsOf(tx, projectId, redemptionIds, 'POINTS_REDEMPTION');
  const refunds = spendings.flatMap((spending) => {
    const card = cards.get(spending.voucherId);
    const { id: rollbackId, reason } = byRedemption.get(spending.redemptionId!)!;
    return card ? [{ card, spending, rollbackId, reason }] : [];
  });
  await refundPoints(tx, project, refunds, now);
  const taken = await takeBackAdditions(tx, projectId, additions, { cards, vouchers }, now);
  for (const { id, card } of cards.values()) {
    const voucher = vouchers.get(id);
    if (voucher) voucher.card = card;
  }
  return taken;
};
