import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sql } from '../../db/client.ts';

const find = (): string | undefined =>
  [...(process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, 'pgbench')), '/usr/lib/postgresql/*/bin/pgbench']
    .flatMap((pattern) => globSync(pattern))
    .at(-1);

/** One statement that redeems: the counter and the ledger row, nothing else. What a shop's own script would do. */
const script = (codes: number): string => `\\set n random(1, ${codes})
with taken as (update floor_voucher set redeemed = redeemed + 1 where code = 'B' || :n and redeemed < quantity returning code)
insert into floor_redemption (code) select code from taken;
`;

export interface PgbenchFloor {
  many: number;
  one: number;
}

/** Transactions a second by pgbench: over 100,000 codes, and on one. Undefined where pgbench is not installed. */
export const pgbenchFloor = async (sql: Sql, url: string, seconds: number): Promise<PgbenchFloor | undefined> => {
  const command = find();
  if (command === undefined) return undefined;
  await sql`create table if not exists floor_voucher (code text primary key, quantity int not null, redeemed int not null default 0)`;
  await sql`create table if not exists floor_redemption (id bigint generated always as identity primary key, code text not null, at timestamptz not null default now())`;
  await sql`truncate floor_voucher, floor_redemption`;
  await sql`insert into floor_voucher select 'B' || i, 1000000000, 0 from generate_series(1, 100000) i`;
  await sql`vacuum analyze floor_voucher`;
  const folder = mkdtempSync(path.join(tmpdir(), 'couponry-pgbench-'));
  const run = (codes: number): number => {
    const file = path.join(folder, `${codes}.sql`);
    writeFileSync(file, script(codes));
    const { stdout, stderr, status } = spawnSync(
      command,
      ['-n', '-M', 'prepared', '-c', '16', '-j', '1', '-T', String(seconds), '-f', file, url],
      { encoding: 'utf8' },
    );
    const rate = /tps = ([\d.]+)/.exec(stdout)?.[1];
    if (status !== 0 || rate === undefined) throw new Error(`pgbench failed: ${stderr}`);
    return Number(rate);
  };
  const floor = { many: run(100_000), one: run(1) };
  const [{ taken } = { taken: 0 }] = await sql<{ taken: number }[]>`select sum(redeemed)::bigint as taken from floor_voucher`;
  const [{ written } = { written: -1 }] = await sql<{ written: number }[]>`select count(*)::bigint as written from floor_redemption`;
  if (taken !== written) throw new Error(`the floor counted ${taken} redemptions and wrote ${written}`);
  rmSync(folder, { recursive: true });
  return floor;
};
