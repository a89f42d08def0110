import type { CardTransaction } from '../../db/loyalty/card-transactions.ts';

/** An entry of the account of a gift or loyalty card. @param manual whether somebody did it by hand, and not a rule, a redemption or time */
export const cardTransactionView = <T extends string, B, D extends object>(
  row: CardTransaction & { type: T },
  { manual, balance, details }: { manual: boolean; balance: B; details: D },
) => ({
  id: row.id,
  source_id: row.sourceId,
  voucher_id: row.voucherId,
  campaign_id: row.campaignId,
  type: row.type,
  source: manual ? 'API' : null,
  reason: row.reason,
  related_transaction_id: row.relatedId,
  created_at: row.createdAt.toISOString(),
  details: {
    balance,
    redemption: row.redemptionId === null ? undefined : { id: row.redemptionId },
    rollback: row.rollbackId === null ? undefined : { id: row.rollbackId },
    ...details,
  },
});
