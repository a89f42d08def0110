import type { CardRewardRow } from '../../db/loyalty/card-rewards.ts';
import type { Tx } from '../../db/client.ts';
import { askedRewardsOf, cardRewardsOf, NO_REWARDS, type CardRewards } from '../checkout/card-rewards.ts';
import { codeKeysOf, type CheckoutRequest } from '../checkout/request.ts';
import { expireDue, type LockedCard } from '../loyalty/points.ts';
import { drawRewardCodes, type RewardCodes, type RewardCodesDeps } from './reward-codes.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

/** The loyalty cards of a set that are locked, and what can be had for their points. */
export interface SetRewards {
  rewards: CardRewards;
  /** By voucher id. Changes of points stand in these, and in the vouchers. */
  cards: ReadonlyMap<string, LockedCard>;
  codes: RewardCodes | null;
}

const NOTHING: SetRewards = { rewards: NO_REWARDS, cards: new Map(), codes: null };

/** A card's locked state, as its points are changed by. @param now real time, in epoch milliseconds */
const lockedCardOf = (voucher: KnownVoucher, now: number): LockedCard => ({
  id: voucher.id,
  code: voucher.code,
  campaign: voucher.campaign && { id: voucher.campaign.id, name: voucher.campaign.name },
  holderId: voucher.holderId,
  at: new Date(now + voucher.holderOffsetMs).toISOString(),
  card: voucher.card!,
});

/**
 * Makes the loyalty cards of a set ready to be spent from: what has expired goes off them, and codes that rewards give are taken. Nothing is
 * done for a set that has none, as most.
 * @param requests those that are to be decided
 */
export const readyRewards = async (
  tx: Tx,
  project: CheckoutRequest['project'],
  requests: readonly CheckoutRequest[],
  found: { vouchers: ReadonlyMap<string, KnownVoucher>; rewardRows: readonly CardRewardRow[]; all: readonly CheckoutRequest[] },
  deps: RewardCodesDeps,
): Promise<SetRewards> => {
  const vouchers = [...found.vouchers.values()].filter(({ card }) => card);
  if (vouchers.length === 0) return NOTHING;
  const cards = new Map(vouchers.map((voucher) => [voucher.id, lockedCardOf(voucher, deps.now.getTime())]));
  await expireDue(tx, project.id, [...cards.values()], deps.now);
  for (const voucher of vouchers) voucher.card = cards.get(voucher.id)!.card;
  const asked = askedRewardsOf(found.all);
  if (!asked) return { ...NOTHING, cards };
  const deciding = new Set(requests.flatMap(codeKeysOf));
  const payable = found.rewardRows.filter(
    (row) => deciding.has(asked[row.asked]!.codeKey) && (row.points ?? 0) <= (cards.get(row.voucherId)?.card.balance ?? 0),
  );
  const codes = await drawRewardCodes(tx, project, payable, deps);
  return { rewards: cardRewardsOf(asked, found.rewardRows, codes.codesOf), cards, codes };
};
