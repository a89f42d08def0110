import type { Tx } from '../../db/client.ts';
import type { GiftTransaction } from '../../db/voucher/gift-transactions.ts';
import type { Project } from '../../db/project/projects.ts';
import { readClocks } from '../../db/checkout/redemptions.ts';
import { lockVoucher, type Voucher } from '../../db/voucher/vouchers.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { cardTransactionView } from '../loyalty/card-transaction-view.ts';
import { changeWorth, writeWorth, type LockedGift } from '../redemption/gift-balance.ts';

/** What is added to a gift card, or taken away from it. */
export interface BalanceRequest {
  code: string;
  /** Minor units; negative where it is taken away. */
  amount: number;
  sourceId: string | null;
  reason: string | null;
}

const refuse = (path: string, message: string): DomainError => invalidPayload([{ path, message }]);

/** A gift card that was locked as a voucher. @param clockOffsetMs its holder's */
export const lockedGiftOf = (voucher: Voucher, now: Date, clockOffsetMs: number): LockedGift | null => {
  const { id, code, giftAmount: amount, giftBalance: balance, template, campaignId, campaign, holderId } = voucher;
  if (amount === null || balance === null) return null;
  return {
    id,
    code,
    holderId,
    campaign: campaignId === null ? null : { id: campaignId, name: campaign ?? campaignId },
    gift: { amount, balance, effect: template.gift?.effect ?? 'APPLY_TO_ORDER' },
    at: new Date(now.getTime() + clockOffsetMs).toISOString(),
  };
};

/** Why a gift card does not become worth so much more, or less. */
export const worthRefused = ({ code, gift }: LockedGift, amount: number): DomainError =>
  gift.balance + amount < 0
    ? new DomainError('gift_amount_exceeded', 'Gift amount exceeded', {
        details: `Gift card ${code} has ${gift.balance} left, and ${-amount} is taken away`,
        resource: { id: code, type: 'voucher' },
      })
    : refuse('amount', 'must keep what the card is worth below 2^53');

/**
 * Changes what a gift card that is locked is worth.
 * @throws DomainError invalid_payload, where it is no gift card; gift_amount_exceeded, where it has less than is taken
 */
const changeWorthOf = async (
  tx: Tx,
  project: Pick<Project, 'id'>,
  voucher: Voucher,
  { amount, sourceId, reason }: Omit<BalanceRequest, 'code'>,
  now: Date,
): Promise<GiftTransaction> => {
  const { code, holderId } = voucher;
  const clocks = holderId === null ? null : await readClocks(tx, project.id, [holderId]);
  const card = lockedGiftOf(voucher, now, (holderId !== null && clocks?.get(holderId)) || 0);
  if (!card) throw refuse('code', `must be a gift card: ${code} has no balance`);
  const change = changeWorth(card, { amount, sourceId, reason }, now);
  if (!change) throw worthRefused(card, amount);
  await writeWorth(tx, project.id, [change], now);
  return change.transaction;
};

/**
 * Adds to a gift card, or takes away from it, in the caller's transaction.
 * @throws DomainError not_found; invalid_payload, where it is no gift card; gift_amount_exceeded, where it has less than is taken
 */
export const addToBalance = async (
  tx: Tx,
  project: Pick<Project, 'id' | 'caseSensitiveCodes'>,
  { code, ...change }: BalanceRequest,
  now: Date,
) => {
  const voucher = await lockVoucher(tx, project, code);
  const resource = { id: code, type: 'voucher' };
  if (!voucher) throw new DomainError('not_found', 'Resource not found', { details: `Cannot find voucher with id ${code}`, resource });
  return { ...balanceView(await changeWorthOf(tx, project, voucher, change, now)), operation_type: 'MANUAL' as const };
};

/** Sets what a gift card that is locked was worth altogether; what is left of it changes by as much. @throws DomainError as addToBalance does */
export const setWorth = async (tx: Tx, project: Project, voucher: Voucher, worth: number, now: Date): Promise<Voucher> => {
  const amount = worth - (voucher.giftAmount ?? 0);
  if (amount === 0 && voucher.giftAmount !== null) return voucher;
  const { total, balance } = await changeWorthOf(tx, project, voucher, { amount, sourceId: null, reason: null }, now);
  return { ...voucher, giftAmount: total, giftBalance: balance };
};

const balanceView = ({ total, amount, balance, voucherId }: GiftTransaction) => ({
  total,
  amount,
  balance,
  type: 'gift_voucher' as const,
  object: 'balance' as const,
  related_object: { type: 'voucher' as const, id: voucherId },
});

const isManual = ({ type }: GiftTransaction): boolean => type === 'CREDITS_ADDITION' || type === 'CREDITS_REMOVAL';

/** An entry of a gift card's account. */
export const giftTransactionView = (row: GiftTransaction) => {
  const manual = isManual(row);
  return cardTransactionView(row, {
    manual,
    balance: { ...balanceView(row), ...(manual && { operation_type: 'MANUAL' }) },
    details: { order: row.order ? { id: row.order.id ?? null, source_id: row.order.source_id ?? null } : undefined },
  });
};
