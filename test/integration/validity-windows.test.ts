import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

let database: TestDatabase;
let checkout: TestCheckout;
let api: TestApi;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  checkout = createCheckout(database.sql);
  await checkout.maintain();
  api = await startApi(database.sql, { routes: checkoutRoutes(database.sql, checkout) });
  call = api.as(await createProject(database.sql, { timezone: 'Europe/Berlin' }));
});

afterAll(async () => {
  await checkout.traces.close();
  await api.stop();
  await database.drop();
});

let made = 0;
let code: string;
beforeEach(() => {
  made += 1;
  code = `WINDOW${made}`;
});

const discount = { type: 'AMOUNT', amount_off: 500 };
const voucher = async (more: object = {}): Promise<Reply['body']> => {
  const reply = await call('POST', `/v1/vouchers/${code}`, { discount, ...more });
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body;
};
const validate = async (more: object = { order: { amount: 1000 } }): Promise<Reply['body']> => {
  const { status, body } = await call('POST', '/v1/validations', { redeemables: [{ object: 'voucher', id: code }], ...more });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};
const keyOf = async (more?: object): Promise<string | null> => (await validate(more)).redeemables[0].result.error?.key ?? null;

describe('a time window', () => {
  test('closes a voucher outside of its hours and tells when it opens', async () => {
    const day = new Date().getUTCDay();
    const later = (day + 3) % 7;
    const made = await voucher({
      validity_day_of_week: [later],
      timezone: 'UTC',
      start_date: '2026-01-01',
      validity_timeframe: { interval: 'P1D', duration: 'P1D' },
    });
    expect(made).toMatchObject({ validity_day_of_week: [later], timezone: 'UTC', validity_hours: null });
    const refused = await validate();
    expect(refused.redeemables[0].result.error).toMatchObject({
      key: 'voucher_not_active_now',
      details: expect.stringContaining('It is again from'),
    });
    const opened = await call('PUT', `/v1/vouchers/${code}`, { validity_day_of_week: null });
    expect(opened.body).toMatchObject({ validity_day_of_week: null, validity_timeframe: { interval: 'P1D' } });
    expect(await keyOf()).toBeNull();
    const startless = await call('PUT', `/v1/vouchers/${code}`, { start_date: null });
    expect(startless.body.errors).toEqual([{ path: 'start_date', message: 'must be there, since validity_timeframe counts from it' }]);
  });

  test('of an AUTO_UPDATE campaign changes for its vouchers, of a STATIC one it does not', async () => {
    const never = { daily: [{ start_time: '00:00', expiration_time: '00:01', days_of_week: [(new Date().getUTCDay() + 3) % 7] }] };
    for (const [type, key] of [
      ['AUTO_UPDATE', 'voucher_not_active_now'],
      ['STATIC', null],
    ] as const) {
      const campaign = await call('POST', '/v1/campaigns', {
        name: `Hours ${type}`,
        type,
        voucher: { discount, code_config: { pattern: `${type[0]}H-######` } },
        vouchers_count: 1,
      });
      code = (await call('GET', `/v1/vouchers?campaign=${campaign.body.id}`)).body.vouchers[0].code;
      const changed = await call('PUT', `/v1/campaigns/${campaign.body.id}`, { validity_hours: never });
      expect(changed.body.validity_hours).toEqual(never);
      expect(await keyOf()).toBe(key);
      const own = await call('PUT', `/v1/vouchers/${code}`, { timezone: 'UTC' });
      expect(own.body.errors).toEqual([{ path: 'timezone', message: 'belongs to the campaign: change it there' }]);
    }
  });

  test('is refused with every field that is wrong', async () => {
    const { body } = await call('POST', `/v1/vouchers/${code}`, {
      discount,
      validity_timeframe: { interval: 'P1D', duration: 'P2D' },
      validity_day_of_week: [7],
      validity_hours: { daily: [{ start_time: '24:00', expiration_time: '9' }] },
      timezone: 'Berlin',
    });
    expect(body.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      'start_date',
      'timezone',
      'validity_day_of_week[0]',
      'validity_hours.daily[0].expiration_time',
      'validity_hours.daily[0].start_time',
      'validity_timeframe.duration',
    ]);
  });
});

test('nothing of it was unforeseen', () => {
  expect(api.errors).toEqual([]);
});
