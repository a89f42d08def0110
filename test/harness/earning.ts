import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { VoucherifyServerSide } from '@voucherify/sdk';
import { createEarnPoints } from '../../activities/loyalty/earning/earn-points.ts';
import { createVoucherStates } from '../../activities/checkout/voucher-states.ts';
import type { Route } from '../../api/http/route.ts';
import { createEventRoutes } from '../../api/routes/events.ts';
import { createOrderRoutes } from '../../api/routes/orders.ts';
import { connect, type Sql } from '../../db/client.ts';
import type { Relay } from '../../relay/relay.ts';
import type { RouteEvents } from '../../relay/route.ts';
import { createSegmentChanges } from '../../relay/segment-changes.ts';
import { createTierChanges } from '../../relay/tier-changes.ts';
import { resourceRoutes, startApi } from './api.ts';
import { createDatabase } from './database.ts';
import { createProject } from './project.ts';
import { createTestRelay, until } from './relay.ts';

export const fixed = (points: number) => ({ type: 'FIXED', points });

/** A shop whose customers earn points by what they do: an API, and two relays as in processes of their own. */
export const startEarningShop = async (more: { apiRoutes?: (sql: Sql) => Route[]; relayRoutes?: (sql: Sql) => RouteEvents[] } = {}) => {
  const deps = { now: () => new Date(), randomBytes };
  const database = await createDatabase();
  const { sql } = database;
  const checkout = { sql, ...deps, states: createVoucherStates() };
  const routes = [...resourceRoutes(sql), ...createEventRoutes(checkout), ...createOrderRoutes(checkout), ...(more.apiRoutes?.(sql) ?? [])];
  const api = await startApi(sql, { routes });
  const shop = await createProject(sql);
  const client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
  // Nobody listens there: in these tests nothing is to be woken.
  const temporal = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
  const pools: Sql[] = [];
  const relays = ['one', 'other'].map((name): Relay => {
    const pool = connect(database.url, { name, max: 5 });
    pools.push(pool);
    const own = more.relayRoutes?.(pool) ?? [];
    return createTestRelay({
      sql: pool,
      client: temporal,
      routes: [createSegmentChanges(deps), createTierChanges(deps), createEarnPoints(deps), ...own],
    });
  });
  for (const relay of relays) relay.start();

  const send = async (method: string, path: string, body?: unknown) => {
    const reply = await api.as(shop)(method, path, body);
    if (reply.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  let made = 0;
  return {
    sql,
    api,
    shop,
    client,
    send,
    settled: () =>
      until('all events are routed', async () => {
        const [row] = await sql<{ left: number }[]>`select count(*) as left from outbox`;
        return row?.left === 0;
      }),
    /** A program with rules, and a member. */
    aProgram: async (rules: object[], { customer, ...fields }: { customer?: object } & Record<string, unknown> = {}) => {
      made += 1;
      const name = `P${made}`;
      const source = `${name}-member`;
      const voucher = { type: 'LOYALTY_CARD', loyalty_card: { points: 0 }, code_config: { pattern: `${name}-####-####` } };
      const { id } = await send('POST', '/v1/loyalties', { name, voucher, ...fields });
      const created = rules.length > 0 ? await client.loyalties.createEarningRule(id, rules as never) : [];
      const card = await send('POST', `/v1/loyalties/${id}/members`, { customer: { source_id: source, ...customer } });
      return { id: id as string, rules: created as unknown as { id: string }[], code: card.code as string, source };
    },
    cardOf: async (code: string) => (await send('GET', `/v1/vouchers/${code}`)).loyalty_card,
    accountOf: async (code: string): Promise<{ type: string; related_transaction_id: string | null; details: Record<string, unknown> }[]> =>
      (await send('GET', `/v1/loyalties/members/${code}/transactions?order=id&limit=100`)).data,
    tell: (source: string, event: string, fields: object = {}) =>
      send('POST', '/v1/events', { event, customer: { source_id: source }, ...fields }),
    stop: async () => {
      await Promise.all(relays.map((relay) => relay.stop()));
      await Promise.all(pools.map((pool) => pool.end()));
      await temporal.connection.close();
      await api.stop();
      await database.drop();
    },
  };
};

export type EarningShop = Awaited<ReturnType<typeof startEarningShop>>;
