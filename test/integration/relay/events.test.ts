import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect, type Sql } from '../../../db/client.ts';
import { recordEvents } from '../../../db/event/events.ts';
import { replayInboundEvent, storeInboundEvents, type Stored } from '../../../db/source/inbound-events.ts';
import { releaseHeldEvents } from '../../../db/event/outbox.ts';
import { lockSource, writeSource } from '../../../db/source/sources.ts';
import { standardMapping } from '../../../domain/mapping/definition.ts';
import type { Relay } from '../../../relay/relay.ts';
import type { RouteEvents } from '../../../relay/route.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject } from '../../harness/project.ts';
import { createRouteBook, createTestRelay, until } from '../../harness/relay.ts';
import { createTestSource, type TestSource } from '../../harness/webhook-source.ts';

let database: TestDatabase;
let sql: Sql;
let crm: TestSource;
let book: Awaited<ReturnType<typeof createRouteBook>>;
const running: Relay[] = [];
const pools: Sql[] = [];
/** Nobody listens there: in these tests nothing is to be woken. */
const client = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });

beforeAll(async () => {
  database = await createDatabase();
  sql = database.sql;
  book = await createRouteBook(sql);
});

beforeEach(async () => {
  const { project } = await createProject(sql);
  crm = await createTestSource(sql, project.id);
  await sql`truncate routed`;
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((relay) => relay.stop()));
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});

afterAll(async () => {
  await client.connection.close();
  await database.drop();
});

/** A relay with connections of its own, as in a process of its own. */
const startRelay = (name: string, more: RouteEvents[] = []): Relay => {
  const pool = connect(database.url, { name, max: 5 });
  pools.push(pool);
  const relay = createTestRelay({ sql: pool, client, routes: [...more, book.route(name)] });
  running.push(relay);
  relay.start();
  return relay;
};

/** What the hook stores, without HTTP. */
const receive = async (posts: { id: string; body: string }[]) => {
  const rows = posts.map((post) => ({
    sourceId: crm.source.id,
    sourceRevision: crm.source.revision,
    providerEventId: post.id,
    headers: {},
    body: Buffer.from(post.body),
  }));
  const stored: Stored[] = [];
  for (let at = 0; at < rows.length; at += 500) stored.push(...(await storeInboundEvents(sql, rows.slice(at, at + 500))));
  return stored.map((each) => (each === 'stale' ? '' : each.id));
};

const signup = (customer: string, data: Record<string, unknown> = {}, type = 'customer.signed_up') => ({
  id: `${customer}-${type}-${JSON.stringify(data)}`,
  body: JSON.stringify({ type, timestamp: new Date().toISOString(), data: { id: customer, email: `${customer}@example.com`, ...data } }),
});

const statusOf = async (id: string) => {
  const [row] = await sql<{ status: string; error: string | null }[]>`select status, error from inbound_event where id = ${id}`;
  return row;
};

/** For each customer, the numbers that their events carry, in the order in which they were routed. */
const routedNumbers = async (type: string) => {
  const rows = await sql<{ customerId: string; numbers: number[] }[]>`
    select customer_id, array_agg((data->>'n')::integer order by place) as numbers from routed where type = ${type} group by 1`;
  return rows.map((row) => row.numbers);
};

