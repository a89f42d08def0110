import type { GiftTransaction } from '../db/gift-transactions.ts';
import type { SetEvent } from '../db/events.ts';
import { newId } from '../db/ids.ts';
import type { Gift } from '../domain/gift.ts';

/** A gift card after its balance changed. */
export interface ChangedCard {
  id: string;
  code: string;
  holderId: string | null;
  campaign: { id: string; name: string } | null;
  gift: Gift;
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
