import type { CardTransaction } from '../loyalty/card-transactions.ts';
import type { Db } from '../client.ts';
import { jsonLines } from '../json-lines.ts';
import { direction } from '../paging.ts';

/** A change of a gift card's balance. Amounts are minor units. */
export interface GiftTransaction extends CardTransaction {
  type: 'CREDITS_REDEMPTION' | 'CREDITS_REFUND' | 'CREDITS_ADDITION' | 'CREDITS_REMOVAL';
  /** Negative where it was spent. */
  amount: number;
  /** The order that it paid for. */
  order: { id?: string; source_id?: string | null } | null;
}

const column = <K extends keyof GiftTransaction>(rows: readonly GiftTransaction[], name: K): GiftTransaction[K][] =>
  rows.map((row) => row[name]);

/** Writes transactions in the transaction that changes the balances. Not sent until awaited or executed. */
export const insertGiftTransactions = (db: Db, projectId: string, rows: readonly GiftTransaction[]) => db`
  insert into gift_transaction (project_id, id, voucher_id, campaign_id, type, amount, balance, total, source_id, reason, redemption_id, rollback_id,
    related_id, created_at, "order")
  select ${projectId}, id, voucher_id, campaign_id, type, amount, balance, total, source_id, reason, redemption_id, rollback_id, related_id,
    created_at, "order"::json
  from rows from (unnest(${column(rows, 'id')}::text[], ${column(rows, 'voucherId')}::text[], ${column(rows, 'campaignId')}::text[],
      ${column(rows, 'type')}::text[], ${column(rows, 'amount')}::bigint[], ${column(rows, 'balance')}::bigint[], ${column(rows, 'total')}::bigint[],
      ${column(rows, 'sourceId')}::text[], ${column(rows, 'reason')}::text[], ${column(rows, 'redemptionId')}::text[],
      ${column(rows, 'rollbackId')}::text[], ${column(rows, 'relatedId')}::text[],
      ${rows.map((row) => row.createdAt.toISOString())}::timestamptz[]),
    string_to_table(${jsonLines(column(rows, 'order'))}, E'\\n', ''))
    as t (id, voucher_id, campaign_id, type, amount, balance, total, source_id, reason, redemption_id, rollback_id, related_id, created_at, "order")`;

/** Transactions of this type that redemptions made, by redemption: by which they were paid, or what their rewards added. */
export const findGiftTransactionsOf = async (
  db: Db,
  projectId: string,
  redemptionIds: readonly string[],
  type: GiftTransaction['type'],
): Promise<Map<string, string>> => {
  const rows = await db<{ id: string; redemptionId: string }[]>`
    select id, redemption_id from gift_transaction
    where project_id = ${projectId} and redemption_id = any(${redemptionIds}::text[]) and type = ${type}`;
  return new Map(rows.map((row) => [row.redemptionId, row.id]));
};

/** The transactions of a card. @param startingAfter the id of the last one of the page before */
export const listGiftTransactions = async (
  db: Db,
  projectId: string,
  voucherId: string,
  { limit, page, descending, startingAfter }: { limit: number; page: number; descending: boolean; startingAfter?: string },
): Promise<{ rows: GiftTransaction[]; hasMore: boolean }> => {
  const after = startingAfter === undefined ? db`` : descending ? db`and id < ${startingAfter}` : db`and id > ${startingAfter}`;
  const rows = await db<GiftTransaction[]>`
    select id, voucher_id, campaign_id, type, amount, balance, total, source_id, reason, redemption_id, rollback_id, "order", related_id, created_at
    from gift_transaction where project_id = ${projectId} and voucher_id = ${voucherId} ${after}
    order by id ${direction(db, descending)} limit ${limit + 1} offset ${startingAfter === undefined ? (page - 1) * limit : 0}`;
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
};

/** Changes the worth of gift cards that are locked. @param amounts by voucher id */
export const changeBalances = (db: Db, projectId: string, amounts: ReadonlyMap<string, number>, now: Date) => db`
  update voucher v set gift_amount = v.gift_amount + a.amount, gift_balance = v.gift_balance + a.amount, updated_at = ${now}
  from unnest(${[...amounts.keys()]}::text[], ${[...amounts.values()]}::bigint[]) as a (id, amount)
  where v.project_id = ${projectId} and v.id = a.id`;
