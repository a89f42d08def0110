import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCategoryRoutes } from '../../api/routes/categories.ts';
import { createPromotionCheckoutRoutes } from '../../api/routes/promotion-checkout.ts';
import { createPromotionStackRoutes } from '../../api/routes/promotion-stacks.ts';
import { createPromotionTierRoutes } from '../../api/routes/promotion-tiers.ts';
import { createStackingRuleRoutes } from '../../api/routes/stacking-rules.ts';
import type { Sql } from '../../db/client.ts';
import type { Discount } from '../../domain/discount/discount.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, createVoucher, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject, type TestProject } from '../harness/project.ts';

let database: TestDatabase;
let sql: Sql;
let checkout: TestCheckout;
let api: TestApi;
let shop: TestProject;

beforeAll(async () => {
  database = await createDatabase();
  sql = database.sql;
  checkout = createCheckout(sql);
  await checkout.maintain();
  const deps = { sql, now: () => new Date() };
  const more = [createPromotionTierRoutes, createPromotionStackRoutes, createStackingRuleRoutes, createCategoryRoutes];
  const older = createPromotionCheckoutRoutes({ ...deps, checkout });
  api = await startApi(sql, { routes: [...checkoutRoutes(sql, checkout), ...more.flatMap((create) => create(deps)), ...older] });
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

beforeEach(async () => {
  shop = await createProject(sql, { mode: 'live' });
});

const send = (method: string, path: string, body?: unknown): Promise<Reply> => api.as(shop)(method, path, body);
const post = (path: string, body: unknown) => send('POST', path, body);
const percent = (off: number): Discount => ({ type: 'PERCENT', percent_off: off });
const amount = (off: number): Discount => ({ type: 'AMOUNT', amount_off: off });

const tier = (name: string, discount: Discount, more: object = {}) => ({ name, action: { discount }, ...more });
const promotion = async (...tiers: object[]) => {
  const { body } = await post('/v1/campaigns', { name: 'Spring', campaign_type: 'PROMOTION', promotion: { tiers } });
  return body;
};
const ofTiers = (...ids: string[]) => ids.map((id) => ({ object: 'promotion_tier', id }));

describe('a promotion campaign', () => {
  test('has tiers in an order, and no vouchers', async () => {
    const campaign = await promotion(tier('Ten', percent(10), { banner: '10 % off' }), tier('Five', amount(500)));
    expect(campaign).toMatchObject({ campaign_type: 'PROMOTION', voucher: null });
    expect(campaign.promotion.tiers).toMatchObject([
      {
        name: 'Ten',
        hierarchy: 1,
        banner: '10 % off',
        active: true,
        action: { discount: { percent_off: 10 } },
        campaign: { id: campaign.id },
      },
      { name: 'Five', hierarchy: 2 },
    ]);
    expect((await post(`/v1/campaigns/${campaign.id}/vouchers`, {})).status).toBe(400);
    expect((await post('/v1/campaigns', { name: 'X', campaign_type: 'PROMOTION', voucher: { discount: amount(1) } })).body.key).toBe(
      'invalid_payload',
    );
  });

  test('lets tiers be made, changed, switched off and deleted', async () => {
    const campaign = await promotion();
    const { body: made } = await post('/v1/promotions/Spring/tiers', tier('Ten', percent(10), { metadata: { a: 1 } }));
    const path = `/v1/promotions/tiers/${made.id}`;
    expect((await send('GET', path)).body).toEqual(made);
    const { body: changed } = await send('PUT', path, { id: made.id, name: 'Twenty', action: { discount: percent(20) }, hierarchy: 7 });
    expect(changed).toMatchObject({
      name: 'Twenty',
      hierarchy: 7,
      metadata: { a: 1 },
      action: { discount: { percent_off: 20 } },
      revision: 2,
    });
    expect((await post(`${path}/disable`, undefined)).body.active).toBe(false);
    expect((await send('GET', '/v1/promotions/tiers?is_available=true')).body).toMatchObject({ total: 0, tiers: [], has_more: false });
    expect((await post(`${path}/enable`, undefined)).body.active).toBe(true);
    expect((await send('GET', '/v1/promotions/tiers')).body.tiers).toHaveLength(1);
    expect((await send('GET', `/v1/promotions/${campaign.id}/tiers`)).body.tiers[0].id).toBe(made.id);
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('GET', path)).status).toBe(404);
  });

  test('refuses what is wrong with a tier, naming every field', async () => {
    await promotion();
    const { status, body } = await post('/v1/promotions/Spring/tiers', {
      name: '',
      action: { discount: { type: 'UNIT', effect: 'ADD_MANY_ITEMS', unit_off: 1 } },
      hierarchy: 0,
      surprise: true,
    });
    expect(status).toBe(400);
    expect(body.errors.map((each: { path: string }) => each.path).toSorted()).toEqual([
      'action.discount.unit_off',
      'action.discount.units',
      'hierarchy',
      'name',
      'surprise',
    ]);
    expect((await post('/v1/promotions/Nowhere/tiers', tier('Ten', percent(10)))).status).toBe(404);
  });
});

