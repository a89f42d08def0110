import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sql } from '../../db/client.ts';
import type { Reply, TestApi } from '../harness/api.ts';
import { createVoucher } from '../harness/checkout.ts';
import { MODES, startContractShop, type ContractShop } from '../harness/checkout-contract.ts';
import type { TestProject } from '../harness/project.ts';

/** One contract, whoever runs the activities: the API's own process, or a worker by way of Temporal. */
describe.each(MODES)('a rollback, %s,', (mode) => {
  let on: ContractShop;
  let sql: Sql;
  let api: TestApi;
  let shop: TestProject;
  let made = 0;

  beforeAll(async () => {
    on = await startContractShop(mode);
    ({ sql, api, shop } = on);
  });

  afterAll(() => on.stop());

  beforeEach(() => {
    made += 1;
  });

  const code = (name: string) => `${name}-${made}`;
  const post = (path: string, body: unknown, headers?: Record<string, string>): Promise<Reply> => api.as(shop)('POST', path, body, headers);
  const vouchers = (...codes: string[]) => codes.map((id) => ({ object: 'voucher', id }));
  const cart = { amount: 11_499 };
  const redeemedQuantity = async (of: string) => (await api.as(shop)('GET', `/v1/vouchers/${of}/redemption`)).body.redeemed_quantity;

  test('takes a redemption back once', async () => {
    await createVoucher(sql, shop.project, code('BACK'), { quantity: 1 });
    const { body } = await post('/v1/redemptions', { redeemables: vouchers(code('BACK')), order: cart });
    const path = `/v1/redemptions/${body.redemptions[0].id}/rollback?reason=returned&tracking_id=t-1`;
    expect(await post(path, {})).toMatchObject({
      status: 200,
      body: {
        object: 'redemption_rollback',
        redemption: body.redemptions[0].id,
        reason: 'returned',
        tracking_id: 't-1',
        amount: -1_150,
        result: 'SUCCESS',
        order: { total_amount: 11_499, total_discount_amount: 0 },
        voucher: { redemption: { redeemed_quantity: 0 } },
      },
    });
    expect(await post(path, {})).toMatchObject({ status: 400, body: { key: 'already_rolled_back' } });
    expect((await api.as(shop)('GET', `/v1/vouchers/${code('BACK')}/redemption`)).body).toMatchObject({
      total: 2,
      redeemed_quantity: 0,
      redeemed_amount: 0,
      redemption_entries: [{ object: 'redemption_rollback' }, { object: 'redemption' }],
    });
    const [event] = await sql`select data from event where type = 'redemption.rollback.succeeded' and data->>'code' = ${code('BACK')}`;
    expect(event).toMatchObject({ data: { redemption_id: body.redemptions[0].id, reason: 'returned' } });
  });

  test('takes a whole stack back', async () => {
    const codes = [code('R1'), code('R2')];
    for (const each of codes) await createVoucher(sql, shop.project, each);
    const { body } = await post('/v1/redemptions', { redeemables: vouchers(...codes), order: cart });
    const parent = body.parent_redemption.id;
    expect(await post(`/v1/redemptions/${parent}/rollback`, {})).toMatchObject({
      status: 400,
      body: { key: 'invalid_redemption_parent' },
    });
    const back = await post(`/v1/redemptions/${parent}/rollbacks`, { reason: 'returned' });
    expect(back).toMatchObject({ status: 200, body: { parent_rollback: { redemption: parent }, order: { total_amount: 11_499 } } });
    expect(back.body.rollbacks).toHaveLength(2);
    expect(await post(`/v1/redemptions/${parent}/rollbacks`, {})).toMatchObject({ status: 400, body: { key: 'already_rolled_back' } });
    for (const each of codes) expect(await redeemedQuantity(each)).toBe(0);
  });

  test('of what does not exist: there is no such thing', async () => {
    expect(await post('/v1/redemptions/r_nothing/rollback', {})).toMatchObject({ status: 404, body: { key: 'not_found' } });
  });
});
