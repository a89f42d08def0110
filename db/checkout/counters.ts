import postgres from 'postgres';
import { later } from '../../domain/calendar.ts';
import { counterKey, counterPrefix, type CounterRef } from '../../domain/checkout/counters.ts';
import type { Db, Sql, Tx } from '../client.ts';

/** A counter's value in this transaction. */
export interface CounterRow {
  key: string;
  value: number;
}

interface KeptCounter extends CounterRow {
  lockedUntil: Date | null;
}

/** Counters as they were read. */
export interface CounterValues {
  values: Map<string, number>;
  /** Those that were just made and filled, but are not written yet. */
  filled: Set<string>;
  /** Those of which sessions may hold something. */
  held: string[];
}

const heldOf = (rows: readonly KeptCounter[], now: Date): string[] =>
  rows.flatMap(({ key, lockedUntil }) => (lockedUntil !== null && lockedUntil > now ? [key] : []));

const DURATIONS = { day: 'P1D', week: 'P1W', month: 'P1M' } as const;

/** When the counter's period is over; null where it has none. */
const endOf = ({ period, periodStart }: CounterRef, zone: string): string | null =>
  period === null || periodStart === null ? null : later(periodStart, DURATIONS[period], zone);

interface Asked {
  key: string;
  ref: CounterRef;
}

