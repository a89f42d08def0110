import type { Db } from '../client.ts';
import { toPage, type Page } from '../paging.ts';

/** Points that came together and expire together. */
export interface PointsBucket {
  id: string;
  voucherId: string;
  campaignId: string | null;
  /** The transaction that added them; null: the card was made with them. */
  transactionId: string | null;
  points: number;
  remaining: number;
  expired: number;
  /** By the holder's clock; null: never. */
  expiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date | null;
}

export type NewBucket = Pick<PointsBucket, 'id' | 'voucherId' | 'campaignId' | 'transactionId' | 'points' | 'expiresAt' | 'createdAt'>;

/** Not sent until awaited or executed. */
export const insertBuckets = (db: Db, projectId: string, rows: readonly NewBucket[]) => db`
  insert into points_bucket (project_id, id, voucher_id, campaign_id, transaction_id, points, remaining, expires_at, created_at)
  select ${projectId}, id, voucher_id, campaign_id, transaction_id, points, points, expires_at, created_at
  from unnest(${rows.map((row) => row.id)}::text[], ${rows.map((row) => row.voucherId)}::text[], ${rows.map((row) => row.campaignId)}::text[],
    ${rows.map((row) => row.transactionId)}::text[], ${rows.map((row) => row.points)}::bigint[],
    ${rows.map((row) => row.expiresAt?.toISOString() ?? null)}::timestamptz[], ${rows.map((row) => row.createdAt.toISOString())}::timestamptz[])
    as b (id, voucher_id, campaign_id, transaction_id, points, expires_at, created_at)`;

/** Points that a transaction takes off a card. */
export interface Spending {
  transactionId: string;
  voucherId: string;
  /** Above 0, and no more than the card has. */
  points: number;
  /** The transaction whose points go first, where any of them are left. */
  first?: string | null;
}

/**
 * Takes points out of the buckets of cards that are locked, those that expire first before others and of those the oldest, and keeps which
 * transaction took how many of which. Several transactions of a card take one after the other. Not sent until awaited or executed.
 */
export const spendBuckets = (db: Db, projectId: string, spendings: readonly Spending[], now: Date) => db`
  with asked as (
    select *, sum(points) over (partition by voucher_id order by nr) - points as begins, sum(points) over (partition by voucher_id order by nr) as ends
    from unnest(${spendings.map((each) => each.transactionId)}::text[], ${spendings.map((each) => each.voucherId)}::text[],
      ${spendings.map((each) => each.points)}::bigint[]) with ordinality as a (transaction_id, voucher_id, points, nr)
  ), stock as (
    select b.id, b.voucher_id, sum(b.remaining) over earlier - b.remaining as begins, sum(b.remaining) over earlier as ends
    from points_bucket b where b.project_id = ${projectId} and b.remaining > 0 and b.voucher_id = any(${spendings.map((each) => each.voucherId)}::text[])
    window earlier as (partition by b.voucher_id
      order by b.transaction_id = any(${spendings.flatMap((each) => each.first ?? [])}::text[]) desc nulls last, b.expires_at nulls last, b.id)
  ), taken as (
    select a.transaction_id, s.id as bucket_id, least(a.ends, s.ends) - greatest(a.begins, s.begins) as points
    from asked a join stock s on s.voucher_id = a.voucher_id and s.begins < a.ends and a.begins < s.ends
  ), spent as (
    update points_bucket b set remaining = b.remaining - t.points, updated_at = ${now}
    from (select bucket_id, sum(points) as points from taken group by bucket_id) t where b.project_id = ${projectId} and b.id = t.bucket_id
  )
  insert into points_spending (project_id, transaction_id, bucket_id, points) select ${projectId}, transaction_id, bucket_id, points from taken`;

/**
 * Puts what transactions took back into the buckets that it came from, the cards locked.
 * @param at the customers' time, by transaction: what would have expired by then does not go back
 * @returns how many points of each transaction did not go back
 */
export const refillBuckets = async (
  db: Db,
  projectId: string,
  refunds: readonly { transactionId: string; at: string }[],
  now: Date,
): Promise<Map<string, number>> => {
  const rows = await db<{ transactionId: string; lost: number }[]>`
    with asked as (
      select * from unnest(${refunds.map((each) => each.transactionId)}::text[], ${refunds.map((each) => each.at)}::timestamptz[])
        as a (transaction_id, at)
    ), went as (
      select s.transaction_id, s.bucket_id, s.points, b.expires_at is null or b.expires_at > a.at as lasts
      from asked a join points_spending s on s.project_id = ${projectId} and s.transaction_id = a.transaction_id
      join points_bucket b on b.project_id = s.project_id and b.id = s.bucket_id
    ), refilled as (
      update points_bucket b set remaining = b.remaining + w.points, updated_at = ${now}
      from (select bucket_id, sum(points) as points from went where lasts group by bucket_id) w
      where b.project_id = ${projectId} and b.id = w.bucket_id
    )
    select transaction_id, sum(points)::bigint as lost from went where not lasts group by transaction_id`;
  return new Map(rows.map((row) => [row.transactionId, row.lost]));
};

