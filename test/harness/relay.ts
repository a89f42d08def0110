import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import type { Sql } from '../../db/client.ts';
import { createRelay, type Relay, type RelayDeps } from '../../relay/relay.ts';
import type { RouteEvents } from '../../relay/route.ts';
import { taskQueues } from '../../workflows/contracts.ts';

/** A table that writes down, in the transaction that routes them, which events came and in which order. */
export const createRouteBook = async (sql: Sql) => {
  await sql`create table if not exists routed (place bigserial, event_id text, customer_id text, type text, relay text, data jsonb)`;
  const route =
    (relay: string): RouteEvents =>
    async (tx, events) => {
      const rows = events.map((event) => ({
        event_id: event.id,
        customer_id: event.customerId,
        type: event.type,
        relay,
        data: event.data,
      }));
      await tx`
        insert into routed (event_id, customer_id, type, relay, data)
        select * from jsonb_to_recordset(${tx.json(rows as never)}) as t (event_id text, customer_id text, type text, relay text, data jsonb)`;
    };
  const count = async (type?: string): Promise<number> => {
    const [row] = await sql<
      { total: number }[]
    >`select count(*) as total from routed where ${type ?? null}::text is null or type = ${type ?? null}`;
    return row?.total ?? 0;
  };
  return { route, count };
};

/** A relay on real Postgres. Without a client its wake-ups reach no Temporal: for tests in which nothing is to be woken. */
export const createTestRelay = (deps: Pick<RelayDeps, 'sql' | 'routes'> & Partial<RelayDeps> & { client: Client }): Relay =>
  createRelay({
    taskQueues: taskQueues('test'),
    now: () => new Date(),
    log: pino({ level: 'silent' }),
    ...deps,
  });

/** Waits until it is so. @throws when it does not come true in time */
export const until = async (what: string, isSo: () => Promise<boolean>, withinMs = 20_000): Promise<void> => {
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(10)) if (await isSo()) return;
  throw new Error(`within ${withinMs} ms it did not come true that ${what}`);
};
