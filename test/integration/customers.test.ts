import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { upsertCustomers } from '../../db/customer/customers.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  api = await startApi(database.sql);
  shop = await createProject(database.sql);
  call = api.as(shop);
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

const types = async (customerId: string) => {
  const rows = await database.sql<{ type: string }[]>`
    select type from event where project_id = ${shop.project.id} and customer_id = ${customerId} order by id`;
  return rows.map((row) => row.type);
};

describe('a customer', () => {
  test('is made once for a source id, and told apart from what was known', async () => {
    const made = await call('POST', '/v1/customers', {
      source_id: 'crm-1',
      name: 'Ada',
      email: 'ada@example.com',
      metadata: { tier: 'gold', age: 36 },
    });
    expect(made).toMatchObject({ status: 200, body: { object: 'customer', source_id: 'crm-1', name: 'Ada', updated_at: null } });
    const again = await call('POST', '/v1/customers', { source_id: 'crm-1', metadata: { tier: 'platinum' }, address: { city: 'Berlin' } });
    expect(again.body).toMatchObject({
      id: made.body.id,
      name: 'Ada',
      metadata: { tier: 'platinum', age: 36 },
      address: { city: 'Berlin' },
      updated_at: expect.any(String),
    });
    const same = await call('POST', '/v1/customers', { source_id: 'crm-1', name: 'Ada', metadata: { age: 36 } });
    expect(same.body).toEqual(again.body);
    expect(await types(made.body.id)).toEqual(['customer.created', 'customer.updated']);
  });

  test('is found and changed by id and by source id', async () => {
    const { body } = await call('POST', '/v1/customers', { source_id: 'crm/2', phone: '+49 30 1234' });
    expect((await call('GET', `/v1/customers/${encodeURIComponent('crm/2')}`)).body).toEqual(body);
    expect((await call('PUT', `/v1/customers/${body.id}`, { phone: null, birthdate: '1990-02-28' })).body).toMatchObject({
      phone: null,
      birthdate: '1990-02-28',
    });
    expect((await call('PUT', `/v1/customers/${encodeURIComponent('crm/2')}`, { name: 'Grace' })).body.name).toBe('Grace');
  });

  test('keeps their source id', async () => {
    await call('POST', '/v1/customers', { source_id: 'crm-3' });
    expect(await call('PUT', '/v1/customers/crm-3', { source_id: 'crm-4' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'source_id' }] },
    });
  });

  test('without a source id gets one', async () => {
    const { body } = await call('POST', '/v1/customers', { email: 'somebody@example.com' });
    expect(body.source_id).toEqual(expect.any(String));
    expect((await call('GET', `/v1/customers/${body.source_id}`)).body.id).toBe(body.id);
  });

  test('is gone when deleted', async () => {
    const { body } = await call('POST', '/v1/customers', { source_id: 'leaving' });
    expect((await call('DELETE', '/v1/customers/leaving')).status).toBe(204);
    expect((await call('GET', `/v1/customers/${body.id}`)).status).toBe(404);
    expect((await call('DELETE', '/v1/customers/leaving')).body.key).toBe('not_found');
    expect(await types(body.id)).toEqual(['customer.created', 'customer.deleted']);
  });

  test('who is told of by many at once exists once, with all that was told', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => call('POST', '/v1/customers', { source_id: 'rushed', metadata: { [`seen_${n}`]: true } })),
    );
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    const { body } = await call('GET', '/v1/customers/rushed');
    expect(Object.keys(body.metadata)).toHaveLength(20);
    expect(await types(body.id)).toEqual(['customer.created', ...Array.from({ length: 19 }, () => 'customer.updated')]);
  });
});

test('a set of customers is written in few statements, each row only where something changed', async () => {
  const { project } = await createProject(database.sql);
  const rows = Array.from({ length: 500 }, (_, n) => ({ sourceId: `s-${n % 450}`, name: `Name ${n % 450}` }));
  const write = () => database.sql.begin((tx) => upsertCustomers(tx, project.id, rows));
  const first = await write();
  expect(first.map((customer) => customer.sourceId)).toEqual(Array.from({ length: 450 }, (_, n) => `s-${n}`));
  expect(await write()).toEqual(first);
  const [events] = await database.sql<{ count: number }[]>`select count(*) from event where project_id = ${project.id}`;
  expect(events!.count).toBe(450);
});

test('sets that overlap in different orders do not deadlock', async () => {
  const { project } = await createProject(database.sql);
  const set = Array.from({ length: 40 }, (_, n) => n);
  const write = (order: number[], round: number) =>
    database.sql.begin((tx) =>
      upsertCustomers(
        tx,
        project.id,
        order.map((n) => ({ sourceId: `s-${n}`, name: `round ${round}` })),
      ),
    );
  await Promise.all(Array.from({ length: 16 }, (_, round) => write(round % 2 === 0 ? set : set.toReversed(), round)));
  const [customers] = await database.sql<{ count: number }[]>`select count(*) from customer where project_id = ${project.id}`;
  expect(customers!.count).toBe(40);
});

describe('the list of customers', () => {
  test('is filtered by email, and a cursor that is a time loses nobody who came in the same millisecond', async () => {
    const seller = await createProject(database.sql);
    const sell = api.as(seller);
    await database.sql.begin((tx) =>
      upsertCustomers(
        tx,
        seller.project.id,
        Array.from({ length: 60 }, (_, n) => ({ sourceId: `s-${n}`, email: `${n}@example.com` })),
      ),
    );
    expect((await sell('GET', '/v1/customers?email=7@EXAMPLE.com')).body.customers).toMatchObject([{ source_id: 's-7' }]);
    for (const order of ['created_at', '-created_at']) {
      const seen = new Set<string>();
      let cursor = order === 'created_at' ? '1970-01-01T00:00:00Z' : '2200-01-01T00:00:00Z';
      for (let pages = 0; pages < 60; pages += 1) {
        const { body } = await sell('GET', `/v1/customers?limit=7&order=${order}&starting_after=${cursor}`);
        for (const customer of body.customers) seen.add(customer.id);
        if (body.customers.length === 0) break;
        cursor = body.customers.at(-1).created_at;
      }
      expect(seen.size).toBe(60);
    }
  });
});
