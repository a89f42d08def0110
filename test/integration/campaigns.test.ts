import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

const percent = (off: number) => ({ type: 'PERCENT', percent_off: off });
const campaign = (name: string, more: object = {}) => ({
  name,
  type: 'AUTO_UPDATE',
  campaign_type: 'DISCOUNT_COUPONS',
  voucher: { type: 'DISCOUNT_VOUCHER', discount: percent(10), redemption: { quantity: 1 }, code_config: { pattern: 'C-########' } },
  ...more,
});
const types = async (id: string) => {
  const rows = await database.sql<{ type: string }[]>`
    select type from event where project_id = ${shop.project.id} and data->'campaign'->>'id' = ${id} order by id`;
  return rows.map((row) => row.type);
};

describe('a campaign', () => {
  test('is made with its vouchers, and found by id and by name', async () => {
    const made = await call('POST', '/v1/campaigns', campaign('Welcome back', { vouchers_count: 3, expiration_date: '2036-01-01' }));
    expect(made).toMatchObject({
      status: 200,
      body: {
        object: 'campaign',
        name: 'Welcome back',
        vouchers_count: 3,
        vouchers_generation_status: 'DONE',
        voucher: { discount: { percent_off: 10 }, redemption: { quantity: 1 } },
      },
    });
    for (const key of [made.body.id, encodeURIComponent('Welcome back')])
      expect((await call('GET', `/v1/campaigns/${key}`)).body).toMatchObject({ id: made.body.id, vouchers_count: 3 });
    const { body } = await call('GET', `/v1/vouchers?campaign=${made.body.id}`);
    expect(body.vouchers).toHaveLength(3);
    expect(body.vouchers[0]).toMatchObject({
      code: expect.stringMatching(/^C-.{8}$/),
      campaign: 'Welcome back',
      campaign_id: made.body.id,
      expiration_date: '2036-01-01T00:00:00.000Z',
      redemption: { quantity: 1 },
    });
  });

  test('has a name that no other has', async () => {
    await call('POST', '/v1/campaigns', campaign('Unique'));
    expect(await call('POST', '/v1/campaigns', campaign('Unique'))).toMatchObject({ status: 409, body: { key: 'duplicate_found' } });
  });

  test('gives one voucher, or one with a given code', async () => {
    await call('POST', '/v1/campaigns', campaign('Adds'));
    const one = await call('POST', '/v1/campaigns/Adds/vouchers', { metadata: { source: 'fair' } });
    expect(one.body).toMatchObject({ object: 'voucher', campaign: 'Adds', metadata: { source: 'fair' } });
    const named = await call('POST', '/v1/campaigns/Adds/vouchers/VIP-1', { redemption: { quantity: 7 } });
    expect(named.body).toMatchObject({ code: 'VIP-1', campaign: 'Adds', redemption: { quantity: 7 } });
    expect((await call('POST', '/v1/campaigns/Adds/vouchers/vip-1', {})).body.key).toBe('duplicate_found');
    expect((await call('GET', '/v1/campaigns/Adds')).body.vouchers_count).toBe(2);
  });

  test('is refused where its codes could be guessed, with the figures', async () => {
    const small = campaign('Guessable', {
      vouchers_count: 500,
      voucher: { discount: percent(10), code_config: { pattern: '###', charset: '0123456789' } },
    });
    const refused = await call('POST', '/v1/campaigns', small);
    expect(refused).toMatchObject({ status: 400, body: { key: 'invalid_code_config' } });
    expect(refused.body.details).toContain('1000 possible codes');
    expect((await call('GET', '/v1/campaigns/Guessable')).status).toBe(404);
  });

  test('draws again where codes are taken, until its pattern is used up', async () => {
    // 4,096 codes, all of which are taken.
    const tiny = { discount: percent(10), code_config: { pattern: 'T####', charset: '01234567' } };
    await call('POST', '/v1/campaigns', campaign('Tiny', { voucher: tiny }));
    await database.sql`
      insert into voucher (project_id, id, code, code_key, type, definition)
      select ${shop.project.id}, 'v_' || n, 'T' || lpad(to_hex(n), 4, '0'), 'T' || to_char(n, 'FM0000'), 'DISCOUNT_VOUCHER', '{}'
      from generate_series(0, 7777) n where to_char(n, 'FM0000') !~ '[89]'`;
    const refused = await call('POST', '/v1/campaigns/Tiny/vouchers', {});
    expect(refused).toMatchObject({ status: 400, body: { key: 'invalid_code_config' } });
    expect(refused.body.details).toContain('of 4096 possible codes nearly all are taken');
  });

  test('that updates changes the vouchers that exist; a static one leaves them', async () => {
    await call('POST', '/v1/campaigns', campaign('Follows'));
    await call('POST', '/v1/campaigns', campaign('Stays', { type: 'STATIC' }));
    await call('POST', '/v1/campaigns/Follows/vouchers/FOLLOWS-1', {});
    await call('POST', '/v1/campaigns/Stays/vouchers/STAYS-1', {});
    for (const name of ['Follows', 'Stays'])
      expect((await call('PUT', `/v1/campaigns/${name}`, { discount: percent(25) })).body).toMatchObject({
        revision: 2,
        voucher: { discount: { percent_off: 25 } },
      });
    expect((await call('GET', '/v1/vouchers/FOLLOWS-1')).body.discount.percent_off).toBe(25);
    expect((await call('GET', '/v1/vouchers/STAYS-1')).body.discount.percent_off).toBe(10);
    await call('POST', '/v1/campaigns/Stays/vouchers/STAYS-2', {});
    expect((await call('GET', '/v1/vouchers/STAYS-2')).body.discount.percent_off).toBe(25);
  });

  test('is disabled, enabled and deleted with its vouchers, and each is told', async () => {
    const { body } = await call('POST', '/v1/campaigns', campaign('Short-lived', { vouchers_count: 2 }));
    expect((await call('POST', '/v1/campaigns/Short-lived/disable', {})).body.active).toBe(false);
    expect((await call('POST', '/v1/campaigns/Short-lived/enable', {})).body.active).toBe(true);
    expect((await call('DELETE', '/v1/campaigns/Short-lived')).status).toBe(204);
    expect((await call('GET', '/v1/campaigns/Short-lived')).status).toBe(404);
    const [left] = await database.sql<{ count: number }[]>`select count(*) from voucher where campaign_id = ${body.id}`;
    expect(left!.count).toBe(0);
    expect(await types(body.id)).toEqual(['campaign.created', 'campaign.disabled', 'campaign.enabled', 'campaign.deleted']);
  });

  test('that is deleted while vouchers are added leaves none behind', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { body } = await call('POST', '/v1/campaigns', campaign(`Raced ${round}`));
      const replies = await Promise.all([
        ...Array.from({ length: 6 }, () => call('POST', `/v1/campaigns/${body.id}/vouchers`, {})),
        call('DELETE', `/v1/campaigns/${body.id}`),
      ]);
      expect(replies.every(({ status }) => [200, 204, 404].includes(status))).toBe(true);
      const [left] = await database.sql<{ count: number }[]>`select count(*) from voucher where campaign_id = ${body.id}`;
      expect(left!.count).toBe(0);
    }
  });
});

test('campaigns are listed newest first, and page by cursor', async () => {
  const other = api.as(await createProject(database.sql));
  for (let n = 1; n <= 5; n += 1) await other('POST', '/v1/campaigns', campaign(`Campaign ${n}`));
  const first = (await other('GET', '/v1/campaigns?limit=3')).body;
  expect(first).toMatchObject({ total: 5, has_more: true, data_ref: 'campaigns' });
  const rest = (await other('GET', `/v1/campaigns?limit=3&starting_after=${first.campaigns[2].id}`)).body;
  expect([...first.campaigns, ...rest.campaigns].map((each: { name: string }) => each.name)).toEqual(
    [5, 4, 3, 2, 1].map((n) => `Campaign ${n}`),
  );
  expect(rest.has_more).toBe(false);
});
