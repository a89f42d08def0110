import type { LoyaltyCard, PointsTransactionType } from '../../domain/loyalty/card.ts';
import type { CardTransaction } from './card-transactions.ts';
import type { Db } from '../client.ts';
import { jsonLines } from '../json-lines.ts';
import { direction } from '../paging.ts';

/** A change of a loyalty card's points. */
export interface PointsTransaction extends CardTransaction {
  type: PointsTransactionType;
  /** Negative where the card has less after it. */
  points: number;
  orderId: string | null;
  earningRuleId: string | null;
  /** What else made it so, as the API shows it in a transaction's `details`. */
  details: Record<string, unknown>;
  /** What makes it the same when it is asked again; null where it can't be. */
  dedupeKey: string | null;
}

const column = <K extends keyof PointsTransaction>(rows: readonly PointsTransaction[], name: K): PointsTransaction[K][] =>
  rows.map((row) => row[name]);

/** Writes transactions in the transaction that changes the cards. Not sent until awaited or executed. */
export const insertPointsTransactions = (db: Db, projectId: string, rows: readonly PointsTransaction[]) => db`
  insert into points_transaction (project_id, id, voucher_id, campaign_id, type, points, balance, total, source_id, reason, redemption_id,
    rollback_id, order_id, earning_rule_id, related_id, dedupe_key, created_at, details)
  select ${projectId}, id, voucher_id, campaign_id, type, points, balance, total, source_id, reason, redemption_id, rollback_id, order_id,
    earning_rule_id, related_id, dedupe_key, created_at, details::jsonb
  from rows from (unnest(${column(rows, 'id')}::text[], ${column(rows, 'voucherId')}::text[], ${column(rows, 'campaignId')}::text[],
      ${column(rows, 'type')}::text[], ${column(rows, 'points')}::bigint[], ${column(rows, 'balance')}::bigint[], ${column(rows, 'total')}::bigint[],
      ${column(rows, 'sourceId')}::text[], ${column(rows, 'reason')}::text[], ${column(rows, 'redemptionId')}::text[],
      ${column(rows, 'rollbackId')}::text[], ${column(rows, 'orderId')}::text[], ${column(rows, 'earningRuleId')}::text[],
      ${column(rows, 'relatedId')}::text[], ${column(rows, 'dedupeKey')}::text[],
      ${rows.map((row) => row.createdAt.toISOString())}::timestamptz[]),
    string_to_table(${jsonLines(column(rows, 'details'))}, E'\\n', ''))
    as t (id, voucher_id, campaign_id, type, points, balance, total, source_id, reason, redemption_id, rollback_id, order_id, earning_rule_id,
      related_id, dedupe_key, created_at, details)`;

/** What a card counts of itself after a change. */
export interface CardState extends LoyaltyCard {
  voucherId: string;
}

/** Writes the points of cards that are locked. Not sent until awaited or executed. */
export const writeCards = (db: Db, projectId: string, cards: readonly CardState[], now: Date) => db`
  update voucher v set loyalty_points = c.points, loyalty_balance = c.balance, loyalty_expired = c.expired, loyalty_subtracted = c.subtracted,
    updated_at = ${now}
  from unnest(${cards.map((card) => card.voucherId)}::text[], ${cards.map((card) => card.points)}::bigint[],
    ${cards.map((card) => card.balance)}::bigint[], ${cards.map((card) => card.expired)}::bigint[],
    ${cards.map((card) => card.subtracted)}::bigint[]) as c (id, points, balance, expired, subtracted)
  where v.project_id = ${projectId} and v.id = c.id`;

const columns = (db: Db) => db`
  id, voucher_id, campaign_id, type, points, balance, total, source_id, reason, redemption_id, rollback_id, order_id, earning_rule_id, details,
  related_id, dedupe_key, created_at`;

/** Transactions of this type that redemptions made: those that paid for them, or what their rewards added. */
export const findPointsTransactionsOf = (db: Db, projectId: string, redemptionIds: readonly string[], type: PointsTransactionType) => db<
  PointsTransaction[]
>`
  select ${columns(db)} from points_transaction
  where project_id = ${projectId} and redemption_id = any(${redemptionIds}::text[]) and type = ${type} order by id`;

/** Which of these dedupe keys are taken: by points that came, or that wait. Read it with the cards locked. */
export const findPointsKeys = async (db: Db, projectId: string, keys: readonly string[]): Promise<Set<string>> => {
  const rows = await db<{ dedupeKey: string }[]>`
    select dedupe_key from points_transaction where project_id = ${projectId} and dedupe_key = any(${keys as string[]}::text[])
    union all
    select dedupe_key from pending_points where project_id = ${projectId} and dedupe_key = any(${keys as string[]}::text[])`;
  return new Set(rows.map((row) => row.dedupeKey));
};

/** Points that were given for an order, and how many of them were taken back. */
export interface OrderAccrual {
  id: string;
  voucherId: string;
  orderId: string;
  points: number;
  taken: number;
  details: Record<string, unknown>;
}

/** What was given for these orders, in the order in which it was; of points that waited, with what was taken back by then. */
export const findOrderAccruals = (db: Db, projectId: string, orderIds: readonly string[]) => db<OrderAccrual[]>`
  select a.id, a.voucher_id, a.order_id, a.points + coalesce(p.taken, 0) as points, a.details, coalesce(p.taken, 0) + coalesce((
    select -sum(c.points) from points_transaction c
    where c.project_id = a.project_id and c.related_id = a.id and c.type = 'POINTS_CANCELLATION'), 0)::bigint as taken
  from points_transaction a left join pending_points p on p.project_id = a.project_id and p.transaction_id = a.id
  where a.project_id = ${projectId} and a.order_id = any(${orderIds as string[]}::text[])
    and a.type in ('POINTS_ACCRUAL', 'PENDING_POINTS_ACTIVATION') order by a.id`;

/** The transactions of a card, or of all cards of a program. @param startingAfter the id of the last one of the page before */
export const listPointsTransactions = async (
  db: Db,
  projectId: string,
  of: { voucherId: string } | { campaignId: string },
  { limit, page, descending, startingAfter }: { limit: number; page: number; descending: boolean; startingAfter?: string },
): Promise<{ rows: PointsTransaction[]; hasMore: boolean }> => {
  const after = startingAfter === undefined ? db`` : descending ? db`and id < ${startingAfter}` : db`and id > ${startingAfter}`;
  const whose = 'voucherId' in of ? db`voucher_id = ${of.voucherId}` : db`campaign_id = ${of.campaignId}`;
  const rows = await db<PointsTransaction[]>`
    select ${columns(db)} from points_transaction where project_id = ${projectId} and ${whose} ${after}
    order by id ${direction(db, descending)} limit ${limit + 1} offset ${startingAfter === undefined ? (page - 1) * limit : 0}`;
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
};
