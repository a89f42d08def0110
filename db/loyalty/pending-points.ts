import type { PendingStatus } from '../../domain/loyalty/pending-points.ts';
import type { PointsExpiration } from '../../domain/loyalty/points-expiration.ts';
import type { Db, Tx } from '../client.ts';
import { direction } from '../paging.ts';

/** Points that were earned and cannot be spent yet. */
export interface PendingPoints {
  id: string;
  voucherId: string;
  campaignId: string;
  customerId: string;
  orderId: string | null;
  earningRuleId: string;
  status: PendingStatus;
  points: number;
  /** What went with a part of the order that came back. */
  taken: number;
  /** YYYY-MM-DD, and the start of that day by the holder's clock. */
  activatesOn: string;
  activatesAt: Date;
  /** null: as the program says once they are active. */
  expirationRules: PointsExpiration | null;
  /** For what they were earned, as the API shows it. */
  details: Record<string, unknown>;
  /** What makes it the same when it is asked again. */
  dedupeKey: string;
  /** What put them on the card; null until then. */
  transactionId: string | null;
  createdAt: Date;
  updatedAt: Date | null;
}

const columns = (db: Db) => db`
  p.id, p.voucher_id, p.campaign_id, p.customer_id, p.order_id, p.earning_rule_id, p.status, p.points, p.taken, p.activates_on::text as activates_on,
  p.activates_at, p.expiration_rules, p.details, p.dedupe_key, p.transaction_id, p.created_at, p.updated_at`;

/** Writes entries of cards that are locked, new ones and changed ones. */
export const writePendingPoints = async (tx: Tx, projectId: string, rows: readonly PendingPoints[]): Promise<void> => {
  const input = rows.map((row) => ({
    id: row.id,
    voucher_id: row.voucherId,
    campaign_id: row.campaignId,
    customer_id: row.customerId,
    order_id: row.orderId,
    earning_rule_id: row.earningRuleId,
    status: row.status,
    points: row.points,
    taken: row.taken,
    activates_on: row.activatesOn,
    activates_at: row.activatesAt,
    expiration_rules: row.expirationRules,
    details: row.details,
    dedupe_key: row.dedupeKey,
    transaction_id: row.transactionId,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  }));
  await tx`
    insert into pending_points (project_id, id, voucher_id, campaign_id, customer_id, order_id, earning_rule_id, status, points, taken, activates_on,
      activates_at, expiration_rules, details, dedupe_key, transaction_id, created_at, updated_at)
    select ${projectId}, id, voucher_id, campaign_id, customer_id, order_id, earning_rule_id, status, points, taken, activates_on, activates_at,
      expiration_rules, details, dedupe_key, transaction_id, created_at, updated_at
    from jsonb_to_recordset(${tx.json(input as never)}) as i (id text, voucher_id text, campaign_id text, customer_id text, order_id text,
      earning_rule_id text, status text, points bigint, taken bigint, activates_on date, activates_at timestamptz, expiration_rules jsonb, details jsonb,
      dedupe_key text, transaction_id text, created_at timestamptz, updated_at timestamptz)
    on conflict (project_id, id) do update set status = excluded.status, points = excluded.points, taken = excluded.taken,
      transaction_id = excluded.transaction_id, updated_at = excluded.updated_at`;
};

/** How many points of cards are pending, by card. */
export const readPendingTotals = async (db: Db, projectId: string, voucherIds: readonly string[]): Promise<Map<string, number>> => {
  const rows = await db<{ voucherId: string; points: number }[]>`
    select voucher_id, sum(points)::bigint as points from pending_points
    where project_id = ${projectId} and voucher_id = any(${voucherIds as string[]}::text[]) and status = 'PENDING' group by voucher_id`;
  return new Map(rows.map((row) => [row.voucherId, row.points]));
};

/** What of cards can be spent by their holders' time (ISO 8601), the first first. Read it with the cards locked. */
export const findDuePending = (db: Db, projectId: string, cards: readonly { voucherId: string; at: string }[]) => db<PendingPoints[]>`
  select ${columns(db)}
  from unnest(${cards.map((card) => card.voucherId)}::text[], ${cards.map((card) => card.at)}::timestamptz[]) as c (id, at)
  join pending_points p on p.project_id = ${projectId} and p.voucher_id = c.id and p.status = 'PENDING' and p.activates_at <= c.at
  order by p.activates_at, p.id`;

/** What is pending for these orders. */
export const findOrderPending = (db: Db, projectId: string, orderIds: readonly string[]) => db<PendingPoints[]>`
  select ${columns(db)} from pending_points p
  where p.project_id = ${projectId} and p.order_id = any(${orderIds as string[]}::text[]) and p.status = 'PENDING' order by p.id`;

/** An entry of a card, settled or not. */
export const findPending = async (db: Db, projectId: string, voucherId: string, id: string): Promise<PendingPoints | null> => {
  const [row] = await db<PendingPoints[]>`
    select ${columns(db)} from pending_points p where p.project_id = ${projectId} and p.voucher_id = ${voucherId} and p.id = ${id}`;
  return row ?? null;
};

/** What is pending on a card, or on all of a program. @param startingAfter the id of the last one of the page before */
export const listPending = async (
  db: Db,
  projectId: string,
  of: { voucherId: string } | { campaignId: string },
  { limit, descending, startingAfter }: { limit: number; descending: boolean; startingAfter?: string },
): Promise<{ rows: PendingPoints[]; hasMore: boolean }> => {
  const after = startingAfter === undefined ? db`` : descending ? db`and p.id < ${startingAfter}` : db`and p.id > ${startingAfter}`;
  const whose = 'voucherId' in of ? db`p.voucher_id = ${of.voucherId}` : db`p.campaign_id = ${of.campaignId}`;
  const rows = await db<PendingPoints[]>`
    select ${columns(db)} from pending_points p where p.project_id = ${projectId} and ${whose} and p.status = 'PENDING' ${after}
    order by p.id ${direction(db, descending)} limit ${limit + 1}`;
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
};