/** Each once, in the order in which counters are locked. */
const inOrder = (refs: readonly CounterRef[]): Asked[] => {
  const byKey = new Map(refs.map((ref) => [counterKey(ref), ref]));
  return [...byKey].map(([key, ref]) => ({ key, ref })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
};

/** Locks the counters that exist, in the order of their keys, and reads them. */
const lockCounters = (db: Db, projectId: string, keys: string[]) => db<KeptCounter[]>`
  select key, value, locked_until from counter where project_id = ${projectId} and key = any(${keys}::text[]) order by key for no key update`;

const insertCounters = (db: Db, projectId: string, missing: Asked[], zone: string) => db<{ key: string }[]>`
  insert into counter (project_id, key, ends_at, locked_until)
  select ${projectId}, key, ends_at, (
    select max(s.expires_at) from session_lock s where s.project_id = ${projectId} and s.counter_key = i.key)
  from unnest(${missing.map(({ key }) => key)}::text[],
    ${missing.map(({ ref }) => endOf(ref, zone))}::timestamptz[]) as i (key, ends_at)
  on conflict (project_id, key) do nothing
  returning key`;

const OWNERS = { voucher: 'voucher_id', campaign: 'campaign_id', promotion_tier: 'promotion_tier_id' } as const;

/** The ledger's sums for counters of one scope: what was redeemed and not taken back, in the counter's period. */
const sumsOf = (db: Db, projectId: string, refs: CounterRef[], zone: string) => {
  const [{ scope, customerId }] = refs as [CounterRef];
  return db<CounterRow[]>`
    select a.key, (
      select coalesce(sum(case a.measure
          when 'count' then 1
          when 'amount' then r.amount - coalesce(r.credits, 0)
          when 'orders_amount' then coalesce((r."order"->>'initial_amount')::bigint, (r."order"->>'amount')::bigint, 0)
          else coalesce(r.credits, 0) end), 0)::bigint
      from redemption r
      where r.project_id = ${projectId} and r.${db(OWNERS[scope])} = a.owner ${customerId === null ? db`` : db`and r.customer_id = a.customer`}
        and r.object = 'redemption' and r.result = 'SUCCESS'
        and coalesce(r.at, r.created_at) >= coalesce(a.starts_at, '-infinity') and coalesce(r.at, r.created_at) < coalesce(a.ends_at, 'infinity')
        and not exists (
          select from redemption b where b.project_id = r.project_id and b.rollback_of = r.id and b.result = 'SUCCESS')
    ) as value
    from unnest(${refs.map(counterKey)}::text[], ${refs.map((ref) => ref.of)}::text[], ${refs.map((ref) => ref.customerId)}::text[],
      ${refs.map((ref) => ref.periodStart)}::timestamptz[], ${refs.map((ref) => endOf(ref, zone))}::timestamptz[],
      ${refs.map((ref) => ref.measure)}::text[]) as a (key, owner, customer, starts_at, ends_at, measure)`;
};

/** What the ledger says of counters, as it stands now. Queries not yet sent, one for each way in which the ledger is looked up. */
const ledgerSums = (db: Db, projectId: string, refs: readonly CounterRef[], zone: string) => {
  const groups = Map.groupBy(refs, ({ scope, customerId }) => `${scope} ${customerId !== null}`);
  return [...groups.values()].map((group) => sumsOf(db, projectId, group, zone));
};

/** Sends statements one after the other without waiting: a pipeline's `send`, or the driver in a transaction. */
export type Send = <T extends readonly postgres.MaybeRow[]>(query: postgres.PendingQuery<T>) => Promise<postgres.RowList<T>>;

/** The `send` of a transaction that is not pipelined. */
export const sendNow: Send = (query) => query.execute() as never;

/**
 * Locks counters and reads them; those that are missing are made, and filled from the ledger. The caller holds the vouchers' locks and
 * `shareCounting` of their campaigns, so that whoever else changes the ledger for one of these counters waits here, or was waited for.
 * @param zone where days, weeks and months begin
 */
export const takeCounters = async (
  send: Send,
  db: Db,
  projectId: string,
  refs: readonly CounterRef[],
  { zone, now }: { zone: string; now: Date },
): Promise<CounterValues> => {
  const asked = inOrder(refs);
  const rows = await send(
    lockCounters(
      db,
      projectId,
      asked.map(({ key }) => key),
    ),
  );
  const values = new Map(rows.map(({ key, value }) => [key, value]));
  const missing = asked.filter(({ key }) => !values.has(key));
  if (missing.length === 0) return { values, filled: new Set(), held: heldOf(rows, now) };
  // In statements of their own, so that the last ones see what was committed until the inserts had their turn.
  const inserting = send(insertCounters(db, projectId, missing, zone));
  const locking = send(
    lockCounters(
      db,
      projectId,
      missing.map(({ key }) => key),
    ),
  );
  const counting = ledgerSums(
    db,
    projectId,
    missing.map(({ ref }) => ref),
    zone,
  ).map((query) => send(query));
  const [inserted, locked, ...counted] = await Promise.all([inserting, locking, ...counting]);
  for (const { key, value } of locked) values.set(key, value);
  const mine = new Set(inserted.map(({ key }) => key));
  const filled = new Set<string>();
  for (const { key, value } of counted.flat()) {
    if (!mine.has(key) || value === 0) continue;
    values.set(key, value);
    filled.add(key);
  }
  return { values, filled, held: heldOf([...rows, ...locked], now) };
};

/** Writes counters that are locked. Not sent until awaited or executed. */
export const writeCounters = (db: Db, projectId: string, rows: readonly CounterRow[]) => db`
  update counter c set value = i.value from unnest(${rows.map((row) => row.key)}::text[], ${rows.map((row) => row.value)}::bigint[]) as i (key, value)
  where c.project_id = ${projectId} and c.key = i.key`;

/** What a transaction adds to a counter that it has not looked at, and what it took for granted. */
export interface LateCount {
  key: string;
  by: number;
  /** What it must have room for, at most `most`. */
  needed: number;
  most: number;
}

const LOOK_FIRST = 'CR001';

/** True where `countLate` says that the same has to be done with counters that are looked at first. */
export const isLookFirst = (error: unknown): boolean => error instanceof postgres.PostgresError && error.code === LOOK_FIRST;

/**
 * Adds to counters that are neither locked nor read before. It fails the transaction where what was taken for granted does not hold, and is
 * the last that is sent before the commit. The caller holds the vouchers' locks and `shareCounting` of their campaigns.
 */
export const countLate = (db: Db, projectId: string, counts: readonly LateCount[], now: Date) => {
  const rows = counts.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return db`
    select count_late(${projectId}, ${rows.map((row) => row.key)}::text[], ${rows.map((row) => row.by)}::bigint[],
      ${rows.map((row) => row.needed)}::bigint[], ${rows.map((row) => row.most)}::bigint[], ${now})`;
};

/** Reads counters without locking or making any: those that are missing are what the ledger says. */
export const readCounters = async (
  db: Db,
  projectId: string,
  refs: readonly CounterRef[],
  { zone, now }: { zone: string; now: Date },
): Promise<CounterValues> => {
  const asked = inOrder(refs);
  const rows = await db<KeptCounter[]>`
    select key, value, locked_until from counter
    where project_id = ${projectId} and key = any(${asked.map(({ key }) => key)}::text[])`;
  const values = new Map(rows.map((row) => [row.key, row.value]));
  const missing = asked.filter(({ key }) => !values.has(key));
  const sums = ledgerSums(
    db,
    projectId,
    missing.map(({ ref }) => ref),
    zone,
  );
  for (const { key, value } of (await Promise.all(sums)).flat()) values.set(key, value);
  return { values, filled: new Set(), held: [...heldOf(rows, now), ...missing.map(({ key }) => key)] };
};

/** Deletes counters of these vouchers, campaigns or tiers: who needs one next counts the ledger. */
export const forgetCounters = async (tx: Tx, projectId: string, scope: CounterRef['scope'], ids: readonly string[]): Promise<void> => {
  for (const id of ids) {
    const prefix = counterPrefix(scope, id);
    await tx`
      delete from counter where project_id = ${projectId} and key in (
        select key from counter where project_id = ${projectId} and key >= ${prefix} and key < ${`${prefix.slice(0, -1)}!`} order by key for update)`;
  }
};

const PARTS = { voucher: 'voucher', promotion_tier: 'promotion_tier' } as const;

/** Deletes the counters of all vouchers and tiers of these campaigns. There are few: a rule or a limit has to count for each voucher by itself. */
const forgetParts = async (tx: Tx, projectId: string, campaignIds: readonly string[]): Promise<void> => {
  for (const [scope, table] of Object.entries(PARTS)) {
    await tx`
      delete from counter where project_id = ${projectId} and key in (
        select c.key from counter c join ${tx(table)} p on p.project_id = c.project_id and p.id = split_part(c.key, ' ', 2)
        where c.project_id = ${projectId} and c.key >= ${`${scope} `} and c.key < ${`${scope}!`} and p.campaign_id = any(${campaignIds}::text[])
        order by c.key for update of c)`;
  }
};

/**
 * To be called in the transaction that changes what has to be counted for campaigns: a limit or a rule that is added, changed or
 * removed. Waits for the redemptions that were decided before, and keeps those after it waiting until the transaction ends.
 */
export const changeCounting = async (tx: Tx, projectId: string, campaignIds: readonly string[]): Promise<void> => {
  for (const id of campaignIds.toSorted()) {
    await tx`select pg_advisory_xact_lock(hashtextextended(${`counting ${projectId} ${id}`}, 0))`;
    await tx`update campaign set counting = counting + 1 where project_id = ${projectId} and id = ${id}`;
  }
  await forgetCounters(tx, projectId, 'campaign', campaignIds);
  await forgetParts(tx, projectId, campaignIds);
};

/** Keeps `changeCounting` of these campaigns out until the transaction ends. */
export const shareCounting = (db: Db, projectId: string, campaignIds: readonly string[]) => db`
  select pg_advisory_xact_lock_shared(hashtextextended('counting ' || ${projectId} || ' ' || id, 0))
  from (select distinct id from unnest(${campaignIds}::text[]) as c (id) order by id) as each`;

/**
 * Fails the transaction, to be retried, where something else has to be counted for a campaign than when it was read. To be sent after
 * `shareCounting`, in a statement of its own.
 */
export const checkCounting = (db: Db, projectId: string, counting: ReadonlyMap<string, number>) => db`
  select check_counting(${projectId}, ${[...counting.keys()]}::text[], ${[...counting.values()]}::integer[])`;

const FORGOTTEN_AT_ONCE = 5_000;

/** Deletes counters of periods that ended more than a day ago, in sets. @returns how many */
export const forgetPastCounters = async (sql: Sql, now: Date): Promise<number> => {
  for (let forgotten = 0; ;) {
    const { count } = await sql`
      delete from counter where (project_id, key) in (
        select project_id, key from counter where ends_at < ${now}::timestamptz - interval '1 day' order by project_id, key limit ${FORGOTTEN_AT_ONCE}
        for update skip locked)`;
    forgotten += count;
    if (count < FORGOTTEN_AT_ONCE) return forgotten;
  }
};
