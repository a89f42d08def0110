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
  code = `RULED${made}`;
});

const discount = { type: 'AMOUNT', amount_off: 500 };
const rule = async (rules: object, more: object = {}): Promise<string> => {
  const reply = await call('POST', '/v1/validation-rules', { name: `Rule ${made}`, rules, ...more });
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body.id;
};
const atLeast = (amount: number) => ({ '1': { name: 'order.amount', conditions: { $more_than_or_equal: [amount] } }, logic: '1' });
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
const redeem = (more: object = { order: { amount: 1000 } }) =>
  call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: code }], ...more });

describe('a validation rule', () => {
  test('is made, read, changed, listed and deleted as the SDK does it', async () => {
    const created = await call('POST', '/v1/validation-rules', { name: 'Big carts', rules: atLeast(1000), error: { message: 'Add more' } });
    expect(created.body).toMatchObject({
      id: expect.stringMatching(/^val_/),
      name: 'Big carts',
      rules: atLeast(1000),
      error: { message: 'Add more' },
      applicable_to: { included: [], excluded: [], included_all: false },
      revision: 1,
      object: 'validation_rules',
    });
    const path = `/v1/validation-rules/${created.body.id}`;
    expect((await call('GET', path)).body).toEqual(created.body);
    expect((await call('PUT', path, { name: 'Bigger carts' })).body).toMatchObject({
      name: 'Bigger carts',
      revision: 1,
      rules: atLeast(1000),
    });
    const changed = await call('PUT', path, { ...created.body, rules: atLeast(2000) });
    expect(changed.body).toMatchObject({ name: 'Big carts', revision: 2, rules: atLeast(2000) });
    const listed = await call('GET', '/v1/validation-rules?limit=1');
    expect(listed.body).toMatchObject({ object: 'list', data_ref: 'data', data: [{ id: created.body.id }] });
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
    expect((await call('DELETE', path)).status).toBe(404);
  });

  test('is refused with every field that is wrong', async () => {
    const { status, body } = await call('POST', '/v1/validation-rules', {
      name: '',
      rules: { '1': { name: 'order.weight' }, '2': { name: 'order.amount', conditions: { $above: [1] } }, logic: '1 and 3' },
      applicable_to: { included: [{ object: 'product' }], limit: 1 },
    });
    expect(status).toBe(400);
    expect(body.errors.map(({ path }: { path: string }) => path)).toEqual([
      'applicable_to.included[0].id',
      'applicable_to.limit',
      'name',
      'rules.1.name',
      'rules.2.conditions.$above',
      'rules.logic',
    ]);
  });

  test('is refused where it names what does not exist', async () => {
    const { status, body } = await call('POST', '/v1/validation-rules', {
      name: 'Nobody',
      rules: {
        '1': { name: 'customer_segment', conditions: { $is: ['seg_0'] } },
        '2': { name: 'product.id', conditions: { $is: [{ id: 'prod_0' }, { source_id: 'of-the-shop' }] } },
        logic: '1 and 2',
      },
    });
    expect([status, body.key]).toEqual([400, 'invalid_payload']);
    expect(body.errors).toEqual([
      { path: 'rules.1.conditions.$is', message: 'names the segment seg_0, which does not exist' },
      { path: 'rules.2.conditions.$is', message: 'names the product prod_0, which does not exist' },
    ]);
  });

  test('tells what conditions there are', async () => {
    const { body } = await call('GET', '/v1/validation-rules/kinds');
    expect(body.data).toContainEqual(expect.objectContaining({ name: 'order.amount', subject: 'order', value: 'amount', property: false }));
    expect(body.operators).toContainEqual({ name: '$between', description: expect.any(String), takes: 'two' });
  });
});

