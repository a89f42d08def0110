import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

/** The official SDK as a shop uses it: nothing is changed but its apiUrl. */
let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let client: ReturnType<typeof VoucherifyServerSide>;

beforeAll(async () => {
  database = await createDatabase();
  checkout = createCheckout(database.sql);
  await checkout.maintain();
  api = await startApi(database.sql, { routes: checkoutRoutes(database.sql, checkout) });
  const shop = await createProject(database.sql);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const percentOff = (percent: number) => ({ type: 'PERCENT' as never, percent_off: percent });
const amountOff = (amount: number) => ({ type: 'AMOUNT' as never, amount_off: amount });

describe('customers', () => {
  test('are created, read, updated and deleted', async () => {
    const made = await client.customers.create({ source_id: 'sdk-1', name: 'Ada', email: 'ada@example.com', metadata: { tier: 1 } });
    expect(made).toMatchObject({ object: 'customer', source_id: 'sdk-1', name: 'Ada' });
    expect(await client.customers.get('sdk-1')).toEqual(made);
    expect(await client.customers.update({ source_id: 'sdk-1', name: 'Ada L.' })).toMatchObject({
      name: 'Ada L.',
      email: 'ada@example.com',
    });
    const id = 'id' in made ? made.id : '';
    expect(await client.customers.update({ id, phone: '+49' })).toMatchObject({ name: 'Ada L.', phone: '+49' });
    await client.customers.delete(id);
    await expect(client.customers.get(id)).rejects.toMatchObject({ code: 404, key: 'not_found' });
  });

  test('are listed and scrolled through without losing one', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, n) => client.customers.create({ source_id: `scroll-${n}` })));
    const page = await client.customers.list({ limit: 10, order: 'created_at' });
    expect(page).toMatchObject({ object: 'list', data_ref: 'customers', has_more: true });
    expect(page.customers).toHaveLength(10);
    const seen = new Set<string>();
    const everybody = client.customers.scroll({ limit: 7, order: '-created_at' }) as AsyncIterable<{ id: string }>;
    for await (const customer of everybody) seen.add(customer.id);
    expect(seen.size).toBe(25);
  });
});

describe('vouchers', () => {
  test('are created with a code, or without one', async () => {
    const named = await client.vouchers.create({
      code: 'SDK-10',
      type: 'DISCOUNT_VOUCHER',
      discount: percentOff(10),
      redemption: { quantity: 1 },
    });
    expect(named).toMatchObject({ object: 'voucher', code: 'SDK-10', active: true, discount: { percent_off: 10 } });
    const random = await client.vouchers.create({ discount: amountOff(500), code_config: { pattern: 'SDK-####', suffix: '-X' } });
    expect(random.code).toMatch(/^SDK-.{4}-X$/);
    await expect(client.vouchers.create({ code: 'SDK-10', discount: percentOff(10) })).rejects.toMatchObject({
      code: 409,
      key: 'duplicate_found',
    });
  });

  test('are read, updated, listed, disabled, enabled and deleted', async () => {
    await client.vouchers.create({ code: 'SDK-20', discount: percentOff(20), category: 'spring' });
    expect(await client.vouchers.update({ code: 'SDK-20', category: 'summer', metadata: { a: 1 } })).toMatchObject({
      category: 'summer',
      metadata: { a: 1 },
    });
    expect(await client.vouchers.list({ category: 'summer', order: 'code' })).toMatchObject({ total: 1, vouchers: [{ code: 'SDK-20' }] });
    const filters = { junction: 'AND', code: { conditions: { $in: ['SDK-20', 'nothing'] } } };
    expect(await client.vouchers.list({ filters, created_at: { after: '2020-01-01' } })).toMatchObject({ total: 1 });
    expect(await client.vouchers.disable('SDK-20')).toMatchObject({ active: false });
    expect(await client.vouchers.enable('SDK-20')).toMatchObject({ active: true });
    await client.vouchers.delete('SDK-20', { force: true });
    await expect(client.vouchers.get('SDK-20')).rejects.toMatchObject({ code: 404, key: 'not_found', resource_id: 'SDK-20' });
  });
});

