import type { Tx } from '../../db/client.ts';
import type { SetEvent } from '../../db/event/events.ts';
import { findGiftTransactionsOf, insertGiftTransactions } from '../../db/voucher/gift-transactions.ts';
import type { NewRollback } from '../../db/checkout/redemptions.ts';
import { balanceChange } from '../redemption/gift-balance.ts';
import type { KnownVoucher } from '../checkout/voucher-states.ts';

/**
 * Gives what redemptions spent of gift cards back, in the cards' accounts. Their rows are changed with their uses (db/checkout/checkout.ts
 * changeUses); a card that was deleted has no account any more.
 * @param timeOf the customer's time, ISO 8601
 * @returns what is to be told of it
 */
export const refundGifts = async (
  tx: Tx,
  projectId: string,
  rollbacks: readonly NewRollback[],
  vouchers: ReadonlyMap<string, KnownVoucher>,
  now: Date,
  timeOf: (rollback: NewRollback) => string,
): Promise<SetEvent[]> => {
  const spent = rollbacks.filter(({ of }) => of.credits !== null && of.credits !== 0);
  if (spent.length === 0) return [];
  const spendings = await findGiftTransactionsOf(
    tx,
    projectId,
    spent.map(({ of }) => of.id),
    'CREDITS_REDEMPTION',
  );
  const changes = spent.flatMap((rollback) => {
    const { id, of, reason } = rollback;
    const voucher = vouchers.get(of.voucherId!);
    if (!voucher?.gift) return [];
    voucher.gift.balance += of.credits!;
    const order = of.order && {
      id: of.order['id'] as string | undefined,
      source_id: (of.order['source_id'] as string | undefined) ?? null,
    };
    const cause = { type: 'CREDITS_REFUND' as const, amount: of.credits!, redemptionId: of.id, rollbackId: id, reason, order };
    const card = { ...voucher, gift: voucher.gift };
    const relatedId = spendings.get(of.id) ?? null;
    return [balanceChange(card, { ...cause, relatedId }, now, timeOf(rollback), of.customerId ?? voucher.holderId)];
  });
  await insertGiftTransactions(
    tx,
    projectId,
    changes.map(({ transaction }) => transaction),
  );
  return changes.map(({ event }) => event);
};