describe('a promotion tier at the checkout', () => {
  test('applies and is redeemed without a code, and taken back', async () => {
    const { promotion: made, id: campaignId } = await promotion(tier('Ten', percent(10)));
    const [{ id }] = made.tiers;
    const request = { redeemables: ofTiers(id), order: { amount: 10_000 } };
    expect((await post('/v1/validations', request)).body).toMatchObject({
      valid: true,
      redeemables: [{ status: 'APPLICABLE', object: 'promotion_tier', id, result: { discount: { percent_off: 10 } } }],
      order: { total_discount_amount: 1_000, total_amount: 9_000 },
    });
    const { status, body } = await post('/v1/redemptions', request);
    expect(status).toBe(200);
    const [redemption] = body.redemptions;
    expect(redemption).toMatchObject({
      related_object_type: 'promotion_tier',
      related_object_id: id,
      promotion_tier: { id, name: 'Ten', campaign: { id: campaignId } },
      amount: 1_000,
    });
    expect((await send('GET', `/v1/redemptions/${redemption.id}`)).body).toMatchObject({
      related_object_type: 'promotion_tier',
      amount: 1_000,
    });
    expect((await post(`/v1/redemptions/${redemption.id}/rollback`, {})).body).toMatchObject({ amount: -1_000, promotion_tier: { id } });
    expect((await post(`/v1/redemptions/${redemption.id}/rollback`, {})).body.key).toBe('already_rolled_back');
  });

  test('is redeemed with a voucher, all or none', async () => {
    const { promotion: made } = await promotion(tier('Ten', percent(10)), tier('Off', percent(10), { active: false }));
    const [ten, off] = made.tiers;
    await createVoucher(sql, shop.project, 'FIVE', { discount: amount(500), quantity: 1 });
    const both = [{ object: 'voucher', id: 'FIVE' }, ...ofTiers(ten.id)];
    const failed = await post('/v1/redemptions', { redeemables: [...both, ...ofTiers(off.id)], order: { amount: 10_000 } });
    expect(failed.body).toMatchObject({ key: 'promotion_inactive', resource_type: 'promotion_tier', resource_id: off.id });
    const { body } = await post('/v1/redemptions', { redeemables: both, order: { amount: 10_000 } });
    expect(body.order).toMatchObject({ total_discount_amount: 1_450, total_amount: 8_550 });
    const rollbacks = await post(`/v1/redemptions/${body.parent_redemption.id}/rollbacks`, {});
    expect(rollbacks.body.rollbacks).toHaveLength(2);
    expect((await send('GET', '/v1/vouchers/FIVE')).body.redemption.redeemed_quantity).toBe(0);
  });

  test('is redeemed as often as its limits say, whoever comes at once', async () => {
    const { promotion: made } = await promotion(tier('Ten', percent(10), { limits: { daily: 3 } }));
    const request = { redeemables: ofTiers(made.tiers[0].id), order: { amount: 1_000 } };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/v1/redemptions', request)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    const success = answers.find(({ status }) => status === 200);
    await post(`/v1/redemptions/${success!.body.redemptions[0].id}/rollback`, {});
    expect((await post('/v1/redemptions', request)).status).toBe(200);
    expect((await post('/v1/redemptions', request)).body.key).toBe('quantity_exceeded');
  });

  test('is found and redeemed by the older calls too', async () => {
    const { promotion: made } = await promotion(
      tier('Five', amount(500), { hierarchy: 2 }),
      tier('Ten', percent(10), { hierarchy: 1 }),
      tier('Off', percent(50), { active: false }),
    );
    const order = { amount: 10_000 };
    const { body: found } = await post('/v1/promotions/validation', { order });
    expect(found).toMatchObject({
      valid: true,
      promotions: [
        { name: 'Ten', discount_amount: 1_000, order: { total_amount: 9_000 } },
        { name: 'Five', discount_amount: 500 },
      ],
    });
    const { status, body } = await post(`/v1/promotions/tiers/${found.promotions[0].id}/redemption`, { order });
    expect(status).toBe(200);
    expect(body).toMatchObject({ result: 'SUCCESS', promotion_tier: { name: 'Ten' }, order: { total_amount: 9_000 } });
    expect((await post(`/v1/promotions/tiers/${made.tiers[2].id}/redemption`, { order })).body.key).toBe('promotion_inactive');
    expect((await post('/v1/promotions/tiers/promo_none/redemption', { order })).status).toBe(404);
  });

  test('that nobody knows is told as such', async () => {
    const { body } = await post('/v1/validations', { redeemables: ofTiers('promo_none'), order: { amount: 1 } });
    expect(body).toMatchObject({ valid: false, redeemables: [{ status: 'INAPPLICABLE', result: { error: { key: 'not_found' } } }] });
  });
});

