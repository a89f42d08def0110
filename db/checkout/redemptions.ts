import type { Db } from '../client.ts';
import { jsonLines } from '../json-lines.ts';

/** A redemption to write, one that failed too. Amounts in minor units. */
export interface NewRedemption {
  id: string;
  result: 'SUCCESS' | 'FAILURE';
  voucherId: string | null;
  code: string | null;
  /** Where it is no voucher's. */
  promotionTierId: string | null;
  campaignId: string | null;
  customerId: string | null;
  trackingId: string | null;
  parentId: string | null;
  /** The discount given. */
  amount: number;
  /** What was spent of a gift card; null where it is none. */
  credits: number | null;
  /** ISO 8601: the customer's time, where a test clock makes it another than the ledger's. */
  at: string | null;
  order: unknown;
  failureCode: string | null;
  failureMessage: string | null;
  metadata: Record<string, unknown> | null;
  trace: unknown;
  apiKeyId: string | null;
}

const column = <K extends keyof NewRedemption>(rows: NewRedemption[], name: K): NewRedemption[K][] => rows.map((row) => row[name]);

/** Writes redemptions of one project in one statement, which is not sent until it is awaited or executed. */
export const insertRedemptions = (db: Db, projectId: string, rows: NewRedemption[], now: Date) => db`
  insert into redemption (project_id, object, id, result, voucher_id, code, promotion_tier_id, campaign_id, customer_id, tracking_id, parent_id, amount,
    credits, at, failure_code, failure_message, api_key_id, "order", metadata, trace, created_at)
  select ${projectId}, 'redemption', id, result, voucher_id, code, promotion_tier_id, campaign_id, customer_id, tracking_id, parent_id, amount,
    credits, at, failure_code, failure_message, api_key_id, "order"::json, metadata::json, trace::json, ${now}
  from rows from (unnest(${column(rows, 'id')}::text[], ${column(rows, 'result')}::text[], ${column(rows, 'voucherId')}::text[],
      ${column(rows, 'code')}::text[], ${column(rows, 'promotionTierId')}::text[], ${column(rows, 'campaignId')}::text[], ${column(rows, 'customerId')}::text[],
      ${column(rows, 'trackingId')}::text[], ${column(rows, 'parentId')}::text[], ${column(rows, 'amount')}::bigint[],
      ${column(rows, 'credits')}::bigint[], ${column(rows, 'at')}::timestamptz[],
      ${column(rows, 'failureCode')}::text[], ${column(rows, 'failureMessage')}::text[], ${column(rows, 'apiKeyId')}::text[]),
    string_to_table(${jsonLines(column(rows, 'order'))}, E'\\n', ''), string_to_table(${jsonLines(column(rows, 'metadata'))}, E'\\n', ''),
    string_to_table(${jsonLines(column(rows, 'trace'))}, E'\\n', ''))
    as r (id, result, voucher_id, code, promotion_tier_id, campaign_id, customer_id, tracking_id, parent_id, amount, credits, at, failure_code, failure_message,
      api_key_id, "order", metadata, trace)`;

/** A redemption that is taken back. */
export interface NewRollback {
  id: string;
  of: Redemption;
  /** Minor units: what the redemption gave, negative. */
  amount: number;
  trackingId: string | null;
  reason: string | null;
  metadata: Record<string, unknown> | null;
  /** What went from a card that the redemption had added to (activities/rollback/card-returns.ts). */
  takenBack: object | null;
  apiKeyId: string | null;
}

/** @throws Postgres' unique_violation, where one of them was taken back before */
export const insertRollbacks = async (db: Db, projectId: string, rollbacks: NewRollback[], now: Date): Promise<void> => {
  const rows = rollbacks.map((rollback) => ({
    project_id: projectId,
    id: rollback.id,
    object: 'redemption_rollback',
    result: 'SUCCESS',
    voucher_id: rollback.of.voucherId,
    code: rollback.of.code,
    promotion_tier_id: rollback.of.promotionTierId,
    campaign_id: rollback.of.campaignId,
    customer_id: rollback.of.customerId,
    tracking_id: rollback.trackingId,
    rollback_of: rollback.of.id,
    amount: rollback.amount,
    credits: rollback.of.credits === null ? null : -rollback.of.credits,
    reason: rollback.reason,
    metadata: rollback.metadata && db.json(rollback.metadata as never),
    trace: db.json({ rollback_of: rollback.of.id, ...(rollback.takenBack && { taken_back: rollback.takenBack as never }) }),
    api_key_id: rollback.apiKeyId,
    created_at: now,
  }));
  await db`insert into redemption ${db(rows as never)}`;
};

