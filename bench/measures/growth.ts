import { connect, type Sql } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';
import { load } from '../load.ts';
import { SERVER_CORE, type Servers } from '../servers.ts';
import { carts, createShop, insertBenchVouchers, type Shop, spreadCodes } from '../shop.ts';

interface Rates {
  validations: number;
  redemptions: number;
}

export interface GrowthFigures {
  few: Rates;
  many: Rates;
}

const FEW = 100_000;
/** Codes that the load asks for, all over the table, others in each round: each connection makes all requests of its round before it sends one. */
const ASKED = 1_000;
const ROUNDS = 6;
const AT_ONCE = 500_000;
const PREFIX = 'GROW';

const grow = async (sql: Sql, shop: Shop, from: number, to: number, log: (line: string) => void): Promise<void> => {
  for (let at = from; at < to; at += AT_ONCE) {
    await sql`
      insert into voucher (project_id, id, code, code_key, type, definition, quantity)
      select ${shop.project.id}, 'v_' || ${PREFIX} || i, ${PREFIX} || i, ${PREFIX} || i, 'DISCOUNT_VOUCHER',
        (select definition from voucher where project_id = ${shop.project.id} and code_key = ${`${PREFIX}1`}), 1000000000
      from generate_series(${at + 1}::bigint, ${Math.min(at + AT_ONCE, to)}::bigint) i`;
    log(`${Math.min(at + AT_ONCE, to)} vouchers`);
  }
};

/** As autovacuum and the checkpointer leave a table that has stood for a while: what was written is on disk before anything is measured. */
const settle = async (sql: Sql): Promise<void> => {
  await sql`vacuum analyze`;
  await sql`checkpoint`;
};

/** One that answers, and how many vouchers are in its table. */
interface Side {
  url: string;
  shop: Shop;
  of: number;
}

const rate = async ({ url, shop, of }: Side, path: string, right: string, round: number, seconds: number): Promise<number> => {
  const codes = spreadCodes(PREFIX, of, ASKED * ROUNDS);
  const requests = carts(path, codes.slice(round * ASKED, (round + 1) * ASKED));
  const accept = (status: number, body: string): boolean => status === 200 && body.includes(right);
  const result = await load({ url, requests, headers: shop.headers, seconds, accept });
  if (result.wrong.length > 0) throw new Error(`wrong answers: ${result.wrong.join(' | ')}`);
  return result.perSecond;
};

/** The means of rounds in turns, so that a machine whose speed changes is as fast for one as for the other. The first round warms up. */
const inTurns = async (few: Side, many: Side, path: string, right: string, seconds: number): Promise<{ few: number; many: number }> => {
  const sums = { few: 0, many: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const sides = [['few', few] as const, ['many', many] as const];
    for (const [name, side] of round % 2 === 0 ? sides : sides.toReversed()) {
      const perSecond = await rate(side, path, right, round, seconds);
      if (round > 0) sums[name] += perSecond;
    }
  }
  return { few: sums.few / (ROUNDS - 1), many: sums.many / (ROUNDS - 1) };
};

/** A database beside the bench's own, with its own API on the same core, where there are few vouchers. */
const startFew = async (servers: Servers): Promise<{ side: Side; sql: Sql; stop: () => Promise<void> }> => {
  const url = new URL(servers.databaseUrl);
  url.pathname = '/few';
  await servers.sql`create database few`;
  const sql = connect(url.href, { max: 2, name: 'bench' });
  await migrate(sql);
  const shop = await createShop(sql, 'Few');
  await insertBenchVouchers(sql, shop.project, PREFIX, FEW, 1_000_000_000);
  const api = await servers.start('api', { core: SERVER_CORE, databaseUrl: url.href });
  const stop = async (): Promise<void> => {
    await api.stop();
    await sql.end({ timeout: 1 });
  };
  return { side: { url: api.url, shop, of: FEW }, sql, stop };
};

/** Validation and redemption over HTTP with so many vouchers in the table, and with 100,000, in turns. */
export const measureGrowth = async (
  servers: Servers,
  api: { url: string },
  shop: Shop,
  count: number,
  seconds: number,
  log: (line: string) => void,
): Promise<GrowthFigures> => {
  await insertBenchVouchers(servers.sql, shop.project, PREFIX, FEW, 1_000_000_000);
  await grow(servers.sql, shop, FEW, count, log);
  const few = await startFew(servers);
  const many: Side = { url: api.url, shop, of: count };
  for (const sql of [few.sql, servers.sql]) await settle(sql);
  const each = Math.max(2, seconds / 3);
  const validations = await inTurns(few.side, many, '/v1/validations', '"valid":true', each);
  const redemptions = await inTurns(few.side, many, '/v1/redemptions', '"result":"SUCCESS"', each);
  await few.stop();
  return {
    few: { validations: validations.few, redemptions: redemptions.few },
    many: { validations: validations.many, redemptions: redemptions.many },
  };
};