describe('a promotion stack', () => {
  test('is its tiers, in its order', async () => {
    const { promotion: made } = await promotion(tier('Ten', percent(10)), tier('Five', amount(500)));
    const [ten, five] = made.tiers.map((each: { id: string }) => each.id);
    const { body: stack } = await post('/v1/promotions/Spring/stacks', { name: 'Both', tiers: { ids: [five, ten] } });
    expect(stack).toMatchObject({ object: 'promotion_stack', tiers: { ids: [five, ten] }, category_id: null });
    const request = { redeemables: [{ object: 'promotion_stack', id: stack.id }], order: { amount: 10_000 } };
    const { body } = await post('/v1/redemptions', request);
    expect(body.redemptions.map((each: { related_object_id: string; amount: number }) => [each.related_object_id, each.amount])).toEqual([
      [five, 500],
      [ten, 950],
    ]);
    expect((await send('GET', `/v1/promotions/Spring/stacks`)).body).toMatchObject({
      data_ref: 'data',
      total: 1,
      data: [{ id: stack.id }],
    });
    expect((await send('GET', '/v1/promotions/stacks?order=-name')).body.data).toHaveLength(1);
    const path = `/v1/promotions/Spring/stacks/${stack.id}`;
    expect((await send('PUT', path, { name: 'One', tiers: { ids: [ten] } })).body).toMatchObject({ name: 'One', tiers: { ids: [ten] } });
    await send('DELETE', `/v1/promotions/tiers/${ten}`);
    expect((await send('GET', path)).body.tiers.ids).toEqual([]);
    expect((await post('/v1/validations', request)).body.redeemables[0].result.error.key).toBe('not_found');
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('GET', path)).status).toBe(404);
  });

  test('has tiers of its own campaign only', async () => {
    await promotion();
    const { body } = await post('/v1/promotions/Spring/stacks', { name: 'Both', tiers: { ids: ['promo_none'] } });
    expect(body.errors).toMatchObject([{ path: 'tiers.ids[0]' }]);
  });
});

