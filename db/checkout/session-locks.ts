import type { Db, Sql } from '../client.ts';

/** What a session holds of one counter, for one voucher or promotion tier. */
export interface SessionLock {
  redeemableId: string;
  sessionKey: string;
  /** domain/checkout/counters.ts counterKey */
  counterKey: string;
  amount: number;
}

/** One session's locks of one voucher or tier. */
export type HeldBySession = Pick<SessionLock, 'redeemableId' | 'sessionKey'>;

/** What sessions hold of these counters now. To be read after the locks that protect them. */
export const readSessionLocks = (db: Db, projectId: string, counterKeys: readonly string[], now: Date) => db<SessionLock[]>`
  select redeemable_id, session_key, counter_key, amount from session_lock
  where project_id = ${projectId} and counter_key = any(${counterKeys}::text[]) and expires_at > ${now}`;

/** Ends sessions' locks. Not sent until awaited or executed. */
export const releaseSessionLocks = (db: Db, projectId: string, held: readonly HeldBySession[]) => db`
  delete from session_lock s using unnest(${held.map((each) => each.redeemableId)}::text[], ${held.map((each) => each.sessionKey)}::text[])
    as h (redeemable_id, session_key)
  where s.project_id = ${projectId} and s.redeemable_id = h.redeemable_id and s.session_key = h.session_key`;

/** A lock to write. */
export interface NewSessionLock extends SessionLock {
  expiresAt: Date;
}

/** Writes locks of sessions that hold none of the same. Not sent until awaited or executed. */
export const insertSessionLocks = (db: Db, projectId: string, locks: readonly NewSessionLock[]) => db`
  with written as (
    insert into session_lock (project_id, redeemable_id, session_key, counter_key, amount, expires_at)
    select ${projectId}, * from unnest(${locks.map((lock) => lock.redeemableId)}::text[], ${locks.map((lock) => lock.sessionKey)}::text[],
      ${locks.map((lock) => lock.counterKey)}::text[], ${locks.map((lock) => lock.amount)}::bigint[],
      ${locks.map((lock) => lock.expiresAt.toISOString())}::timestamptz[])
    on conflict (project_id, redeemable_id, session_key, counter_key) do update set amount = excluded.amount, expires_at = excluded.expires_at
    returning redeemable_id, counter_key, expires_at
  ), counters as (
    update counter c set locked_until = greatest(c.locked_until, w.until)
    from (select counter_key as key, max(expires_at) as until from written group by counter_key) w
    where c.project_id = ${projectId} and c.key = w.key
  )
  update voucher v set locked_until = greatest(v.locked_until, w.until)
  from (select redeemable_id as id, max(expires_at) as until from written group by redeemable_id) w
  where v.project_id = ${projectId} and v.id = w.id`;

/** Ends what a session holds of a voucher. @returns whether it held anything */
export const releaseSession = async (
  db: Db,
  projectId: string,
  { redeemableId, sessionKey }: HeldBySession,
  now: Date,
): Promise<boolean> => {
  const rows = await db<{ active: boolean }[]>`
    delete from session_lock where project_id = ${projectId} and redeemable_id = ${redeemableId} and session_key = ${sessionKey}
    returning expires_at > ${now} as active`;
  return rows.some((row) => row.active);
};

const FORGOTTEN_AT_ONCE = 5_000;

/** Deletes locks that have ended, in sets. @returns how many */
export const forgetSessionLocks = async (sql: Sql, now: Date): Promise<number> => {
  for (let forgotten = 0; ;) {
    const { count } = await sql`
      delete from session_lock where ctid = any(array(
        select ctid from session_lock where expires_at < ${now}::timestamptz - interval '1 hour' limit ${FORGOTTEN_AT_ONCE}))`;
    forgotten += count;
    if (count < FORGOTTEN_AT_ONCE) return forgotten;
  }
};