describe('campaigns', () => {
  test('are created, read, updated, listed and deleted, and give vouchers', async () => {
    const made = await client.campaigns.create({
      name: 'SDK campaign',
      campaign_type: 'DISCOUNT_COUPONS',
      type: 'AUTO_UPDATE',
      voucher: {
        type: 'DISCOUNT_VOUCHER',
        discount: percentOff(15),
        redemption: { quantity: 1 },
        code_config: { prefix: 'C-', length: 8 },
      },
      vouchers_count: 2,
      expiration_date: '2036-01-01T00:00:00Z',
    });
    expect(made).toMatchObject({ object: 'campaign', vouchers_count: 2, active: true });
    expect(await client.campaigns.get('SDK campaign')).toMatchObject({ id: made.id });
    expect(await client.campaigns.update(made.id, { description: 'for the fair' } as never)).toMatchObject({ description: 'for the fair' });
    expect(await client.campaigns.addVoucher('SDK campaign', {}, { vouchers_count: 1 })).toMatchObject({
      object: 'voucher',
      campaign: 'SDK campaign',
      code: expect.stringMatching(/^C-.{8}$/),
    });
    const many = (await client.campaigns.addVoucher(made.id, {}, { vouchers_count: 5 })) as unknown as { async_action_id: string };
    expect(await client.asyncActions.get(many.async_action_id)).toMatchObject({ object: 'async_action', status: 'ENQUEUED' });
    expect(await client.asyncActions.list({ limit: 5 })).toMatchObject({
      data_ref: 'async_actions',
      async_actions: [{ id: many.async_action_id }],
    });
    expect(await client.campaigns.addCertainVoucher('SDK campaign', 'SDK-VIP')).toMatchObject({ code: 'SDK-VIP' });
    expect(await client.campaigns.list({ limit: 5 })).toMatchObject({ total: 1, campaigns: [{ id: made.id }] });
    await client.campaigns.disable(made.id);
    await client.campaigns.enable(made.id);
    await client.campaigns.delete('SDK campaign', { force: true });
    await expect(client.campaigns.get(made.id)).rejects.toMatchObject({ code: 404 });
  });
});