describe('a post that was stored', () => {
  test('becomes a customer and an event, one after the other', async () => {
    startRelay('relay');
    await until('the relay is idle', async () => (await book.count()) === 0);
    for (let round = 0; round < 7; round++) {
      await receive([signup(`quick-${round}`)]);
      await until('it was routed', async () => (await book.count('customer.signed_up')) === round + 1);
    }
    const [customer] = await sql`select email, source_id from customer where source_id = 'quick-0'`;
    expect(customer).toEqual({ email: 'quick-0@example.com', sourceId: 'quick-0' });
    expect(await book.count('customer.created')).toBe(7);
  });

  test('waits while no relay runs, and all of a storm is mapped in order for each customer when one does', async () => {
    const customers = 40;
    const posts = Array.from({ length: 4000 }, (_, n) => signup(`storm-${n % customers}`, { n: Math.floor(n / customers) }, 'page.viewed'));
    await receive(posts);
    expect(await book.count()).toBe(0);
    startRelay('relay');
    await until('all were routed', async () => (await book.count('page.viewed')) === 4000, 40_000);
    const numbers = await routedNumbers('page.viewed');
    expect(numbers).toHaveLength(customers);
    for (const each of numbers) expect(each).toEqual(Array.from({ length: 100 }, (_, n) => n));
    const [left] = await sql`select count(*) as total from outbox`;
    expect(left?.total).toBe(0);
  });

  test('is one event when its sender tells it twice under other delivery ids, and changes nothing the second time', async () => {
    await sql.begin(async (tx) => {
      const source = await lockSource(tx, crm.source.projectId, crm.source.id);
      if (!source) throw new Error('gone');
      const mapping = { rules: standardMapping.rules.map((rule) => ({ ...rule, event_id: 'payload.event' })) };
      crm.source = await writeSource(tx, { ...source, mapping }, new Date());
    });
    const body = (name: string, event: string) =>
      JSON.stringify({ type: 'customer.signed_up', event, data: { id: 'twice', first_name: name } });
    await receive([{ id: 'd1', body: body('Old', 'e1') }]);
    await receive([{ id: 'd2', body: body('New', 'e2') }]);
    const [last] = await receive([{ id: 'd3', body: body('Old', 'e1') }]);
    startRelay('relay');
    await until('all were mapped', async () => (await statusOf(last as string))?.status === 'mapped');
    await until('both were routed', async () => (await book.count('customer.signed_up')) === 2);
    const [customer] = await sql`select name from customer where project_id = ${crm.source.projectId} and source_id = 'twice'`;
    expect(customer?.name).toBe('New');
  });

  test('is kept with the reason where it cannot be mapped, and maps when the mapping was mended and it is replayed', async () => {
    startRelay('relay');
    const body = JSON.stringify({ event_name: 'customer.signed_up', contact: { key: 'crm-77' } });
    const [id, notJson] = (await receive([
      { id: 'odd', body },
      { id: 'broken', body: 'not json' },
    ])) as [string, string];
    await until(
      'both were tried',
      async () => (await statusOf(notJson))?.status === 'unmapped' && (await statusOf(id))?.status === 'unmapped',
    );
    expect((await statusOf(id))?.error).toContain('event is missing');
    expect((await statusOf(notJson))?.error).toContain('not JSON');
    await sql.begin(async (tx) => {
      const source = await lockSource(tx, crm.source.projectId, crm.source.id);
      if (!source) throw new Error('gone');
      const mapping = { rules: [{ event: 'payload.event_name', customer: { source_id: 'payload.contact.key' } }] };
      await writeSource(tx, { ...source, mapping }, new Date());
    });
    await sql.begin((tx) => replayInboundEvent(tx, crm.source.projectId, id));
    await until('it was mapped', async () => (await statusOf(id))?.status === 'mapped');
    await until('it was routed', async () => (await book.count('customer.signed_up')) === 1);
    await sql.begin((tx) => replayInboundEvent(tx, crm.source.projectId, id));
    await until('it was mapped again', async () => (await statusOf(id))?.status === 'mapped');
    const [events] =
      await sql`select count(*) as total from event where project_id = ${crm.source.projectId} and type = 'customer.signed_up'`;
    expect(events?.total).toBe(1);
  });

  test('that is good is not held up by one that is not', async () => {
    const posts = Array.from({ length: 600 }, (_, n) =>
      n % 100 === 50 ? { id: `bad-${n}`, body: '{"type":"a.b","data":{"id":"x","name":"\\u0000"}}' } : signup(`mixed-${n}`),
    );
    await receive(posts);
    startRelay('relay');
    await until('all good ones were routed', async () => (await book.count('customer.signed_up')) === 594);
    const [bad] = await sql`select count(*) as total from inbound_event where source_id = ${crm.source.id} and status = 'unmapped'`;
    expect(bad?.total).toBe(6);
  });
});

describe('an event', () => {
  const record = (customers: string[], n: number, type = 'order.paid') =>
    sql.begin((tx) =>
      recordEvents(
        tx,
        customers.map((customerId) => ({
          projectId: crm.source.projectId,
          type,
          customerId,
          data: { n },
          dedupeKey: null,
          occurredAt: new Date(),
        })),
      ),
    );

  test('is routed exactly once by two relays, and those of one customer in order', async () => {
    startRelay('one');
    startRelay('two');
    const customers = Array.from({ length: 50 }, (_, n) => `cust_${n}`);
    const relays = async () => (await sql`select distinct relay from routed`).length;
    // Who comes first to a partition is chance: both have to have had their share before the count begins.
    for (let n = 0; n < 400 && (await relays()) < 2; n++) await record([`cust_early_${n}`], n, 'order.early');
    expect(await relays()).toBe(2);
    for (let n = 0; n < 80; n++) await record(customers, n);
    await until('all were routed', async () => (await book.count('order.paid')) === 4000);
    const [distinct] = await sql`select count(distinct event_id) as total from routed where type = 'order.paid'`;
    expect(distinct?.total).toBe(4000);
    for (const numbers of await routedNumbers('order.paid')) expect(numbers).toEqual(Array.from({ length: 80 }, (_, n) => n));
  });

  test('is lost by no relay whose connections are killed in the middle', async () => {
    // Slow, so that a kill meets a transaction that has taken events and not committed.
    const slow: RouteEvents = async (tx) => {
      await tx`select pg_sleep(0.05)`;
    };
    startRelay('victim', [slow]);
    const customers = Array.from({ length: 20 }, (_, n) => `cust_k${n}`);
    let killed = 0;
    for (let n = 0; n < 60; n++) {
      await record(customers, n);
      if (n % 6 === 5) {
        const gone =
          await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim' and state <> 'idle'`;
        killed += gone.length;
      }
    }
    await until('all were routed', async () => (await book.count('order.paid')) === 1200, 40_000);
    expect(killed).toBeGreaterThan(0);
    const [distinct] = await sql`select count(distinct event_id) as total from routed`;
    expect(distinct?.total).toBe(1200);
    for (const numbers of await routedNumbers('order.paid')) expect(numbers).toEqual(Array.from({ length: 60 }, (_, n) => n));
  });

  test('that nobody can route stands aside with the reason, and is routed when that was mended', async () => {
    let mended = false;
    const choosy: RouteEvents = async (_tx, events) => {
      if (!mended && events.some((event) => event.data.n === 13)) throw new TypeError('thirteen is too much');
    };
    for (let n = 0; n < 40; n++) await record([`cust_h${n % 5}`], n);
    startRelay('relay', [choosy]);
    await until('the others were routed', async () => (await book.count('order.paid')) === 39);
    const held = await sql<{ error: string }[]>`select error from outbox`;
    expect(held).toEqual([{ error: 'thirteen is too much' }]);
    mended = true;
    await releaseHeldEvents(sql, new Date(Date.now() + 1000));
    await until('it was routed too', async () => (await book.count('order.paid')) === 40);
  });
});
