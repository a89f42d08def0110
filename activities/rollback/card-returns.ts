import type { Tx } from '../../db/client.ts';
import { findGiftTransactionsOf } from '../../db/voucher/gift-transactions.ts';
import { readExpired } from '../../db/loyalty/points-buckets.ts';
import { findPointsTransactionsOf } from '../../db/loyalty/points-transactions.ts';
import type { NewRollback } from '../../db/checkout/redemptions.ts';
import type { Gift } from '../../domain/voucher/gift.ts';
import { changeWorth, writeWorth, type BalanceChange, type LockedGift } from '../redemption/gift-balance.ts';
import { changePoints, writePoints, type LockedCard, type PointsChange } from '../loyalty/points.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

/** What a redemption added to a card (card-additions.ts), which is to go again with its rollback. */
export interface CardReturn {
  rollback: NewRollback;
  voucherId: string;
  code: string;
  /** Credits in minor units, or points. */
  added: number;
}

/** What of an addition went again, as answers, events and the ledger tell it. */
export interface TakenBack {
  voucher: { id: string; code: string; object: 'voucher' };
  added: number;
  taken: number;
  /** `added` less `taken`: what could not be taken, since a card never owes. */
  missing: number;
  /** Why something is missing. */
  reason: string | null;
}

interface Cards {
  /** Loyalty cards, locked, by id. */
  cards: ReadonlyMap<string, LockedCard>;
  /** All vouchers that are locked, by id. */
  vouchers: ReadonlyMap<string, KnownVoucher>;
}

const takenBack = ({ voucherId: id, code, added }: CardReturn, taken: number, whyLess: string): TakenBack => ({
  voucher: { id, code, object: 'voucher' },
  added,
  taken,
  missing: added - taken,
  reason: taken < added ? whyLess : null,
});

const causeOf = ({ rollback: { id: rollbackId, reason, of } }: CardReturn) => ({ redemptionId: of.id, rollbackId, reason });

/** Takes from gift cards among vouchers that are locked, in memory. `credited`: what was added, by redemption. */
const takeCredits = (vouchers: Cards['vouchers'], credited: ReadonlyMap<string, string>, now: Date) => {
  const gifts = new Map<string, LockedGift>();
  const changes: BalanceChange[] = [];
  const take = (each: CardReturn, voucher: KnownVoucher, { gift }: { gift: Gift }): TakenBack => {
    const { id, code, holderId, campaign } = voucher;
    const at = new Date(now.getTime() + voucher.holderOffsetMs).toISOString();
    const card = gifts.get(id) ?? { id, code, holderId, campaign, gift, at };
    gifts.set(id, card);
    const taken = Math.min(each.added, card.gift.balance);
    const relatedId = credited.get(each.rollback.of.id) ?? null;
    const change = taken > 0 ? changeWorth(card, { ...causeOf(each), amount: -taken, relatedId }, now) : null;
    if (change) changes.push(change);
    voucher.gift = card.gift;
    return takenBack(each, taken, `Gift card ${code} had no more than ${taken} left`);
  };
  return { take, changes };
};

/** Takes from loyalty cards that are locked, in memory. `pointed`: what was added, by redemption; `expired`: what of it has expired. */
const takePoints = (pointed: ReadonlyMap<string, string>, expired: ReadonlyMap<string, number>, now: Date) => {
  const changes: PointsChange[] = [];
  const take = (each: CardReturn, card: LockedCard): TakenBack => {
    const { id, reward } = each.rollback.of;
    const relatedId = pointed.get(id) ?? null;
    const over = (relatedId !== null && expired.get(relatedId)) || 0;
    const points = Math.min(each.added - over, card.card.balance);
    const details = { reward: { id: reward!['id'], name: reward!['name'] } };
    const cause = { ...causeOf(each), type: 'POINTS_CANCELLATION', points, relatedId, first: relatedId, details } as const;
    const change = points > 0 ? changePoints(card, cause, now) : null;
    if (change) changes.push(change);
    const short = `Loyalty card ${card.code} had no more than ${points} points left`;
    const why = [...(over > 0 ? [`${over} points had expired`] : []), ...(points < each.added - over ? [short] : [])];
    return takenBack(each, points, why.join('; '));
  };
  return { take, changes };
};

/**
 * Takes from cards that are locked what redemptions added to them, as far as it is there still: of points, those that were added before
 * others, and none for those that have expired. Each once, where the caller sees to it (the ledger takes one rollback of a redemption).
 * @returns what went, by redemption
 */
export const takeBackAdditions = async (
  tx: Tx,
  projectId: string,
  returns: readonly CardReturn[],
  { cards, vouchers }: Cards,
  now: Date,
): Promise<Map<string, TakenBack>> => {
  if (returns.length === 0) return new Map();
  const ids = returns.map(({ rollback }) => rollback.of.id);
  const credited = await findGiftTransactionsOf(tx, projectId, ids, 'CREDITS_ADDITION');
  const added = await findPointsTransactionsOf(tx, projectId, ids, 'POINTS_ADDITION');
  const pointed = new Map(added.map(({ id, redemptionId }) => [redemptionId!, id]));
  const credits = takeCredits(vouchers, credited, now);
  const points = takePoints(pointed, await readExpired(tx, projectId, [...pointed.values()]), now);
  const taken = returns.map((each): [string, TakenBack] => {
    const voucher = vouchers.get(each.voucherId);
    const card = cards.get(each.voucherId);
    const back = voucher?.gift
      ? credits.take(each, voucher, { gift: voucher.gift })
      : card
        ? points.take(each, card)
        : takenBack(each, 0, `The card ${each.code} does not exist any more`);
    return [each.rollback.of.id, back];
  });
  await writeWorth(tx, projectId, credits.changes, now);
  await writePoints(tx, projectId, cards.values(), points.changes, now);
  return new Map(taken);
};
