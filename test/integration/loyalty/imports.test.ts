import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type TestApi } from '../../harness/api.ts';
import { workOn } from '../../harness/bulk.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProject, type TestProject } from '../../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;

beforeAll(async () => {
  database = await createDatabase();
  api = await startApi(database.sql);
  shop = await createProject(database.sql);
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

const send = async (method: string, path: string, body?: unknown) => {
  const reply = await api.as(shop)(method, path, body);
  if (reply.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(reply.body)}`);
  return reply.body;
};

let made = 0;
const aProgram = async (card: object = {}): Promise<string> => {
  made += 1;
  const voucher = { type: 'LOYALTY_CARD', loyalty_card: { points: 5, ...card }, code_config: { pattern: `P${made}-####-####` } };
  return (await send('POST', '/v1/loyalties', { name: `P${made}`, voucher })).id;
};

/** Imports a file that is taken. @returns the action when it has ended, and which rows were wrong */
const imported = async (address: string, lines: string[]) => {
  const { status, body } = await api.send(address, {
    method: 'POST',
    headers: { 'X-App-Id': shop.appId, 'X-App-Token': shop.secretKey, 'Content-Type': 'text/csv' },
    body: lines.join('\n'),
  });
  expect(status, JSON.stringify(body)).toBe(202);
  await workOn(database.sql, body.async_action_id);
  const action = await send('GET', `/v1/async-actions/${body.async_action_id}`);
  const { errors } = await send('GET', `/v1/async-actions/${body.async_action_id}/errors`);
  return {
    action,
    wrong: errors.map(({ line, errors: of }: { line: number; errors: { path: string }[] }) => [line, of.map(({ path }) => path)]),
  };
};

describe('cards of a loyalty program are imported', () => {
  test('with what they have, and to whom they belong', async () => {
    const id = await aProgram({ expiration_rules: { period_type: 'MONTH', period_value: 12 } });
    const { action, wrong } = await imported(`/v1/loyalties/${id}/importCSV`, [
      'Code,Active,Loyalty Points,Category,Start Date,Season,Customer Source Id,Customer Name',
      'GOLD-1,TRUE,120,,,Spring,ada,Ada Lovelace',
      'GOLD-2,FALSE,0,Old,2020-01-01,,grace,',
      'GOLD-3,,,,,,,',
    ]);
    expect(wrong).toEqual([]);
    expect(action).toMatchObject({ type: 'LOYALTY_CARDS_IMPORT', status: 'DONE' });
    const one = await send('GET', '/v1/vouchers/GOLD-1');
    expect(one).toMatchObject({
      active: true,
      campaign_id: id,
      metadata: { Season: 'Spring' },
      loyalty_card: { points: 120, balance: 120, next_expiration_points: 120 },
    });
    expect(one.holder_id).toBe((await send('GET', '/v1/customers/ada')).id);
    expect(await send('GET', '/v1/customers/ada')).toMatchObject({ name: 'Ada Lovelace', loyalty: { points: 120 } });
    expect(await send('GET', '/v1/vouchers/GOLD-2')).toMatchObject({
      active: false,
      category: 'Old',
      start_date: '2020-01-01T00:00:00.000Z',
      loyalty_card: { points: 0, balance: 0 },
    });
    expect(await send('GET', '/v1/vouchers/GOLD-3')).toMatchObject({
      holder_id: null,
      loyalty_card: { points: 5, balance: 5, next_expiration_date: null },
    });
    expect(await send('GET', `/v1/loyalties/${id}/members`)).toMatchObject({ total: 2 });
    // Who has a card by an import gets that one again.
    expect(await send('POST', `/v1/loyalties/${id}/members`, { customer: { source_id: 'ada' } })).toMatchObject({ code: 'GOLD-1' });
    const left = await database.sql<{ same: boolean }[]>`
      select v.loyalty_balance = coalesce(sum(b.remaining), 0) as same from voucher v left join points_bucket b on b.project_id = v.project_id
        and b.voucher_id = v.id where v.code like 'GOLD-%' group by v.project_id, v.id, v.loyalty_balance`;
    expect(left.map(({ same }) => same)).toEqual([true, true, true]);
  });

  test('every row that is wrong told by its line, the good ones imported', async () => {
    const id = await aProgram();
    await send('POST', `/v1/loyalties/${id}/members`, { customer: { source_id: 'member' } });
    const { wrong } = await imported(`/v1/campaigns/${id}/importCSV`, [
      'Code,Loyalty Points,Customer Source Id,Customer Email,Expiration Date,Start Date',
      'WRONG-1,-5,,,,',
      'WRONG-2,many,,no mail,,',
      'WRONG-3,10,member,,,',
      'WRONG-4,10,newcomer,,,',
      'WRONG-5,10,newcomer,,,',
      'WRONG-4,10,,,,',
      ',10,,,,',
      'WRONG-6,1,,,2020-01-01,2021-01-01',
      'WRONG-7,1,,someone@example.com,,',
      'WRONG-8,1.5,,,,',
    ]);
    expect(wrong).toEqual([
      [2, ['loyalty_card.points']],
      [3, ['customer.source_id', 'loyalty_card.points', 'customer.email']],
      [4, ['customer.source_id']],
      [6, ['customer.source_id']],
      [7, ['code']],
      [8, ['code']],
      [9, ['expiration_date']],
      [10, ['customer.source_id']],
      [11, ['loyalty_card.points']],
    ]);
    expect(await send('GET', '/v1/vouchers/WRONG-4')).toMatchObject({
      loyalty_card: { points: 10 },
      holder_id: expect.any(String) as string,
    });
    expect(await send('GET', `/v1/loyalties/${id}/members`)).toMatchObject({ total: 2 });
  });

  test('or none, where one is wrong and all or nothing is asked', async () => {
    const id = await aProgram();
    const { action, wrong } = await imported(`/v1/loyalties/${id}/importCSV?all_or_nothing=true`, [
      'Code,Loyalty Points,Customer Source Id',
      'NONE-1,10,first',
      'NONE-2,10,second',
      'NONE-1,20,third',
    ]);
    expect(action.status).toBe('FAILED');
    expect(wrong).toEqual([[4, ['code']]]);
    expect(await send('GET', `/v1/loyalties/${id}/members`)).toMatchObject({ total: 0 });
    expect((await api.as(shop)('GET', '/v1/vouchers/NONE-2')).status).toBe(404);
    expect((await api.as(shop)('GET', '/v1/customers/second')).status).toBe(404);
  });

  test('from a list, and what was exported again', async () => {
    const id = await aProgram();
    const { async_action_id: action } = await send('POST', `/v1/loyalties/${id}/import`, [
      { code: 'LIST-1', loyalty_card: { points: 7 }, customer: { source_id: 'lister', metadata: { level: 'gold' } } },
      { code: 'LIST-2', loyalty_card: { points: 7, balance: 7 } },
    ]);
    await workOn(database.sql, action);
    expect((await send('GET', `/v1/async-actions/${action}/errors`)).errors).toMatchObject([
      { line: 2, errors: [{ path: 'loyalty_card.balance' }] },
    ]);
    expect(await send('GET', '/v1/customers/lister')).toMatchObject({ metadata: { level: 'gold' }, loyalty: { points: 7 } });
    const { wrong } = await imported(`/v1/loyalties/${id}/importCSV`, [
      'code,voucher_type,value,loyalty_balance,customer_source_id,campaign',
      'BACK-1,LOYALTY_CARD,300,120,returner,Old program',
    ]);
    expect(wrong).toEqual([]);
    expect(await send('GET', '/v1/vouchers/BACK-1')).toMatchObject({ loyalty_card: { points: 120, balance: 120 }, metadata: {} });
    expect((await api.as(shop)('POST', '/v1/loyalties/nothing/import', [{ code: 'X' }])).status).toBe(404);
    expect(api.errors).toEqual([]);
  });
});