describe('an assignment', () => {
  test('makes a rule count for a voucher, until it is taken away', async () => {
    const ruleId = await rule(atLeast(1000), { error: { message: 'Add more' } });
    await voucher();
    expect(await keyOf({ order: { amount: 999 } })).toBeNull();
    const assigned = await call('POST', `/v1/validation-rules/${ruleId}/assignments`, { voucher: code });
    expect(assigned.body).toMatchObject({ rule_id: ruleId, related_object_type: 'voucher', object: 'validation_rules_assignment' });
    const again = await call('POST', `/v1/validation-rules/${ruleId}/assignments`, { voucher: code });
    expect(again.body).toEqual(assigned.body);

    const refused = await validate({ order: { amount: 999 } });
    expect(refused).toMatchObject({
      valid: false,
      redeemables: [{ result: { error: { key: 'order_rules_violated', error: { message: 'Add more' } } } }],
    });
    expect(await keyOf({ order: { amount: 1000 } })).toBeNull();
    expect(await keyOf({})).toBe('missing_order');
    expect((await redeem({ order: { amount: 999 } })).body).toMatchObject({ key: 'order_rules_violated' });

    expect((await call('GET', `/v1/vouchers/${code}`)).body.validation_rules_assignments).toEqual({
      object: 'list',
      data_ref: 'data',
      data: [assigned.body],
      total: 1,
    });
    const listed = await call('GET', `/v1/validation-rules-assignments?rule=${ruleId}`);
    expect(listed.body).toMatchObject({ total: 1, data: [{ id: assigned.body.id }] });
    expect((await call('GET', `/v1/validation-rules/${ruleId}/assignments`)).body.total).toBe(1);
    expect((await call('DELETE', `/v1/validation-rules/${ruleId}`)).body).toMatchObject({ key: 'resource_in_use' });

    expect((await call('DELETE', `/v1/validation-rules/${ruleId}/assignments/${assigned.body.id}`)).status).toBe(204);
    expect(await keyOf({ order: { amount: 999 } })).toBeNull();
    expect((await call('DELETE', `/v1/validation-rules/${ruleId}`)).status).toBe(204);
  });

  test('to a campaign counts for its vouchers, and a change of the rule counts at once', async () => {
    const ruleId = await rule(atLeast(1000));
    const campaign = await call('POST', '/v1/campaigns', {
      name: `Ruled ${made}`,
      voucher: { discount, code_config: { pattern: `C${made}-######` } },
      vouchers_count: 1,
      validation_rules: [ruleId],
    });
    expect(campaign.body.validation_rules_assignments).toMatchObject({
      total: 1,
      data: [{ rule_id: ruleId, related_object_type: 'campaign' }],
    });
    code = (await call('GET', `/v1/vouchers?campaign=${campaign.body.id}`)).body.vouchers[0].code;
    expect(await keyOf({ order: { amount: 1500 } })).toBeNull();
    await call('PUT', `/v1/validation-rules/${ruleId}`, { rules: atLeast(2000) });
    expect(await keyOf({ order: { amount: 1500 } })).toBe('order_rules_violated');
    await redeem({ order: { amount: 1500 } });
    const [kept] = await database.sql`select trace->'steps'->0 as step from redemption where code = ${code}`;
    expect(kept!.step).toMatchObject({
      outcome: 'order_rules_violated',
      condition: 'order.amount $more_than_or_equal',
      value: 2000,
      rule: { id: ruleId, revision: 2, condition: '1', actual: 1500 },
    });
    expect((await call('DELETE', `/v1/validation-rules/${ruleId}?force=true`)).status).toBe(204);
    expect(await keyOf({ order: { amount: 1500 } })).toBeNull();
    expect((await call('GET', `/v1/campaigns/${campaign.body.id}`)).body.validation_rules_assignments.total).toBe(0);
  });

  test('needs something that exists', async () => {
    const ruleId = await rule(atLeast(1));
    const assign = (body: object, id = ruleId) => call('POST', `/v1/validation-rules/${id}/assignments`, body);
    expect((await assign({ voucher: 'NONE' })).status).toBe(404);
    expect((await assign({ campaign: 'NONE' })).status).toBe(404);
    expect((await assign({ promotion_tier: 'NONE' })).status).toBe(404);
    expect((await assign({})).status).toBe(400);
    expect((await assign({ voucher: 'A', campaign: 'B' })).status).toBe(400);
    expect((await assign({ voucher: 'A' }, 'val_0')).status).toBe(404);
    const unknown = await call('POST', `/v1/vouchers/${code}`, { discount, validation_rules: [ruleId, 'val_0'] });
    expect(unknown.body.errors).toEqual([
      { path: 'validation_rules[1]', message: 'names the validation rule val_0, which does not exist' },
    ]);
  });
});

