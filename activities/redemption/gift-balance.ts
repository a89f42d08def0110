import type { Tx } from '../../db/client.ts';
import { insertEvents, type SetEvent } from '../../db/event/events.ts';
import { changeBalances, insertGiftTransactions, type GiftTransaction } from '../../db/voucher/gift-transactions.ts';
import { newId } from '../../db/ids.ts';
import type { Gift } from '../../domain/voucher/gift.ts';

/** A gift card after its balance changed. */
export interface ChangedCard {
  id: string;
  code: string;
  holderId: string | null;
  campaign: { id: string; name: string } | null;
  gift: Gift;
}

/** A gift card that is locked. Changes that are made of it stand in `gift`, to be written together. */
export interface LockedGift extends ChangedCard {
  /** The holder's time, ISO 8601. */
  at: string;
}

/** What a change of a card's balance leaves: an entry of its account, and an event that tells of it. */
export interface BalanceChange {
  transaction: GiftTransaction;
  event: SetEvent;
}

type Cause = Pick<GiftTransaction, 'type' | 'amount'> &
  Partial<Pick<GiftTransaction, 'sourceId' | 'reason' | 'redemptionId' | 'rollbackId' | 'order' | 'relatedId'>>;

/** @param now real time @param at the customer's time, ISO 8601 */
export const balanceChange = (card: ChangedCard, cause: Cause, now: Date, at: string, customerId = card.holderId): BalanceChange => {
  const { id, code, campaign, gift } = card;
  const transaction: GiftTransaction = {
    sourceId: null,
    reason: null,
    redemptionId: null,
    rollbackId: null,
    order: null,
    relatedId: null,
    ...cause,
    id: newId('giftTransaction'),
    voucherId: id,
    campaignId: campaign?.id ?? null,
    balance: gift.balance,
    total: gift.amount,
    createdAt: now,
  };
  const data = {
    voucher: { id, code, campaign: campaign?.name ?? null, campaign_id: campaign?.id ?? null, type: 'GIFT_VOUCHER', gift: { ...gift } },
    transaction_id: transaction.id,
    transaction_type: cause.type,
    amount: cause.amount,
    balance: gift.balance,
    redemption_id: cause.redemptionId ?? undefined,
    rollback_id: cause.rollbackId ?? undefined,
  };
  return {
    transaction,
    event: { id: newId('event'), type: 'voucher.gift.balance_updated', customerId, about: id, data, occurredAt: at },
  };
};

/**
 * Changes what a gift card that is locked is worth, in memory.
 * @param cause its amount in minor units, negative where it is taken away
 * @param now real time
 * @returns what is to be written of it; null where the card has less than goes, or would be worth more than can be counted
 */
export const changeWorth = (of: LockedGift, cause: Omit<Cause, 'type'>, now: Date): BalanceChange | null => {
  const gift = { ...of.gift, amount: of.gift.amount + cause.amount, balance: of.gift.balance + cause.amount };
  if (gift.balance < 0 || !Number.isSafeInteger(gift.amount)) return null;
  of.gift = gift;
  return balanceChange(of, { ...cause, type: cause.amount > 0 ? 'CREDITS_ADDITION' : 'CREDITS_REMOVAL' }, now, of.at);
};

/** Writes what cards that are locked are worth after changes, in the transaction that holds the locks, and tells of them. */
export const writeWorth = async (tx: Tx, projectId: string, changes: readonly BalanceChange[], now: Date): Promise<void> => {
  if (changes.length === 0) return;
  const transactions = changes.map(({ transaction }) => transaction);
  const amounts = new Map<string, number>();
  for (const { voucherId, amount } of transactions) amounts.set(voucherId, (amounts.get(voucherId) ?? 0) + amount);
  await changeBalances(tx, projectId, amounts, now);
  await insertGiftTransactions(tx, projectId, transactions);
  await insertEvents(
    tx,
    projectId,
    changes.map(({ event }) => event),
  );
};
