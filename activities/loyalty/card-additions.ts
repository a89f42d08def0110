import type { Tx } from '../../db/client.ts';
import { lockVouchers } from '../../db/journey/vouchers.ts';
import type { Project } from '../../db/project/projects.ts';
import { readClocks } from '../../db/checkout/redemptions.ts';
import { findVouchers, type Voucher } from '../../db/voucher/vouchers.ts';
import { lockedGiftOf, worthRefused } from '../voucher/gift-card.ts';
import { changeWorth, writeWorth, type BalanceChange, type LockedGift } from '../redemption/gift-balance.ts';
import { expiryOf, lockLoyaltyCards, pointsExceeded, type ProgramCard } from './card.ts';
import { changePoints, writePoints, type PointsChange } from './points.ts';

/** What a redemption adds to a card of a campaign: credits, in minor units, to a gift card, points to a loyalty card. */
export interface CardAddition {
  voucherId: string;
  amount: number;
  redemptionId: string;
  reason: string;
}

/** Adds credits in memory. @returns the card's worth after it */
const addCredits = (card: LockedGift, { amount, redemptionId, reason }: CardAddition, now: Date): BalanceChange => {
  const change = changeWorth(card, { amount, redemptionId, reason }, now);
  if (!change) throw worthRefused(card, amount);
  return change;
};

/** Adds points in memory. */
const addPoints = (card: ProgramCard, { amount, redemptionId, reason }: CardAddition, zone: string, now: Date): PointsChange => {
  const cause = { type: 'POINTS_ADDITION' as const, points: amount, expiresAt: expiryOf(card, zone), redemptionId, reason };
  const change = changePoints(card, cause, now);
  if (!change) throw pointsExceeded(card, cause);
  return change;
};

/** Gift cards among vouchers that are locked, by id. */
const giftsOf = async (tx: Tx, projectId: string, vouchers: readonly Voucher[], now: Date): Promise<Map<string, LockedGift>> => {
  const cards = vouchers.filter(({ giftAmount }) => giftAmount !== null);
  const holders = cards.flatMap(({ holderId }) => holderId ?? []);
  const clocks = holders.length > 0 ? await readClocks(tx, projectId, holders) : new Map<string, number>();
  return new Map(cards.map((card) => [card.id, lockedGiftOf(card, now, (card.holderId !== null && clocks.get(card.holderId)) || 0)!]));
};

/**
 * Adds to cards what redemptions that were decided together add, one after the other, and writes it as one set.
 * @returns each card as it is after its addition, in their order
 * @throws DomainError invalid_payload, loyalty_card_points_exceeded, where a card would have more than can be counted
 */
export const addToCards = async (
  tx: Tx,
  project: Pick<Project, 'id' | 'timezone' | 'caseSensitiveCodes'>,
  additions: readonly CardAddition[],
  now: Date,
): Promise<Voucher[]> => {
  if (additions.length === 0) return [];
  const ids = [...new Set(additions.map(({ voucherId }) => voucherId))];
  const locked = await lockVouchers(tx, project.id, ids);
  const gifts = await giftsOf(tx, project.id, locked, now);
  const loyal = ids.filter((id) => !gifts.has(id));
  const cards = new Map((loyal.length > 0 ? await lockLoyaltyCards(tx, project, { ids: loyal }, now) : []).map((card) => [card.id, card]));
  const worth: BalanceChange[] = [];
  const points: PointsChange[] = [];
  const after = additions.map((addition): Partial<Voucher> => {
    const gift = gifts.get(addition.voucherId);
    if (gift) {
      worth.push(addCredits(gift, addition, now));
      return { giftAmount: gift.gift.amount, giftBalance: gift.gift.balance };
    }
    const card = cards.get(addition.voucherId)!;
    points.push(addPoints(card, addition, project.timezone, now));
    return { loyaltyCard: card.card };
  });
  await writeWorth(tx, project.id, worth, now);
  await writePoints(tx, project.id, cards.values(), points, now);
  // A loyalty card says by when its points are to be used.
  const read = loyal.length > 0 ? await findVouchers(tx, project.id, ids) : locked;
  const byId = new Map(read.map((voucher) => [voucher.id, voucher]));
  return additions.map(({ voucherId }, index) => ({ ...byId.get(voucherId)!, ...after[index] }));
};