describe('the checkout', () => {
  const cart = { amount: 11_499 };
  const ada = { source_id: 'sdk-ada', name: 'Ada', object: 'customer' as const };

  test('validates one code, or several', async () => {
    await client.vouchers.create({ code: 'TEN', discount: percentOff(10), redemption: { quantity: 1 } });
    await client.vouchers.create({ code: 'FIVE-EUR', discount: amountOff(500) });
    expect(await client.validations.validateVoucher('TEN', { order: cart, customer: ada })).toMatchObject({
      valid: true,
      code: 'TEN',
      discount: { type: 'PERCENT', percent_off: 10 },
      order: { amount: 11_499, total_discount_amount: 1_150, total_amount: 10_349 },
      tracking_id: expect.any(String),
    });
    expect(await client.validations.validate('TEN', { order: cart })).toMatchObject({ valid: true });
    const redeemables = ['TEN', 'FIVE-EUR'].map((id) => ({ object: 'voucher' as const, id }));
    expect(await client.validations.validateStackable({ redeemables, order: cart, customer: ada })).toMatchObject({
      valid: true,
      redeemables: [
        { id: 'TEN', status: 'APPLICABLE' },
        { id: 'FIVE-EUR', status: 'APPLICABLE' },
      ],
      order: { total_discount_amount: 1_650, total_amount: 9_849 },
      stacking_rules: { redeemables_limit: 30 },
    });
  });

  test('says why a code is not valid, without an error', async () => {
    await client.vouchers.create({ code: 'OVER', discount: percentOff(10), expiration_date: '2020-01-01' });
    expect(await client.validations.validateVoucher('OVER', { order: cart })).toMatchObject({
      valid: false,
      error: { key: 'voucher_expired' },
    });
    expect(await client.validations.validateVoucher('NO-SUCH', { order: cart })).toMatchObject({
      valid: false,
      error: { key: 'not_found' },
    });
  });

  test('redeems a code once, tells why not twice, and takes it back', async () => {
    await client.vouchers.create({ code: 'ONCE', discount: percentOff(10), redemption: { quantity: 1 } });
    const redeemed = await client.redemptions.redeem('ONCE', { order: cart, customer: ada, tracking_id: 'track-1', metadata: { till: 3 } });
    expect(redeemed).toMatchObject({
      object: 'redemption',
      result: 'SUCCESS',
      tracking_id: 'track-1',
      order: { amount: 11_499, total_discount_amount: 1_150, total_amount: 10_349 },
      voucher: { code: 'ONCE', redemption: { quantity: 1, redeemed_quantity: 1 } },
      customer: { source_id: 'sdk-ada' },
    });
    await expect(client.redemptions.redeem('ONCE', { order: cart })).rejects.toMatchObject({ code: 400, key: 'quantity_exceeded' });

    expect(await client.redemptions.get(redeemed.id)).toMatchObject({ id: redeemed.id, result: 'SUCCESS', voucher: { code: 'ONCE' } });
    expect(await client.redemptions.getForVoucher('ONCE')).toMatchObject({ quantity: 1, redeemed_quantity: 1 });
    const listed = await client.redemptions.list({ customer: 'sdk-ada', result: 'SUCCESS', limit: 10 });
    expect(listed).toMatchObject({ object: 'list', data_ref: 'redemptions', redemptions: [{ id: redeemed.id }] });

    const back = await client.redemptions.rollback(redeemed.id, { reason: 'returned', tracking_id: 'track-2' });
    expect(back).toMatchObject({ object: 'redemption_rollback', redemption: redeemed.id, reason: 'returned', result: 'SUCCESS' });
    await expect(client.redemptions.rollback(redeemed.id, { reason: 'again' })).rejects.toMatchObject({
      code: 400,
      key: 'already_rolled_back',
    });
    expect(await client.vouchers.get('ONCE')).toMatchObject({ redemption: { redeemed_quantity: 0 } });
    expect(await client.redemptions.redeem('ONCE', { order: cart })).toMatchObject({ result: 'SUCCESS' });
  });

  test('redeems a stack, all or nothing, and takes it back', async () => {
    await client.vouchers.create({ code: 'STACK-1', discount: percentOff(50), redemption: { quantity: 1 } });
    await client.vouchers.create({ code: 'STACK-2', discount: amountOff(1_000), redemption: { quantity: 1 } });
    const stack = (...ids: string[]) => ids.map((id) => ({ object: 'voucher' as const, id }));
    await expect(client.redemptions.redeemStackable({ redeemables: stack('STACK-1', 'NO-SUCH'), order: cart })).rejects.toMatchObject({
      key: 'not_found',
    });
    expect(await client.vouchers.get('STACK-1')).toMatchObject({ redemption: { redeemed_quantity: 0 } });

    const done = await client.redemptions.redeemStackable({ redeemables: stack('STACK-1', 'STACK-2'), order: { ...cart, status: 'PAID' } });
    expect(done).toMatchObject({
      redemptions: [{ result: 'SUCCESS' }, { result: 'SUCCESS' }],
      parent_redemption: { id: expect.any(String) },
      order: { total_amount: 4_749 },
    });
    const back = await client.redemptions.rollbackStackable(done.parent_redemption.id, {});
    expect(back).toMatchObject({ rollbacks: [{ result: 'SUCCESS' }, { result: 'SUCCESS' }] });
    for (const code of ['STACK-1', 'STACK-2'])
      expect(await client.vouchers.get(code)).toMatchObject({ redemption: { redeemed_quantity: 0 } });
  });

  test('respects what was disabled, and the campaign that a voucher is of', async () => {
    await client.vouchers.create({ code: 'OFF', discount: percentOff(10) });
    await client.vouchers.disable('OFF');
    expect(await client.validations.validateVoucher('OFF', { order: cart })).toMatchObject({
      valid: false,
      error: { key: 'voucher_disabled' },
    });
    await client.vouchers.enable('OFF');
    expect(await client.validations.validateVoucher('OFF', { order: cart })).toMatchObject({ valid: true });

    const campaign = await client.campaigns.create({
      name: 'Stopped',
      campaign_type: 'DISCOUNT_COUPONS',
      type: 'AUTO_UPDATE',
      voucher: { type: 'DISCOUNT_VOUCHER', discount: percentOff(20) },
    });
    await client.campaigns.addCertainVoucher('Stopped', 'STOPPED-1');
    expect(await client.validations.validateVoucher('STOPPED-1', { order: cart })).toMatchObject({ valid: true, campaign: 'Stopped' });
    await client.campaigns.update(campaign.id, { discount: percentOff(30) } as never);
    expect(await client.validations.validateVoucher('STOPPED-1', { order: cart })).toMatchObject({ discount: { percent_off: 30 } });
    await client.campaigns.disable(campaign.id);
    expect(await client.validations.validateVoucher('STOPPED-1', { order: cart })).toMatchObject({ valid: false });
  });

  test('takes a customer as it was answered', async () => {
    const customer = await client.customers.create({ source_id: 'sdk-grace', name: 'Grace' });
    await client.vouchers.create({ code: 'ROUND-TRIP', discount: percentOff(10) });
    expect(await client.redemptions.redeem('ROUND-TRIP', { order: cart, customer: customer as never })).toMatchObject({
      customer: { source_id: 'sdk-grace' },
    });
    expect(await client.customers.update({ ...customer, name: 'Grace H.' } as never)).toMatchObject({ name: 'Grace H.' });
  });
});

