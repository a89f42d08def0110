import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepSegments } from '../../activities/segments.ts';
import { createSegmentChanges } from '../../relay/segment-changes.ts';
import type { EventRow } from '../../db/event/events.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;

const DAY_MS = 86_400_000;
const iso = (daysFromNow: number): string => new Date(Date.now() + daysFromNow * DAY_MS).toISOString();

beforeAll(async () => {
  database = await createDatabase();
  api = await startApi(database.sql);
  shop = await createProject(database.sql);
  call = api.as(shop);
  const people = [
    {
      source_id: 'ada',
      name: 'Ada',
      email: 'ada@example.com',
      birthdate: '1990-05-01',
      address: { country: 'DE' },
      metadata: { tier: 'gold', visits: 9, tags: ['a', 'b'], seen: iso(-3) },
    },
    {
      source_id: 'bob',
      email: 'bob@example.org',
      address: { country: 'FR' },
      metadata: { tier: 'silver', visits: 2, born: '2001-02-03', seen: iso(-30), odd: 'not a date' },
    },
    { source_id: 'cy', name: '', metadata: { tier: 'gold', visits: '9', odd: 5, seen: iso(5) } },
  ];
  for (const each of people) await call('POST', '/v1/customers', each);
  for (const [status, days] of [
    ['PAID', -90],
    ['CANCELED', -1],
  ] as const) {
    await database.sql`
      insert into shop_order (project_id, id, status, customer_id, amount, items, created_at)
      select project_id, ${`ord_${status}`}, ${status}, id, 5000, '[]', ${iso(days)} from customer where source_id = 'ada'`;
  }
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

const create = async (body: object): Promise<Reply['body']> => {
  const reply = await call('POST', '/v1/segments', body);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body;
};
let made = 0;
const auto = (filter: object, name = `Segment ${(made += 1)}`) => create({ name, type: 'auto-update', filter });
const members = async (id: string): Promise<string[]> => {
  const { body } = await call('GET', `/v1/segments/${id}/customers`);
  return (
    body.customers?.map(({ source_id: sourceId }: { source_id: string }) => sourceId) ??
    body.data.map((each: { source_id: string }) => each.source_id)
  );
};
const told = async (name: string): Promise<string[]> => {
  const rows = await database.sql<{ type: string; sourceId: string }[]>`
    select e.type, e.data->'customer'->>'source_id' as source_id from event e
    where e.type like 'customer.segment.%' and e.data->'segment'->>'name' = ${name} order by e.id`;
  return rows.map((row) => `${row.type.split('.')[2]} ${row.sourceId}`);
};

test.each<[object, string[]]>([
  [{ email: { conditions: { $ends_with: ['@example.com', '.net'] } } }, ['ada']],
  [{ email: { conditions: { $contains: ['example'] } } }, ['ada', 'bob']],
  [{ email: { conditions: { $is_unknown: [] } } }, ['cy']],
  [{ name: { conditions: { $has_value: null } } }, ['ada']],
  [{ 'address.country': { conditions: { $in: ['DE', 'AT'] } } }, ['ada']],
  [{ 'address.country': { conditions: { $is_not: ['DE'] } } }, ['bob', 'cy']],
  [{ 'metadata.tier': { conditions: { $is: 'gold' } } }, ['ada', 'cy']],
  [{ 'metadata.tags': { conditions: { $is: ['b'] } } }, ['ada']],
  [{ 'metadata.tags': { conditions: { $count: 2 } } }, ['ada']],
  [{ 'metadata.tags': { conditions: { $not_contain: ['a'] } } }, ['bob', 'cy']],
  [{ 'metadata.visits': { conditions: { $more_than: [2] } } }, ['ada']],
  [{ 'metadata.visits': { conditions: { $between: [2, 9] } } }, ['ada', 'bob']],
  [{ 'metadata.odd': { conditions: { $after: ['2020-01-01'] } } }, []],
  [{ 'metadata.seen': { conditions: { $less_than_ago: [7] } } }, ['ada']],
  [{ 'metadata.seen': { conditions: { $more_than_ago: [7] } } }, ['bob']],
  [{ 'metadata.seen': { conditions: { $less_than_future: [7] } } }, ['cy']],
  [{ 'metadata.seen': { conditions: { $is_days_ago: [3] } } }, ['ada']],
  [{ 'metadata.seen': { conditions: { $is_days_in_future: [5] } } }, ['cy']],
  [{ birthdate: { conditions: { $before: ['2000-01-01'] } } }, ['ada']],
  [{ birthday: { conditions: { $is: ['1990-05-01'] } } }, ['ada']],
  [{ 'metadata.born': { conditions: { $is: ['2001-02-03T01:00:00+01:00'] } } }, ['bob']],
  [{ created_at: { conditions: { $less_than_ago: [1] } } }, ['ada', 'bob', 'cy']],
  [{ 'orders.count': { conditions: { $is: [1] } } }, ['ada']],
  [{ 'orders.last_at': { conditions: { $more_than_ago: [60] } } }, ['ada']],
  [{ 'orders.total_amount': { conditions: { $less_than: [5000] } } }, ['bob', 'cy']],
  [{ junction: 'OR', name: { conditions: { $is: ['Ada'] } }, 'metadata.visits': { conditions: { $is: [2] } } }, ['ada', 'bob']],
  [{ 'metadata.tier': { conditions: { $is: ['gold'] } }, 'metadata.visits': { conditions: { $is: ['9'] } } }, ['cy']],
  [{ "metadata.x') or true --": { conditions: { $is: ["' or 1=1"] } } }, []],
])('%o finds %o', async (filter, expected) => {
  const segment = await auto(filter);
  expect((await members(segment.id)).toSorted()).toEqual(expected);
  expect((await told(segment.name)).toSorted()).toEqual(expected.map((each) => `entered ${each}`));
});

test('a filter is refused with every field that is wrong', async () => {
  const filter = {
    junction: 'XOR',
    colour: { conditions: { $is: ['x'] } },
    email: { conditions: { $more_than: [1] } },
    created_at: { conditions: { $after: ['soon'] } },
    name: {},
  };
  const { status, body } = await call('POST', '/v1/segments', { name: 'Wrong', type: 'auto-update', filter });
  expect(status).toBe(400);
  expect(body.errors.map(({ path }: { path: string }) => path)).toEqual([
    'filter.junction',
    'filter.colour',
    'filter.email.conditions.$more_than',
    'filter.created_at.conditions.$after',
    'filter.name',
  ]);
  expect((await call('POST', '/v1/segments', { name: 'Wrong', type: 'auto-update' })).body.errors[0].path).toBe('filter');
  const nobody = await call('POST', '/v1/segments', { name: 'Wrong', type: 'static', customers: ['ada', 'zed'] });
  expect(nobody.body.errors).toEqual([{ path: 'customers[1]', message: 'names the customer zed, who does not exist' }]);
});

test('a static segment has the customers who are listed, and tells who comes and goes', async () => {
  const segment = await create({ name: 'Friends', type: 'static', customers: ['ada', 'bob'] });
  expect(segment).toMatchObject({ id: expect.stringMatching(/^seg_/), type: 'static', object: 'segment' });
  expect((await call('POST', '/v1/segments', { name: 'Friends', type: 'static' })).status).toBe(409);
  await call('PUT', `/v1/segments/${segment.id}`, { customers: ['bob', 'cy'] });
  expect((await members('Friends')).toSorted()).toEqual(['bob', 'cy']);
  await call('PUT', `/v1/segments/${segment.id}`, { remove_customers: ['cy'] });
  expect(await told('Friends')).toEqual(['entered ada', 'entered bob', 'left ada', 'entered cy', 'left cy']);
  const { body } = await call('GET', '/v1/customers/bob/segments');
  expect(body).toMatchObject({ object: 'list', data_ref: 'data' });
  expect(body.data).toContainEqual({ id: segment.id, name: 'Friends', object: 'segment' });
  expect((await call('DELETE', `/v1/segments/${segment.id}`)).status).toBe(204);
  expect((await call('GET', `/v1/segments/${segment.id}`)).status).toBe(404);
});

test('an auto-update segment follows its customers and its filter', async () => {
  const segment = await auto({ 'metadata.tier': { conditions: { $is: ['platinum'] } } }, 'Platinum');
  const route = createSegmentChanges({ now: () => new Date() });
  const routeAll = () =>
    database.sql.begin(async (tx) => {
      const events = await tx<
        EventRow[]
      >`select project_id, id, type, customer_id, data, occurred_at, recorded_at from event where type = 'customer.updated'`;
      await route(tx, [...events]);
    });
  await call('PUT', '/v1/customers/bob', { metadata: { tier: 'platinum' } });
  await Promise.all([routeAll(), routeAll()]);
  expect(await told('Platinum')).toEqual(['entered bob']);
  await call('PUT', '/v1/customers/bob', { metadata: { tier: 'silver' } });
  await routeAll();
  await call('PUT', `/v1/segments/${segment.id}`, { filter: { 'metadata.tier': { conditions: { $is: ['silver'] } } } });
  expect(await told('Platinum')).toEqual(['entered bob', 'left bob', 'entered bob']);
});

test('time alone moves customers, and many are looked through in sets', async () => {
  const segment = await auto({ 'metadata.seen': { conditions: { $less_than_ago: [7] } } }, 'Lately');
  expect(await told('Lately')).toEqual(['entered ada']);
  expect(await sweepSegments(database.sql, new Date(Date.now() + 60_000))).toBe(0);
  await sweepSegments(database.sql, new Date(Date.now() + 10 * DAY_MS));
  expect((await told('Lately')).toSorted()).toEqual(['entered ada', 'entered cy', 'left ada']);
  // As a segment of very many customers stands until it was looked through.
  const crowd = await auto({ 'metadata.crowd': { conditions: { $is: [true] } } }, 'Crowd');
  await database.sql`
    insert into customer (project_id, id, source_id, metadata) select ${shop.project.id}, 'cust_x' || n, 'x' || n, '{"crowd": true}'
    from generate_series(1, 1200) n`;
  await database.sql`update segment set swept_to = '' where id = ${crowd.id}`;
  expect((await call('GET', '/v1/segments/Crowd')).body.initial_sync_status).toBe('IN_PROGRESS');
  expect(await sweepSegments(database.sql, new Date())).toBe(2);
  expect((await told('Crowd')).length).toBe(1200);
  expect((await call('GET', '/v1/segments/Crowd')).body.initial_sync_status).toBe('DONE');
  expect((await call('GET', `/v1/segments/${segment.id}/customers?limit=1`)).status).toBe(200);
});

test('a segment that a rule names stays', async () => {
  const segment = await auto({ name: { conditions: { $is: ['Ada'] } } }, 'Adas');
  const rules = { '1': { name: 'customer.segment', conditions: { $is: ['Adas'] } }, logic: '1' };
  const rule = await call('POST', '/v1/validation-rules', { name: 'Only Ada', rules });
  expect((await call('DELETE', `/v1/segments/${segment.id}`)).body).toMatchObject({
    key: 'resource_in_use',
    details: expect.stringContaining(rule.body.id),
  });
  await call('DELETE', `/v1/validation-rules/${rule.body.id}`);
  expect((await call('DELETE', `/v1/segments/${segment.id}`)).status).toBe(204);
});

test('nothing of it was unforeseen', () => {
  expect(api.errors).toEqual([]);
});
