import type { Tx } from '../db/client.ts';
import { insertEvents } from '../db/events.ts';
import { changeBalance, insertGiftTransactions, type GiftTransaction } from '../db/gift-transactions.ts';
import type { Project } from '../db/projects.ts';
import { readClocks } from '../db/redemptions.ts';
import { lockVoucher, type Voucher } from '../db/vouchers.ts';
import { DomainError } from '../domain/errors.ts';
import { balanceChange } from './gift-balance.ts';

/** What is added to a gift card, or taken away from it. */
export interface BalanceRequest {
  code: string;
  /** Minor units; negative where it is taken away. */
  amount: number;
  sourceId: string | null;
  reason: string | null;
}

const refuse = (path: string, message: string): DomainError =>
  new DomainError('invalid_payload', 'The request has fields that are wrong.', { fields: [{ path, message }] });

/**
 * Changes what a gift card that is locked is worth.
 * @throws DomainError invalid_payload, where it is no gift card; gift_amount_exceeded, where it has less than is taken
 */
const changeWorth = async (
  tx: Tx,
  project: Pick<Project, 'id'>,
  voucher: Voucher,
  { amount, sourceId, reason }: Omit<BalanceRequest, 'code'>,
  now: Date,
): Promise<GiftTransaction> => {
  const { id, code, giftAmount, giftBalance, template, campaignId, holderId } = voucher;
  if (giftAmount === null || giftBalance === null) throw refuse('code', `must be a gift card: ${code} has no balance`);
  if (giftBalance + amount < 0)
    throw new DomainError('gift_amount_exceeded', 'Gift amount exceeded', {
      details: `Gift card ${code} has ${giftBalance} left, and ${-amount} is taken away`,
      resource: { id: code, type: 'voucher' },
    });
  if (!Number.isSafeInteger(giftAmount + amount)) throw refuse('amount', 'must keep what the card is worth below 2^53');
  const gift = { amount: giftAmount + amount, balance: giftBalance + amount, effect: template.gift?.effect ?? 'APPLY_TO_ORDER' } as const;
  const campaign = campaignId === null ? null : { id: campaignId, name: voucher.campaign ?? campaignId };
  const type = amount > 0 ? ('CREDITS_ADDITION' as const) : ('CREDITS_REMOVAL' as const);
  const clocks = holderId === null ? null : await readClocks(tx, project.id, [holderId]);
  const at = new Date(now.getTime() + ((holderId !== null && clocks?.get(holderId)) || 0)).toISOString();
  const { transaction, event } = balanceChange({ id, code, holderId, campaign, gift }, { type, amount, sourceId, reason }, now, at);
  await changeBalance(tx, project.id, id, amount, now);
  await insertGiftTransactions(tx, project.id, [transaction]);
  await insertEvents(tx, project.id, [event]);
  return transaction;
};

/**
 * Adds to a gift card, or takes away from it, in the caller's transaction.
 * @throws DomainError resource_not_found; invalid_payload, where it is no gift card; gift_amount_exceeded, where it has less than is taken
 */
export const addToBalance = async (
  tx: Tx,
  project: Pick<Project, 'id' | 'caseSensitiveCodes'>,
  { code, ...change }: BalanceRequest,
  now: Date,
) => {
  const voucher = await lockVoucher(tx, project, code);
  const resource = { id: code, type: 'voucher' };
  if (!voucher)
    throw new DomainError('resource_not_found', 'Resource not found', { details: `Cannot find voucher with id ${code}`, resource });
  return { ...balanceView(await changeWorth(tx, project, voucher, change, now)), operation_type: 'MANUAL' as const };
};

/** Sets what a gift card that is locked was worth altogether; what is left of it changes by as much. @throws DomainError as addToBalance does */
export const setWorth = async (tx: Tx, project: Project, voucher: Voucher, worth: number, now: Date): Promise<Voucher> => {
  const amount = worth - (voucher.giftAmount ?? 0);
  if (amount === 0 && voucher.giftAmount !== null) return voucher;
  const { total, balance } = await changeWorth(tx, project, voucher, { amount, sourceId: null, reason: null }, now);
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
export const giftTransactionView = (row: GiftTransaction) => ({
  id: row.id,
  source_id: row.sourceId,
  voucher_id: row.voucherId,
  campaign_id: row.campaignId,
  type: row.type,
  source: isManual(row) ? 'API' : null,
  reason: row.reason,
  related_transaction_id: row.relatedId,
  created_at: row.createdAt.toISOString(),
  details: {
    balance: { ...balanceView(row), ...(isManual(row) && { operation_type: 'MANUAL' }) },
    order: row.order ? { id: row.order.id ?? null, source_id: row.order.source_id ?? null } : undefined,
    redemption: row.redemptionId === null ? undefined : { id: row.redemptionId },
    rollback: row.rollbackId === null ? undefined : { id: row.rollbackId },
  },
});