describe('validation rules', () => {
  test('are created, assigned, read, updated, listed and deleted', async () => {
    const segment = await client.segments.create({ name: 'SDK friends', type: 'static', customers: [] });
    expect(await client.segments.get(segment.id)).toMatchObject({ name: 'SDK friends', object: 'segment' });
    const rules = {
      1: { name: 'customer_segment', conditions: { $is: [segment.id] }, error: { message: 'For friends' } },
      2: { name: 'redemption.count.per_customer', conditions: { $less_than_or_equal: [1] } },
      logic: '1 and 2',
    };
    const rule = await client.validationRules.create({ name: 'SDK rule', rules, error: { message: 'Not for you' } });
    expect(rule).toMatchObject({ name: 'SDK rule', rules, object: 'validation_rules' });
    expect(await client.validationRules.get(rule.id)).toMatchObject({ id: rule.id, rules });
    expect(await client.validationRules.update({ id: rule.id, name: 'SDK rule 2' })).toMatchObject({ name: 'SDK rule 2', rules });
    expect((await client.validationRules.list({ limit: 5, page: 1 })).data).toContainEqual(expect.objectContaining({ id: rule.id }));

    await client.vouchers.create({ code: 'SDK-RULED', type: 'DISCOUNT_VOUCHER', discount: amountOff(100), validation_rules: [rule.id] });
    const voucher = await client.vouchers.get('SDK-RULED');
    const [assigned] = voucher.validation_rules_assignments.data ?? [];
    expect(assigned).toMatchObject({ rule_id: rule.id, related_object_id: voucher.id, related_object_type: 'voucher' });
    expect((await client.validationRules.listAssignments(rule.id)).total).toBe(1);
    expect((await client.validationRules.listRulesAssignments({ rule: rule.id })).data[0]).toMatchObject({ id: assigned!.id });
    await expect(
      client.redemptions.redeem('SDK-RULED', { customer: { source_id: 'sdk-ruled' } as never, order: { amount: 1000 } }),
    ).rejects.toMatchObject({
      key: 'customer_rules_violated',
      error: { message: 'For friends' },
    });
    expect(await client.validationRules.validate(rule.id, { customer: { source_id: 'sdk-ruled' } })).toMatchObject({
      valid: false,
      rule_id: rule.id,
    });
    await client.validationRules.deleteAssignment(rule.id, assigned!.id);
    await client.validationRules.createAssignment(rule.id, { voucher: 'SDK-RULED' });
    await client.vouchers.delete('SDK-RULED');
    await client.validationRules.delete(rule.id);
    await expect(client.validationRules.get(rule.id)).rejects.toMatchObject({ code: 404 });
    expect((await client.segments.list('sdk-ruled')).data).toEqual([]);
    await client.segments.delete(segment.id);
  });
});

