import type { Sql } from '../../db/client.ts';
import { load } from '../load.ts';
import type { Servers } from '../servers.ts';
import { carts, insertBenchVouchers, type Shop, spreadCodes } from '../shop.ts';

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

const rates = async (api: { url: string }, shop: Shop, of: number, seconds: number): Promise<Rates> => {
  const codes = spreadCodes(PREFIX, of, ASKED * ROUNDS);
  const run = async (path: string, right: string): Promise<number> => {
    const accept = (status: number, body: string): boolean => status === 200 && body.includes(right);
    let sum = 0;
    // The first round warms up.
    for (let round = 0; round < ROUNDS; round += 1) {
      const requests = carts(path, codes.slice(round * ASKED, (round + 1) * ASKED));
      const result = await load({ url: api.url, requests, headers: shop.headers, seconds: Math.max(2, seconds / 3), accept });
      if (result.wrong.length > 0) throw new Error(`wrong answers: ${result.wrong.join(' | ')}`);
      if (round > 0) sum += result.perSecond;
    }
    return sum / (ROUNDS - 1);
  };
  return {
    validations: await run('/v1/validations', '"valid":true'),
    redemptions: await run('/v1/redemptions', '"result":"SUCCESS"'),
  };
};

/** Validation and redemption over HTTP with so many vouchers in the table, and with 100,000. */
export const measureGrowth = async (
  servers: Servers,
  api: { url: string },
  shop: Shop,
  count: number,
  seconds: number,
  log: (line: string) => void,
): Promise<GrowthFigures> => {
  await insertBenchVouchers(servers.sql, shop.project, PREFIX, FEW, 1_000_000_000);
  // The first pass warms up the process, and fills the tables of traces, orders and events, which grow with requests and not with vouchers.
  await rates(api, shop, FEW, seconds);
  await settle(servers.sql);
  const few = await rates(api, shop, FEW, seconds);
  await grow(servers.sql, shop, FEW, count, log);
  await settle(servers.sql);
  return { few, many: await rates(api, shop, count, seconds) };
};