describe('the stacking rules of a project', () => {
  test('count at once, and a request may make them narrower but not wider', async () => {
    const { promotion: made } = await promotion(tier('A', amount(100)), tier('B', amount(200)), tier('C', amount(300)));
    const redeemables = ofTiers(...made.tiers.map((each: { id: string }) => each.id));
    const validate = (options?: object) => post('/v1/validations', { redeemables, order: { amount: 1_000 }, options });
    const { body: rules } = await send('PUT', '/v1/stacking-rules', { applicable_redeemables_limit: 2 });
    expect((await send('GET', '/v1/stacking-rules')).body).toEqual(rules);
    const { body } = await validate();
    expect(body.stacking_rules).toEqual(rules);
    expect(body.skipped_redeemables).toMatchObject([{ result: { details: { key: 'applicable_redeemables_limit_exceeded' } } }]);
    expect((await validate({ stacking_rules: { applicable_redeemables_limit: 1 } })).body.order.total_discount_amount).toBe(100);
    expect((await validate({ stacking_rules: { applicable_redeemables_limit: 3 } })).body.errors).toMatchObject([
      { path: 'options.stacking_rules.applicable_redeemables_limit' },
    ]);
    const best = await validate({ stacking_rules: { redeemables_application_mode: 'BEST_DEAL', applicable_redeemables_limit: 1 } });
    expect(best.body).toMatchObject({ valid: true, order: { total_discount_amount: 300 } });
    expect(best.body.redeemables).toHaveLength(1);
  });

  test('name categories that exist', async () => {
    const { body } = await send('PUT', '/v1/stacking-rules', { exclusive_categories: ['nowhere'] });
    expect(body.errors).toMatchObject([{ path: 'exclusive_categories' }]);
  });

  test('hold a voucher to its category', async () => {
    const { body: vip } = await post('/v1/categories', { name: 'vip', hierarchy: 1 });
    const { body: plain } = await post('/v1/categories', { name: 'plain', hierarchy: 2 });
    await send('PUT', '/v1/stacking-rules', { exclusive_categories: [vip.id], redeemables_sorting_rule: 'CATEGORY_HIERARCHY' });
    const { body: voucher } = await post('/v1/vouchers', { code: 'PLAIN', discount: amount(1), category_id: plain.id });
    expect(voucher).toMatchObject({ category: 'plain', category_id: plain.id, categories: [{ name: 'plain', hierarchy: 2 }] });
    expect((await send('PUT', '/v1/vouchers/PLAIN', { category_id: 'cat_none' })).body.errors).toMatchObject([{ path: 'category_id' }]);
    const { promotion: made } = await promotion(tier('Vip', amount(2), { category_id: vip.id }));
    expect(made.tiers[0]).toMatchObject({ category: 'vip', category_id: vip.id, categories: [{ name: 'vip' }] });
    const redeemables = [{ object: 'voucher', id: 'PLAIN' }, ...ofTiers(made.tiers[0].id)];
    const { body } = await post('/v1/validations', { redeemables, order: { amount: 1_000 } });
    expect(body.redeemables).toMatchObject([
      { status: 'APPLICABLE', object: 'promotion_tier', categories: [{ id: vip.id, stacking_rules_type: 'EXCLUSIVE' }] },
      { status: 'SKIPPED', id: 'PLAIN', result: { details: { key: 'exclusion_rules_not_met' } } },
    ]);
  });
});

test('PARTIAL redeems what applies, and tells what does not', async () => {
  await createVoucher(sql, shop.project, 'GOOD', { discount: amount(100) });
  const redeemables = [
    { object: 'voucher', id: 'NOBODY' },
    { object: 'voucher', id: 'GOOD' },
  ];
  const options = { stacking_rules: { redeemables_application_mode: 'PARTIAL' } };
  const { status, body } = await post('/v1/redemptions', { redeemables, order: { amount: 1_000 }, options });
  expect(status).toBe(200);
  expect(body.redemptions).toHaveLength(1);
  expect(body.inapplicable_redeemables).toMatchObject([{ id: 'NOBODY', result: { error: { key: 'not_found' } } }]);
});

test('nothing failed that nobody foresaw', () => expect(api.errors).toEqual([]));