describe('a redemption', () => {
  test('reads customers, products and metadata where a rule asks for them', async () => {
    await call('POST', '/v1/customers', { source_id: 'ada', metadata: { tier: 'gold' } });
    const ruleId = await rule({
      '1': { name: 'customer.metadata', property: 'tier', conditions: { $is: ['gold'] } },
      '2': { name: 'order.items.any', conditions: { $is: [{ source_id: 'shirt' }] } },
      '3': { name: 'redemption.metadata', property: 'card', conditions: { $is: ['Visa'] } },
      '4': { name: 'api_key.name', conditions: { $is: ['server'] } },
      logic: '1 and 2 and 3 and 4',
    });
    await voucher({ validation_rules: [ruleId] });
    const items = [{ source_id: 'shirt', related_object: 'product', amount: 1000 }];
    const good = { customer: { source_id: 'ada' }, order: { items }, metadata: { card: 'Visa' } };
    expect(await keyOf(good)).toBeNull();
    expect(await keyOf({ ...good, customer: undefined })).toBe('missing_customer');
    expect(await keyOf({ ...good, customer: { source_id: 'bob' } })).toBe('customer_rules_violated');
    expect(await keyOf({ ...good, customer: { source_id: 'bob', metadata: { tier: 'gold' } } })).toBeNull();
    expect(await keyOf({ ...good, order: { items: [{ ...items[0], source_id: 'hat' }] } })).toBe('order_rules_violated');
    expect(await keyOf({ ...good, metadata: {} })).toBe('redemption_rules_violated');
    expect((await redeem(good)).body.redemptions[0].result).toBe('SUCCESS');
    expect((await redeem({ ...good, customer: { source_id: 'bob' } })).body.key).toBe('customer_rules_violated');
  });

  test('takes a discount only of the items in scope', async () => {
    const included = [
      { object: 'product', source_id: 'shirt', effect: 'APPLY_FROM_CHEAPEST', target: 'UNIT', aggregated_quantity_limit: 3 },
    ];
    const ruleId = await rule({}, { applicable_to: { included, excluded: [{ object: 'product', source_id: 'hat' }] } });
    const { code } = await voucher({
      discount: { type: 'PERCENT', percent_off: 10, effect: 'APPLY_TO_ITEMS' },
      validation_rules: [ruleId],
    });
    const order = {
      items: [
        { source_id: 'shirt', related_object: 'product', amount: 1000, quantity: 2 },
        { source_id: 'hat', related_object: 'product', amount: 2000 },
        { source_id: 'shirt', related_object: 'product', amount: 800, quantity: 2 },
      ],
    };
    const answer = await validate({ order });
    expect(answer.order.items.map((item: { discount_amount?: number }) => item.discount_amount ?? 0)).toEqual([50, 0, 80]);
    const units = [
      { index: 2, units: [1, 2] },
      { index: 0, units: [1] },
    ];
    const applicable = {
      applicable_to: {
        object: 'list',
        total: 1,
        data: [{ ...included[0], id: 'shirt', order_item_indices: [2, 0], order_item_units: units }],
      },
      inapplicable_to: { total: 1, data: [{ object: 'product', source_id: 'hat', order_item_indices: [1] }] },
    };
    expect(answer.redeemables).toMatchObject([applicable]);
    expect((await call('POST', `/v1/vouchers/${code}/validate`, { order })).body).toMatchObject({ valid: true, ...applicable });
    expect((await call('POST', `/v1/validation-rules/${ruleId}/validation`, { order })).body).toMatchObject({ valid: true, ...applicable });
    expect((await redeem({ order })).body.redemptions).toMatchObject([{ amount: 130, voucher: applicable }]);
  });

  test('of one customer is counted, exactly, however many come at once', async () => {
    const ruleId = await rule({ '1': { name: 'redemption.count.per_customer', conditions: { $less_than_or_equal: [2] } }, logic: '1' });
    await voucher({ validation_rules: [ruleId] });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => redeem({ order: { amount: 1000 }, customer: { source_id: index % 2 ? 'carl' : 'dora' } })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.key))).toEqual(
      new Set(['redemption_rules_violated']),
    );
    expect(await keyOf({ order: { amount: 1 }, customer: { source_id: 'carl' } })).toBe('redemption_rules_violated');
  });

  test('stays within what a campaign may give, with the discount of each', async () => {
    const ruleId = await rule({ '1': { name: 'campaign.discount_applied', conditions: { $less_than_or_equal: [1200] } }, logic: '1' });
    const campaign = await call('POST', '/v1/campaigns', {
      name: `Budget ${made}`,
      voucher: { discount, code_config: { pattern: `B${made}-######` } },
      vouchers_count: 1,
    });
    code = (await call('GET', `/v1/vouchers?campaign=${campaign.body.id}`)).body.vouchers[0].code;
    expect((await redeem()).status).toBe(200);
    // What was redeemed before counts for a rule that is assigned later.
    await call('POST', `/v1/validation-rules/${ruleId}/assignments`, { campaign: campaign.body.id });
    const answers = await Promise.all([redeem(), redeem(), redeem()]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await redeem({ order: { amount: 200 } })).status).toBe(200);
    expect((await redeem({ order: { amount: 1 } })).body.key).toBe('redemption_rules_violated');
  });
});

describe('what was counted', () => {
  test('is counted anew when a rule comes back to a campaign or to one of its vouchers', async () => {
    const ruleId = await rule({ '1': { name: 'redemption.count.per_customer', conditions: { $less_than_or_equal: [2] } }, logic: '1' });
    const campaign = await call('POST', '/v1/campaigns', {
      name: `Again ${made}`,
      voucher: { discount, code_config: { pattern: `A${made}-######` } },
      vouchers_count: 1,
    });
    code = (await call('GET', `/v1/vouchers?campaign=${campaign.body.id}`)).body.vouchers[0].code;
    const eve = { order: { amount: 1000 }, customer: { source_id: 'eve' } };
    let expected = 0;
    for (const target of [{ campaign: campaign.body.id }, { voucher: code }]) {
      const first = await call('POST', `/v1/validation-rules/${ruleId}/assignments`, target);
      expect((await redeem(eve)).status).toBe(expected === 0 ? 200 : 400);
      await call('DELETE', `/v1/validation-rules/${ruleId}/assignments/${first.body.id}`);
      // Nobody counts this one.
      expect((await redeem(eve)).status).toBe(200);
      const second = await call('POST', `/v1/validation-rules/${ruleId}/assignments`, target);
      expect((await redeem(eve)).body.key).toBe('redemption_rules_violated');
      await call('DELETE', `/v1/validation-rules/${ruleId}/assignments/${second.body.id}`);
      expected += 1;
    }
  });
});

test('nothing of it was unforeseen', () => {
  expect(api.errors).toEqual([]);
});