describe('products', () => {
  test('are created with SKUs, read, updated, listed, collected and deleted', async () => {
    const product = await client.products.create({ name: 'SDK shirt', source_id: 'sdk-shirt', price: 1000, attributes: ['size'] });
    expect(product).toMatchObject({ id: expect.stringMatching(/^prod_/), name: 'SDK shirt', object: 'product' });
    expect(await client.products.update({ id: product.id, name: 'SDK shirt 2' })).toMatchObject({ name: 'SDK shirt 2', price: 1000 });
    expect(await client.products.update({ source_id: 'sdk-shirt', price: 1100 })).toMatchObject({ name: 'SDK shirt 2', price: 1100 });
    const sku = await client.products.createSku(product.id, { sku: 'SDK shirt M', source_id: 'sdk-shirt-m', attributes: { size: 'M' } });
    expect(await client.products.getSku(sku.id)).toEqual(sku);
    expect(await client.products.updateSku(product.id, { id: sku.id, sku: 'SDK shirt XL' })).toMatchObject({ sku: 'SDK shirt XL' });
    expect(await client.products.listSkus(product.id)).toMatchObject({ object: 'list', total: 1, skus: [{ id: sku.id }] });
    expect(await client.products.get(product.id)).toMatchObject({ skus: { total: 1 } });
    expect((await client.products.list({ limit: 10 })).products).toContainEqual(expect.objectContaining({ id: product.id }));
    const collection = await client.productCollections.create({
      name: 'SDK collection',
      type: 'STATIC',
      products: [{ id: sku.id, object: 'sku', product_id: product.id }],
    });
    expect(await client.productCollections.get(collection.id)).toEqual(collection);
    expect((await client.productCollections.listProducts(collection.id)).data[0]).toMatchObject({ id: sku.id, object: 'sku' });
    expect((await client.productCollections.list()).data).toContainEqual(expect.objectContaining({ id: collection.id }));
    await client.productCollections.delete(collection.id);
    await expect(client.productCollections.get(collection.id)).rejects.toThrow('Resource not found');
    expect(await client.products.bulkUpdate([{ source_id: 'sdk-hat' }])).toMatchObject({ async_action_id: expect.stringMatching(/^aa_/) });
    expect(await client.products.bulkUpdateMetadata({ source_ids: ['sdk-shirt'], metadata: { a: 1 } })).toHaveProperty('async_action_id');
    await client.products.deleteSku(product.id, sku.id, { force: true });
    await client.products.delete(product.id, { force: true });
    await expect(client.products.get(product.id)).rejects.toMatchObject({ code: 404 });
  });
});

test('an error comes with its key, and with every field that is wrong', async () => {
  const refused = client.vouchers.create({
    code: 'BAD',
    discount: percentOff(200),
    start_date: '2027-01-01',
    expiration_date: '2026-01-01',
  });
  await expect(refused).rejects.toMatchObject({ code: 400, key: 'invalid_payload', request_id: expect.stringMatching(/^req_/) });
});
