import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTraceBuffer } from '../../activities/checkout/validation-traces.ts';
import { createTraceRoutes } from '../../api/routes/traces.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { newId } from '../../db/ids.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';
import { until } from '../harness/relay.ts';

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  checkout = createCheckout(sql);
  await checkout.maintain();
  api = await startApi(sql, { routes: [...checkoutRoutes(sql, checkout), ...createTraceRoutes({ sql })] });
  call = api.as(await createProject(sql));
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const ask = (path: 'validations' | 'redemptions', customer: string, ...codes: string[]) =>
  call('POST', `/v1/${path}`, {
    redeemables: codes.map((id) => ({ object: 'voucher', id })),
    customer: { source_id: customer },
    order: { amount: 10_000 },
  });

const voucher = (code: string, more: object = {}) =>
  call('POST', `/v1/vouchers/${code}`, { discount: { type: 'PERCENT', percent_off: 10 }, redemption: { quantity: 1 }, ...more });

/** Validations are written a moment after their answer. */
const traces = async (query: string, count: number): Promise<Reply['body'][]> => {
  await until(`there are ${count} traces of ${query}`, async () => (await call('GET', `/v1/traces?${query}`)).body.traces?.length >= count);
  return (await call('GET', `/v1/traces?${query}`)).body.traces;
};

describe('the trace of an attempt', () => {
  test('says which condition of which revision refused a code, and to whom', async () => {
    const { body: made } = await voucher('USED-UP');
    await ask('redemptions', 'ada', 'USED-UP');
    await ask('redemptions', 'grace', 'USED-UP');
    const [refused, redeemed] = await traces('code=used-up', 2);
    expect(refused).toMatchObject({
      attempt: 'redemption',
      outcome: 'quantity_exceeded',
      customer: { source_id: 'grace' },
      codes: ['USED-UP'],
      steps: [{ voucher_id: made.id, revision: made.revision, outcome: 'quantity_exceeded', condition: 'redemption.quantity', value: 1 }],
    });
    expect(refused.steps[0].details).toBe('Voucher USED-UP was redeemed 1 of 1 times');
    expect(redeemed).toMatchObject({ outcome: 'redeemed', customer: { source_id: 'ada' } });
    expect((await call('GET', `/v1/traces/${refused.id}`)).body).toEqual(refused);
  });

  test('shows the arithmetic step by step, and is found by each code of a stack', async () => {
    await voucher('STEP-1');
    await voucher('STEP-2', { discount: { type: 'AMOUNT', amount_off: 500 } });
    const { body: validation } = await ask('validations', 'hedy', 'STEP-1', 'STEP-2');
    const [found] = await traces('code=step-2', 1);
    expect(found).toMatchObject({
      id: validation.id,
      attempt: 'validation',
      outcome: 'valid',
      steps: [
        { code: 'STEP-1', outcome: 'applied', before: 10_000, discount: 1_000, after: 9_000 },
        { code: 'STEP-2', outcome: 'applied', before: 9_000, discount: 500, after: 8_500 },
      ],
    });
    expect((await call('GET', `/v1/traces/${validation.id}`)).body).toEqual(found);
  });

  test('is kept for codes that nobody made', async () => {
    await ask('redemptions', 'ada', 'Typing-Eror');
    await ask('validations', 'ada', 'typing-eror');
    expect((await traces('code=TYPING-EROR&outcome=not_found', 2)).map((trace) => trace.attempt)).toEqual(['validation', 'redemption']);
  });

  test('is kept for whatever somebody types as a code, first or later in a stack', async () => {
    const typed = ['A"B', String.raw`C\D`, 'E,F}', 'G\tH\nI', 'NULL', ' '];
    const { body } = await ask('validations', 'ada', 'FIRST', ...typed);
    for (const code of typed) expect((await traces(`code=${encodeURIComponent(code)}`, 1)).map((trace) => trace.id)).toEqual([body.id]);
  });

  test('is listed for a customer by what came of it, page by page', async () => {
    await voucher('MANY', { redemption: { quantity: 2 } });
    await call('POST', '/v1/customers', { source_id: 'mary' });
    for (let round = 0; round < 3; round += 1) {
      await ask('validations', 'mary', 'MANY');
      await ask('redemptions', 'mary', 'MANY');
    }
    const all = await traces('customer=mary', 6);
    expect(all.map((trace) => `${trace.attempt} ${trace.outcome}`)).toEqual([
      'redemption quantity_exceeded',
      'validation quantity_exceeded',
      'redemption redeemed',
      'validation valid',
      'redemption redeemed',
      'validation valid',
    ]);
    const pages: unknown[] = [];
    for (let after = '', more = true; more;) {
      const { body } = await call('GET', `/v1/traces?customer=mary&limit=4${after}`);
      pages.push(...body.traces);
      more = body.has_more;
      after = `&starting_after=${body.traces.at(-1).id}`;
    }
    expect(pages).toEqual(all);
    expect(await traces('customer=mary&outcome=failed', 2)).toEqual(all.slice(0, 2));
    expect(await traces('customer=mary&outcome=redeemed', 2)).toHaveLength(2);
  });

  test('is nobody’s where there is none', async () => {
    expect((await call('GET', '/v1/traces?customer=nobody')).status).toBe(404);
    for (const id of ['valid_none', 'r_none', 'anything']) expect((await call('GET', `/v1/traces/${id}`)).status).toBe(404);
    expect((await call('GET', '/v1/traces?code=NEVER-ASKED')).body).toMatchObject({ traces: [], has_more: false });
  });
});

test('traces that come while others are written are written too', async () => {
  const buffer = createTraceBuffer({ sql: database.sql, log: { warn: () => {} }, everyMs: 2 });
  const trace = {
    projectId: 'trickle',
    codeKeys: ['TRICKLE'],
    customerId: null,
    outcome: 'valid',
    counted: [],
    trace: {},
    createdAt: new Date(),
  };
  for (let n = 0; n < 100; n += 1) {
    buffer.add({ ...trace, id: newId('validation') });
    await sleep(1);
  }
  await buffer.close();
  expect(await database.sql`select count(*) from validation where project_id = 'trickle'`).toMatchObject([{ count: 100 }]);
});