/** How many of the points that transactions added came to their end unused, by transaction. */
export const readExpired = async (db: Db, projectId: string, transactionIds: readonly string[]): Promise<Map<string, number>> => {
  const rows = await db<{ transactionId: string; expired: number }[]>`
    select transaction_id, sum(expired)::bigint as expired from points_bucket
    where project_id = ${projectId} and transaction_id = any(${transactionIds}::text[]) group by transaction_id having sum(expired) > 0`;
  return new Map(rows.map((row) => [row.transactionId, row.expired]));
};

/** How many points of cards have expired by their holders' time (ISO 8601), and are still counted. */
export const readDue = async (
  db: Db,
  projectId: string,
  cards: readonly { voucherId: string; at: string }[],
): Promise<Map<string, number>> => {
  const rows = await db<{ voucherId: string; points: number }[]>`
    select b.voucher_id, sum(b.remaining)::bigint as points
    from unnest(${cards.map((card) => card.voucherId)}::text[], ${cards.map((card) => card.at)}::timestamptz[]) as c (id, at)
    join points_bucket b on b.project_id = ${projectId} and b.voucher_id = c.id and b.remaining > 0 and b.expires_at <= c.at
    group by b.voucher_id`;
  return new Map(rows.map((row) => [row.voucherId, row.points]));
};

/** Says when the points expire that cards were made with, once somebody has them. Those of cards that somebody had before stay as they are. */
export const dateFirstBuckets = (db: Db, projectId: string, cards: readonly { voucherId: string; expiresAt: Date }[]) => db`
  update points_bucket b set expires_at = c.expires_at
  from unnest(${cards.map((card) => card.voucherId)}::text[], ${cards.map((card) => card.expiresAt.toISOString())}::timestamptz[]) as c (id, expires_at)
  where b.project_id = ${projectId} and b.voucher_id = c.id and b.transaction_id is null and b.expires_at is null`;

/** Cards with points that expire or become active now, by their holders' clocks. */
export const findDueCards = (db: Db, now: Date, limit: number) => db<{ projectId: string; voucherId: string }[]>`
  select project_id, voucher_id from (
    select project_id, voucher_id from points_bucket where remaining > 0 and expires_at is not null and expires_at <= ${now}
    union
    select b.project_id, b.voucher_id from customer c join voucher v on v.project_id = c.project_id and v.holder_id = c.id
    join points_bucket b on b.project_id = v.project_id and b.voucher_id = v.id and b.remaining > 0
      and b.expires_at <= ${now}::timestamptz + c.clock_offset_ms * interval '1 millisecond'
    where c.clock_offset_ms > 0
    union
    select project_id, voucher_id from pending_points where status = 'PENDING' and activates_at <= ${now}
    union
    select p.project_id, p.voucher_id from customer c join pending_points p on p.project_id = c.project_id and p.customer_id = c.id
      and p.status = 'PENDING' and p.activates_at <= ${now}::timestamptz + c.clock_offset_ms * interval '1 millisecond'
    where c.clock_offset_ms > 0
  ) due order by project_id, voucher_id limit ${limit}`;

/**
 * Ends buckets of locked cards whose time has come.
 * @param cards with their holders' time, ISO 8601
 * @returns what expired of each, the first first
 */
export const endBuckets = async (
  db: Db,
  projectId: string,
  cards: readonly { voucherId: string; at: string }[],
  now: Date,
): Promise<Pick<PointsBucket, 'id' | 'voucherId' | 'expiresAt' | 'points'>[]> => {
  const ended = await db<(Pick<PointsBucket, 'id' | 'voucherId' | 'points'> & { expiresAt: Date })[]>`
    with due as (
      select b.id, b.remaining from unnest(${cards.map((card) => card.voucherId)}::text[], ${cards.map((card) => card.at)}::timestamptz[]) as c (id, at)
      join points_bucket b on b.project_id = ${projectId} and b.voucher_id = c.id and b.remaining > 0 and b.expires_at <= c.at
    )
    update points_bucket b set remaining = 0, expired = b.expired + d.remaining, updated_at = ${now}
    from due d where b.project_id = ${projectId} and b.id = d.id
    returning b.id, b.voucher_id, b.expires_at, d.remaining as points`;
  return ended.toSorted((one, other) => one.expiresAt.getTime() - other.expiresAt.getTime() || (one.id < other.id ? -1 : 1));
};

const columns = (db: Db) => db`id, voucher_id, campaign_id, transaction_id, points, remaining, expired, expires_at, created_at, updated_at`;

/** What of a card will expire, the first first. */
export const listExpiring = async (
  db: Db,
  projectId: string,
  voucherId: string,
  { limit, page }: { limit: number; page: number },
): Promise<Page<PointsBucket>> => {
  const where = db`project_id = ${projectId} and voucher_id = ${voucherId} and remaining > 0 and expires_at is not null`;
  const [rows, [totals]] = await Promise.all([
    db<PointsBucket[]>`
      select ${columns(db)} from points_bucket where ${where} order by expires_at, id limit ${limit + 1} offset ${(page - 1) * limit}`,
    db<{ total: number }[]>`select count(*) as total from points_bucket where ${where}`,
  ]);
  return toPage(rows, limit, totals?.total ?? 0);
};
