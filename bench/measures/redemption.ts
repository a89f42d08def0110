import { load, type LoadResult } from '../load.ts';
import type { Servers } from '../servers.ts';
import { carts, insertBenchVouchers, type Shop, spreadCodes } from '../shop.ts';

export interface RedemptionFigures {
  manyPerSecond: number;
  hotPerSecond: number;
  manyP99: number;
  hotP99: number;
}

const accept = (status: number, body: string): boolean =>
  (status === 200 && body.includes('"result":"SUCCESS"')) || (status === 400 && body.includes('"quantity_exceeded"'));

/** What the database says of the codes with this prefix: counters, ledger, events and idempotency records. */
const ledgerOf = async (servers: Servers, shop: Shop, prefix: string) => {
  const [row] = await servers.sql<{ counted: number; written: number; answered: number; told: number }[]>`
    with mine as (select id from voucher where project_id = ${shop.project.id} and starts_with(code, ${prefix}))
    select
      (select coalesce(sum(redeemed_quantity), 0)::bigint from voucher v join mine using (id) where v.project_id = ${shop.project.id}) as counted,
      (select count(*)::bigint from redemption r join mine on mine.id = r.voucher_id where r.project_id = ${shop.project.id} and r.result = 'SUCCESS') as written,
      (select count(*)::bigint from idempotency where project_id = ${shop.project.id} and status = 200) as answered,
      (select count(*)::bigint from event where project_id = ${shop.project.id} and type = 'redemption.succeeded') as told`;
  if (row === undefined) throw new Error('no ledger');
  return row;
};

const check = (run: LoadResult, what: string): void => {
  if (run.wrong.length > 0) throw new Error(`${what}: wrong answers: ${run.wrong.join(' | ')}`);
};

/** Redemption over HTTP, over many codes and on one, with its ledger row, trace, event and idempotency record; then the books are checked. */
export const measureRedemption = async (
  servers: Servers,
  api: { url: string },
  shop: Shop,
  seconds: number,
): Promise<RedemptionFigures> => {
  await insertBenchVouchers(servers.sql, shop.project, 'MANY', 100_000, 1_000_000_000);
  await insertBenchVouchers(servers.sql, shop.project, 'HOT', 1, 1_000_000_000);
  await insertBenchVouchers(servers.sql, shop.project, 'CAP', 1, 100);
  const redeem = (codes: string[], duration: number, connections = 64) =>
    load({ url: api.url, requests: carts('/v1/redemptions', codes), headers: shop.headers, seconds: duration, connections, accept });

  await redeem(spreadCodes('MANY', 100_000, 500), 2);
  // As its autovacuum does within a minute.
  await servers.sql`vacuum analyze`;
  const many = await redeem(spreadCodes('MANY', 100_000, 5000), seconds);
  const hot = await redeem(
    Array.from({ length: 500 }, () => 'HOT1'),
    seconds,
  );
  const cap = await redeem(
    Array.from({ length: 500 }, () => 'CAP1'),
    2,
    200,
  );
  check(many, 'many codes');
  check(hot, 'one code');
  check(cap, 'a code of 100');

  const capLedger = await ledgerOf(servers, shop, 'CAP');
  if (capLedger.counted !== 100 || capLedger.written !== 100 || (cap.statuses[400] ?? 0) === 0) {
    throw new Error(`a code of 100 was redeemed ${capLedger.written} times and counted ${capLedger.counted}`);
  }
  const books = await ledgerOf(servers, shop, '');
  if (books.counted !== books.written || books.written !== books.told || books.written !== books.answered) {
    throw new Error(`the books do not agree: ${JSON.stringify(books)}`);
  }
  const hotLedger = await ledgerOf(servers, shop, 'HOT');
  // A run ends with up to one answer for each connection still on its way.
  if (hotLedger.written < (hot.statuses[200] ?? 0))
    throw new Error(`${hot.statuses[200]} were told that they redeemed, ${hotLedger.written} did`);
  return { manyPerSecond: many.perSecond, hotPerSecond: hot.perSecond, manyP99: many.p99, hotP99: hot.p99 };
};
