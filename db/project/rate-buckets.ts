import type { Sql } from '../client.ts';

/** Those that are full again say nothing; so many are removed at once. */
const MOST_REMOVED = 10_000;

/**
 * Adds to buckets what was used of them, in milliseconds of their windows.
 * @returns in how many milliseconds each is full again, whoever used it
 */
export const useRateBuckets = async (sql: Sql, uses: { key: string; ms: number }[]): Promise<Map<string, number>> => {
  const rows = await sql<{ key: string; rest: number }[]>`
    insert into rate_bucket as b (key, full_at)
    select key, now() + ms * interval '1 millisecond'
    from unnest(${uses.map(({ key }) => key)}::text[], ${uses.map(({ ms }) => ms)}::float8[]) as t (key, ms) order by key
    on conflict (key) do update set full_at = greatest(b.full_at, now()) + (excluded.full_at - now())
    returning key, extract(epoch from full_at - clock_timestamp())::float8 * 1000 as rest`;
  return new Map(rows.map(({ key, rest }) => [key, rest]));
};

/** Removes buckets that are full again. */
export const removeFullRateBuckets = async (sql: Sql): Promise<void> => {
  await sql`
    delete from rate_bucket where key in (select key from rate_bucket where full_at < now() limit ${MOST_REMOVED} for update skip locked)`;
};