/** A row of the ledger. */
export interface Redemption {
  projectId: string;
  id: string;
  object: 'redemption' | 'redemption_rollback';
  result: 'SUCCESS' | 'FAILURE';
  voucherId: string | null;
  code: string | null;
  promotionTierId: string | null;
  promotionTier: string | null;
  campaignId: string | null;
  campaign: string | null;
  customerId: string | null;
  customerSourceId: string | null;
  trackingId: string | null;
  rollbackOf: string | null;
  parentId: string | null;
  amount: number;
  credits: number | null;
  /** Of a loyalty card: what was spent, negative where it came back, and on what. */
  points: number | null;
  rewardId: string | null;
  reward: Record<string, unknown> | null;
  /** Of a rollback: what went from a card that the redemption had added to. */
  takenBack: Record<string, unknown> | null;
  /** The customer's time, where it is not createdAt. */
  at: Date | null;
  order: Record<string, unknown> | null;
  failureCode: string | null;
  failureMessage: string | null;
  reason: string | null;
  metadata: Record<string, unknown> | null;
  createdAt: Date;
}

export const redemptionColumns = (db: Db) => db`
  r.project_id, r.id, r.object, r.result, r.voucher_id, r.code, r.promotion_tier_id, t.name as promotion_tier, r.campaign_id, c.name as campaign, r.customer_id, u.source_id as customer_source_id,
  r.tracking_id, r.rollback_of, r.parent_id, r.amount, r.credits, r.at, r."order", r.failure_code, r.failure_message, r.reason, r.metadata, r.created_at,
  case when r.rollback_of is null then g.points else -g.points end as points, g.reward_id, g.reward,
  case when r.rollback_of is not null then r.trace -> 'taken_back' end as taken_back`;

export const redemptionSource = (db: Db) => db`
  redemption r
  left join campaign c on c.project_id = r.project_id and c.id = r.campaign_id
  left join promotion_tier t on t.project_id = r.project_id and t.id = r.promotion_tier_id
  left join customer u on u.project_id = r.project_id and u.id = r.customer_id
  left join reward_redemption g on g.project_id = r.project_id and g.redemption_id = coalesce(r.rollback_of, r.id)`;

export const findRedemption = async (db: Db, projectId: string, id: string): Promise<Redemption | null> => {
  const [row] = await db<Redemption[]>`
    select ${redemptionColumns(db)} from ${redemptionSource(db)} where r.project_id = ${projectId} and r.id = ${id}`;
  return row ?? null;
};

/** Redemptions by their ids, in the order in which they applied. */
export const findRedemptionsById = (db: Db, projectId: string, ids: string[]) => db<Redemption[]>`
  select ${redemptionColumns(db)} from ${redemptionSource(db)} where r.project_id = ${projectId} and r.id = any(${ids}::text[]) order by r.id`;

/** The redemptions of a stack, in the order in which they applied. */
export const findChildren = (db: Db, projectId: string, parentId: string) => db<Redemption[]>`
  select ${redemptionColumns(db)} from ${redemptionSource(db)} where r.project_id = ${projectId} and r.parent_id = ${parentId} order by r.id`;

/** Locks rows of the ledger, in the order of their ids. */
export const lockRedemptions = (db: Db, projectId: string, ids: string[]) => db`
  select 1 from redemption where project_id = ${projectId} and id = any(${ids}::text[]) order by id for no key update`;

/** Locks vouchers by id, in the order of their codes. Those that were deleted are missing. */
export const lockVouchersById = (db: Db, projectId: string, ids: string[]) => db<
  { id: string; codeKey: string; holderId: string | null }[]
>`
  select id, code_key, holder_id from voucher where project_id = ${projectId} and id = any(${ids}::text[]) order by code_key for no key update`;

/** Which of these were taken back. */
export const findRolledBack = async (db: Db, projectId: string, ids: string[]): Promise<Set<string>> => {
  const rows = await db<{ rollbackOf: string }[]>`
    select rollback_of from redemption where project_id = ${projectId} and rollback_of = any(${ids}::text[]) and result = 'SUCCESS'`;
  return new Set(rows.map((row) => row.rollbackOf));
};

/** Test clocks of customers, by id. */
export const readClocks = async (db: Db, projectId: string, ids: string[]): Promise<Map<string, number>> => {
  const rows = await db<{ id: string; clockOffsetMs: number }[]>`
    select id, clock_offset_ms from customer where project_id = ${projectId} and id = any(${ids}::text[])`;
  return new Map(rows.map((row) => [row.id, row.clockOffsetMs]));
};
