import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExportRoutes } from '../../../api/routes/exports.ts';
import { createLoyaltyExportRoutes } from '../../../api/routes/loyalty-exports.ts';
import { readExportRows } from '../../../db/bulk/exports/rows.ts';
import { EXPORT_SOURCES, type ExportedObject } from '../../../db/bulk/exports/sources.ts';
import { resourceRoutes, startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject, type TestProject } from '../../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let client: ReturnType<typeof VoucherifyServerSide>;

beforeAll(async () => {
  database = await createDatabase();
  const deps = { sql: database.sql, now: () => new Date(), downloads: { publicUrl: 'https://shop.example', key: Buffer.alloc(32) } };
  const routes = [...resourceRoutes(database.sql), ...createExportRoutes(deps), ...createLoyaltyExportRoutes(deps)];
  api = await startApi(database.sql, { routes });
  shop = await createProject(database.sql);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

const send = (method: string, path: string, body?: unknown) => api.as(shop)(method, path, body);
const program = (name: string, card: object = { points: 0 }) =>
  client.loyalties.create({
    name,
    type: 'AUTO_UPDATE',
    voucher: { type: 'LOYALTY_CARD', loyalty_card: card as { points: number }, code_config: { pattern: `${name}-####-####` } },
  });
const member = (campaign: string, source_id: string) => client.loyalties.createMember(campaign, { customer: { source_id } });

/** The rows of an export where a column has a value. */
const exported = async (object: ExportedObject, field: string, value: string, fields: string[]) => {
  const query = { projectId: shop.project.id, sortedBy: null, descending: false, until: new Date(), filter: null };
  const rows = await readExportRows(database.sql, EXPORT_SOURCES[object], { ...query, fields: [...fields, field] }, null, 1000);
  return rows.flatMap(({ cells }) => (cells.at(-1) === value ? [cells.slice(0, -1)] : []));
};

describe('a loyalty program, with the official SDK', () => {
  test('is made, found, changed, listed and deleted', async () => {
    const made = await program('SDK', { points: 10, balance: 10 });
    expect(made).toMatchObject({
      campaign_type: 'LOYALTY_PROGRAM',
      auto_join: false,
      join_once: true,
      voucher: { type: 'LOYALTY_CARD', loyalty_card: { points: 10 } },
    });
    expect(await client.loyalties.get('SDK')).toMatchObject({ id: made.id, vouchers_count: 0 });
    expect(await client.loyalties.update({ id: made.id, description: 'for friends' })).toMatchObject({ description: 'for friends' });
    expect((await client.loyalties.list()).campaigns?.map(({ name }) => name)).toContain('SDK');
    expect(await client.campaigns.get(made.id)).toMatchObject({ name: 'SDK' });
    await member(made.id, 'gone');
    await client.loyalties.delete(made.id, { force: true });
    await expect(client.loyalties.get(made.id)).rejects.toMatchObject({ code: 404 });
  });

  test('gives each customer one card', async () => {
    const { id } = await program('ONCE', { points: 5 });
    const card = await member(id, 'ada');
    expect(card).toMatchObject({
      type: 'LOYALTY_CARD',
      campaign: 'ONCE',
      loyalty_card: { points: 5, balance: 5 },
      redemption: { redeemed_points: 0 },
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => member(id, 'bob')));
    expect(new Set(answers.map(({ code }) => code)).size).toBe(1);
    const { code } = await member(id, 'ada');
    expect(code).toBe(card.code);
    const given = await client.distributions.publications.create({
      campaign: { name: 'ONCE', count: 1 },
      customer: { source_id: 'ada' },
    });
    expect(given).toMatchObject({ voucher: { code } });
    expect(await client.loyalties.getMember(id, code)).toMatchObject({ holder_id: card.holder_id });
    expect(await client.loyalties.getMember(null, code)).toMatchObject({ code });
    expect(await client.loyalties.listMembers(id)).toMatchObject({ total: 2, data_ref: 'vouchers' });
    const several = await send('POST', '/v1/publications', { campaign: { name: 'ONCE', count: 2 }, customer: { source_id: 'eve' } });
    expect(several).toMatchObject({ status: 400, body: { key: 'no_voucher_suitable_for_publication' } });
    await send('POST', `/v1/campaigns/${id}/vouchers/SPARE`, {});
    expect(await send('POST', `/v1/loyalties/${id}/members`, { voucher: 'SPARE', customer: { source_id: 'ada' } })).toMatchObject({
      status: 400,
      body: { key: 'voucher_already_published' },
    });
  });

  test('adds points and takes them away, and keeps an account', async () => {
    const { id } = await program('ACCOUNT');
    const { code } = await member(id, 'carl');
    expect(await client.loyalties.addPoints(id, code, { points: 100 })).toMatchObject({
      points: 100,
      total: 100,
      balance: 100,
      object: 'balance',
    });
    const removed = { points: -30, reason: 'mistake', source_id: 'crm-7' };
    expect(await client.loyalties.addOrRemoveCardBalance(code, removed)).toMatchObject({ points: -30, balance: 70 });
    await expect(client.loyalties.addOrRemoveCardBalance(code, { points: -71 }, id)).rejects.toMatchObject({
      code: 400,
      key: 'loyalty_card_points_exceeded',
    });
    const listed = await client.loyalties.listCardTransactions(code, id, { limit: 1 });
    expect(listed).toMatchObject({ data: [{ type: 'POINTS_REMOVAL', reason: 'mistake', source_id: 'crm-7' }], has_more: true });
    const next = await client.loyalties.listCardTransactions(code, null, { starting_after_id: listed.more_starting_after });
    expect(next).toMatchObject({ data: [{ type: 'POINTS_ADDITION', details: { balance: { points: 100, total: 100 } } }], has_more: false });
    expect((await send('GET', `/v1/loyalties/${id}/transactions`)).body.data).toHaveLength(2);
    expect((await send('GET', `/v1/vouchers/${code}/transactions`)).body.data).toHaveLength(2);
    expect(await send('POST', `/v1/vouchers/${code}/balance`, { amount: 5 })).toMatchObject({
      status: 200,
      body: { amount: 5, balance: 75 },
    });
    const activity = await client.loyalties.listMemberActivity(id, code);
    expect(activity.data.map(({ type }) => type)).toContain('voucher.loyalty_card.points_added');
    expect((await client.loyalties.getMemberActivities(id, code)).activities.length).toBe(activity.data.length);
    const { body } = await send('GET', '/v1/customers/carl');
    expect(body.loyalty).toEqual({
      points: 105,
      referred_customers: 0,
      campaigns: { ACCOUNT: { points: 105, loyalty_tier: null, referred_customers: 0 } },
    });
  });

  test('says when points expire', async () => {
    const { id } = await program('EXPIRES', { points: 3, expiration_rules: { period_type: 'MONTH', period_value: 2 } });
    const { code, loyalty_card: card } = (await member(id, 'dora')) as unknown as { code: string; loyalty_card: Record<string, unknown> };
    expect(card).toMatchObject({ next_expiration_points: 3, next_expiration_date: expect.stringContaining('T23:59:59.999Z') });
    await client.loyalties.addOrRemoveCardBalance(code, { points: 20, expiration_type: 'CUSTOM_DATE', expiration_date: '2099-12-31' }, id);
    await client.loyalties.addOrRemoveCardBalance(code, { points: 9, expiration_type: 'NON_EXPIRING' }, id);
    const expiring = await client.loyalties.getPointsExpiration(id, code, { limit: 10 });
    expect(expiring).toMatchObject({
      total: 2,
      data: [{ bucket: { total_points: 3 } }, { bucket: { total_points: 20 }, expires_at: '2099-12-31T23:59:59.999Z', status: 'ACTIVE' }],
    });
    expect(await exported('points_expiration', 'campaign_id', id, ['points', 'status'])).toEqual([
      [3, 'ACTIVE'],
      [20, 'ACTIVE'],
    ]);
  });

  test('moves points between cards of programs', async () => {
    const [one, other] = [await program('FROM', { points: 50 }), await program('TO')];
    const [from, to] = [await member(one.id, 'finn'), await member(other.id, 'finn')];
    const moved = await client.loyalties.transferPoints(other.id, to.code, [
      { code: from.code, points: 20, source_id: 'move-1', reason: 'gift' },
    ]);
    expect(moved).toMatchObject({ code: to.code, loyalty_card: { points: 20, balance: 20 } });
    expect(await client.loyalties.getMember(one.id, from.code)).toMatchObject({ loyalty_card: { balance: 30 } });
    expect(await send('POST', `/v1/loyalties/${other.id}/members/${to.code}/transfers`, [{ code: from.code, points: 31 }])).toMatchObject({
      status: 400,
      body: { key: 'loyalty_card_points_exceeded' },
    });
    expect((await client.loyalties.exportCardTransactions(to.code, other.id, {})).exported_object).toBe('voucher_transactions');
    expect(await exported('voucher_transactions', 'campaign_id', other.id, ['type', 'amount', 'balance'])).toEqual([
      ['POINTS_TRANSFER_IN', 20, 20],
    ]);
  });

  test('refuses what is wrong, and names it', async () => {
    const wrong = await send('POST', '/v1/loyalties', { name: 'W', voucher: { type: 'DISCOUNT_VOUCHER', loyalty_card: { points: -1 } } });
    expect(wrong.status).toBe(400);
    const rounding = { period_type: 'MONTH', period_value: 1, rounding_type: 'PARTICULAR_MONTH' };
    const card = { type: 'LOYALTY_CARD', loyalty_card: { points: 1, expiration_rules: rounding } };
    expect((await send('POST', '/v1/loyalties', { name: 'W', voucher: card })).status).toBe(400);
    expect((await send('GET', '/v1/loyalties/unknown/members')).status).toBe(404);
    const { id } = await program('WRONG');
    const { code } = await member(id, 'gus');
    expect((await send('GET', `/v1/loyalties/ACCOUNT/members/${code}`)).status).toBe(404);
    for (const body of [{ points: 0 }, { points: 5, expiration_type: 'CUSTOM_DATE' }, { points: -5, expiration_type: 'NON_EXPIRING' }])
      expect((await send('POST', `/v1/loyalties/members/${code}/balance`, body)).status).toBe(400);
    const discount = await send('POST', '/v1/campaigns', {
      name: 'D',
      voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'PERCENT', percent_off: 5 } },
    });
    expect((await send('PUT', `/v1/campaigns/${discount.body.id}`, { auto_join: true })).status).toBe(400);
  });

  test('makes cards in advance, and cards without a program', async () => {
    const { id } = await program('AHEAD', { points: 7 });
    const { body } = await send('POST', `/v1/campaigns/${id}/vouchers`, {});
    expect(body).toMatchObject({ type: 'LOYALTY_CARD', loyalty_card: { points: 7, balance: 7 }, holder_id: null });
    expect((await client.loyalties.listMembers(id)).total).toBe(0);
    const alone = await send('POST', '/v1/vouchers/ALONE', { type: 'LOYALTY_CARD', loyalty_card: { points: 4 } });
    expect(alone).toMatchObject({ status: 200, body: { campaign: null, loyalty_card: { points: 4, balance: 4 } } });
    expect(await client.loyalties.addOrRemoveCardBalance('ALONE', { points: 6 })).toMatchObject({ balance: 10 });
    expect(api.errors).toEqual([]);
  });
});
