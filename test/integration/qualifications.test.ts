import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQualificationActivities } from '../../activities/qualification/qualification.ts';
import { createVoucherStates } from '../../activities/checkout/voucher-states.ts';
import { createOlderQualificationRoutes } from '../../api/routes/older-qualifications.ts';
import { createPromotionStackRoutes } from '../../api/routes/promotion-stacks.ts';
import { createPromotionTierRoutes } from '../../api/routes/promotion-tiers.ts';
import { createQualificationRoutes } from '../../api/routes/qualifications.ts';
import { startApi, type Reply, type TestApi } from '../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let client: ReturnType<typeof VoucherifyServerSide>;
let call: (method: string, path: string, body?: unknown) => Promise<Reply>;

beforeAll(async () => {
  database = await createDatabase();
  const { sql } = database;
  const deps = { sql, now: () => new Date() };
  checkout = createCheckout(sql);
  await checkout.maintain();
  const qualification = createQualificationActivities({ ...deps, states: createVoucherStates() });
  const routes = [
    ...checkoutRoutes(sql, checkout),
    ...createQualificationRoutes({ qualification }),
    ...createOlderQualificationRoutes({ sql, qualification }),
    ...createPromotionTierRoutes(deps),
    ...createPromotionStackRoutes(deps),
  ];
  api = await startApi(sql, { routes });
  const shop = await createProject(sql);
  call = api.as(shop);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
  await setUp();
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const ok = async (reply: Promise<Reply>): Promise<Reply['body']> => {
  const { status, body } = await reply;
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

const campaign = (name: string, amountOff: number, more: object = {}) =>
  ok(
    call('POST', '/v1/campaigns', {
      name,
      campaign_type: 'DISCOUNT_COUPONS',
      voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'AMOUNT', amount_off: amountOff }, redemption: { quantity: 1 } },
      ...more,
    }),
  );

const rule = async (rules: object, assigned: { object: string; id: string }): Promise<string> => {
  const made = await ok(call('POST', '/v1/validation-rules', { name: 'rule', rules: { ...rules, logic: '1' } }));
  await ok(call('POST', `/v1/validation-rules/${made.id as string}/assignments`, { [assigned.object]: assigned.id }));
  return made.id as string;
};

const orderOf = (least: number) => ({ 1: { name: 'order.amount', conditions: { $more_than_or_equal: [least] } } });

let dear: { id: string };
let dearRule: string;

/** A campaign for all, one for orders of 100.00 and more, a code for all, and a code of Ada's. */
const setUp = async (): Promise<void> => {
  await campaign('For all', 300);
  dear = await campaign('From 100.00', 2000);
  dearRule = await rule(orderOf(10_000), { object: 'campaign', id: dear.id });
  await campaign('Over', 100, { active: false });
  await ok(call('POST', '/v1/vouchers/EVERYBODY', { discount: { type: 'PERCENT', percent_off: 10 } }));
  await campaign('Personal', 500);
  await ok(call('POST', '/v1/publications', { campaign: { name: 'Personal' }, customer: { source_id: 'ada' } }));
};

const qualify = (body: object) => ok(call('POST', '/v1/qualifications', body));
const namesOf = (list: { data: { object: string; id: string; campaign_name?: string }[] }): string[] =>
  list.data.map((each) => `${each.object} ${each.campaign_name ?? each.id}`);

const ALL = { options: { limit: 50 } };

describe('what a customer and a cart qualify for', () => {
  test('are codes for all, campaigns, and their own codes, newest first, with what each takes', async () => {
    const { redeemables } = await qualify({ customer: { source_id: 'ada' }, order: { amount: 5000 }, ...ALL });
    expect(namesOf(redeemables)).toEqual(['voucher Personal', 'voucher EVERYBODY', 'campaign For all']);
    expect(redeemables.data[1]).toMatchObject({
      result: { discount: { type: 'PERCENT', percent_off: 10 } },
      order: { amount: 5000, total_discount_amount: 500, total_amount: 4500 },
    });
    const stranger = await qualify({ customer: { source_id: 'bob' }, order: { amount: 5000 }, ...ALL });
    expect(namesOf(stranger.redeemables)).toEqual(['campaign Personal', 'voucher EVERYBODY', 'campaign For all']);
  });

  test('says what nearly applies, and what is missing', async () => {
    const { near } = await qualify({ order: { amount: 8800 }, ...ALL });
    expect(near.data).toEqual([
      expect.objectContaining({
        object: 'campaign',
        id: dear.id,
        missing: [
          {
            rule: dearRule,
            what: 'amount',
            condition: 'order.amount',
            operator: '$more_than_or_equal',
            have: 8800,
            need: 10_000,
            missing: 1200,
          },
        ],
      }),
    ]);
    const enough = await qualify({ order: { amount: 10_000 }, ...ALL });
    expect(namesOf(enough.redeemables)).toContain('campaign From 100.00');
    expect(enough.near.data).toEqual([]);
  });

  test('says when what is counted by days will begin', async () => {
    const start = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const { id } = await campaign('Soon', 100, { start_date: start, limits: { daily: 5 } });
    const { near } = await qualify({ order: { amount: 10_000 }, ...ALL });
    expect(near.data).toEqual([expect.objectContaining({ id, missing: [expect.objectContaining({ what: 'time', from: start })] })]);
    await ok(call('POST', `/v1/campaigns/${id as string}/disable`));
  });

  test('is sorted by what it takes, and comes page by page', async () => {
    const order = { amount: 20_000 };
    const ask = (options: object) => qualify({ order, options });
    const best = await ask({ sorting_rule: 'BEST_DEAL', limit: 50 });
    const taken = best.redeemables.data.map((each: { order: { total_discount_amount: number } }) => each.order.total_discount_amount);
    expect(taken).toEqual([2000, 2000, 500, 300]);
    const least = await ask({ sorting_rule: 'LEAST_DEAL', limit: 1 });
    expect(namesOf(least.redeemables)).toEqual(['campaign For all']);
    const seen: string[] = [];
    for (let after: string | undefined, more = true; more;) {
      const { redeemables } = await ask({ sorting_rule: 'BEST_DEAL', limit: 2, ...(after && { starting_after: after }) });
      seen.push(...namesOf(redeemables));
      [after, more] = [redeemables.more_starting_after, redeemables.has_more];
    }
    expect(seen).toEqual(namesOf(best.redeemables));
  });

  test('sees at once what changed', async () => {
    const made = await campaign('Flash', 100);
    const names = async () => namesOf((await qualify({ order: { amount: 5000 }, ...ALL })).redeemables);
    expect(await names()).toContain('campaign Flash');
    await ok(call('POST', `/v1/campaigns/${made.id as string}/disable`));
    expect(await names()).not.toContain('campaign Flash');
  });
});

describe('scenarios and filters', () => {
  test('the wallet alone, and only the audience', async () => {
    const wallet = await qualify({ scenario: 'CUSTOMER_WALLET', customer: { source_id: 'ada' }, order: { amount: 5000 }, ...ALL });
    expect(namesOf(wallet.redeemables)).toEqual(['voucher Personal']);
    const audience = await qualify({ scenario: 'AUDIENCE_ONLY', ...ALL });
    expect(namesOf(audience.redeemables)).toContain('campaign From 100.00');
  });

  test('what is of products, whoever asks', async () => {
    const shoes = await campaign('Shoes', 700);
    await rule({ 1: { name: 'product.id', conditions: { $is: ['prod-shoes'] } } }, { object: 'campaign', id: shoes.id });
    const ask = (product: string) =>
      qualify({ scenario: 'PRODUCTS', order: { items: [{ product_id: product, price: 1000, quantity: 1 }] }, ...ALL });
    expect(namesOf((await ask('prod-shoes')).redeemables)).toEqual(['campaign Shoes']);
    expect(namesOf((await ask('prod-hats')).redeemables)).toEqual([]);
  });

  test('what is used up applies nowhere', async () => {
    const pens = await campaign('Pens', 700, { limits: { campaign_total: 1 } });
    await rule({ 1: { name: 'product.id', conditions: { $is: ['prod-pens'] } } }, { object: 'campaign', id: pens.id });
    const order = { items: [{ product_id: 'prod-pens', price: 1000, quantity: 1 }] };
    const offered = async (scenario: string) => namesOf((await qualify({ scenario, order, ...ALL })).redeemables);
    expect(await offered('PRODUCTS')).toContain('campaign Pens');
    const { code } = await ok(call('POST', '/v1/campaigns/Pens/vouchers/FIRST-PEN', {}));
    await ok(call('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: code as string }], order }));
    expect(await offered('PRODUCTS')).not.toContain('campaign Pens');
    expect(await offered('ALL')).not.toContain('campaign Pens');
  });

  test('by type, by campaign, and either of them', async () => {
    const ask = async (filters: object) =>
      namesOf((await qualify({ order: { amount: 5000 }, options: { limit: 50, filters } })).redeemables);
    expect(await ask({ resource_type: { conditions: { $is: ['voucher'] } } })).toEqual(['voucher EVERYBODY']);
    expect(
      await ask({
        resource_type: { conditions: { $not_in: ['voucher', 'promotion_tier'] } },
        campaign_id: { conditions: { $in: [dear.id] } },
      }),
    ).toEqual([]);
    expect(
      await ask({ junction: 'OR', code: { conditions: { $is: 'EVERYBODY' } }, campaign_id: { conditions: { $in: [dear.id] } } }),
    ).toEqual(['voucher EVERYBODY']);
  });
});

test('promotion tiers and stacks apply without a code', async () => {
  const promotion = await ok(call('POST', '/v1/campaigns', { name: 'Spring', campaign_type: 'PROMOTION' }));
  const tier = (name: string, amountOff: number) =>
    ok(
      call('POST', `/v1/promotions/${promotion.id as string}/tiers`, {
        name,
        banner: name,
        action: { discount: { type: 'AMOUNT', amount_off: amountOff } },
      }),
    );
  const [small, large] = [await tier('small', 50), await tier('large', 400)];
  const tiers = { ids: [small.id, large.id] };
  const stack = await ok(call('POST', `/v1/promotions/${promotion.id as string}/stacks`, { name: 'both', tiers }));
  const types = { resource_type: { conditions: { $is: ['promotion_tier'] } } };
  const single = await qualify({ order: { amount: 5000 }, options: { limit: 50, sorting_rule: 'BEST_DEAL', filters: types } });
  expect(single.redeemables.data).toMatchObject([
    { object: 'promotion_tier', id: large.id, name: 'large', banner: 'large', order: { total_amount: 4600 } },
    { object: 'promotion_tier', id: small.id },
  ]);
  const both = await qualify({ scenario: 'PROMOTION_STACKS', order: { amount: 5000 }, ...ALL });
  expect(both.redeemables.data).toMatchObject([
    { object: 'promotion_stack', id: stack.id, order: { total_amount: 4550 }, redeemables: [{}, {}] },
  ]);
});

test('older calls see the same, as vouchers and as campaigns', async () => {
  const ask = { customer: { source_id: 'ada' }, order: { amount: 5000 } };
  const vouchers = await client.vouchers.qualifications.examine(ask as never);
  expect(vouchers.data?.map((each) => each.code)).toContain('EVERYBODY');
  expect(vouchers).toMatchObject({ object: 'list', data_ref: 'data', total: 2 });
  const campaigns = await client.campaigns.qualifications.examine(ask as never, { order: 'created_at', limit: 1 });
  expect(campaigns.data.map((each) => each.name)).toEqual(['For all']);
});

test('the SDK asks as it does, and what is wrong is named', async () => {
  const { redeemables } = await client.qualifications.checkEligibility({
    scenario: 'ALL',
    order: { amount: 6000 },
    options: { limit: 1, sorting_rule: 'BEST_DEAL', expand: ['redeemable'] },
  });
  expect(redeemables).toMatchObject({ object: 'list', data: [{ object: 'voucher', id: 'EVERYBODY' }], has_more: true });
  expect(await call('POST', '/v1/qualifications', { scenario: 'SOME', options: { limit: 101, filters: { colour: {} } } })).toMatchObject({
    status: 400,
    body: {
      errors: expect.arrayContaining([expect.objectContaining({ path: 'scenario' }), expect.objectContaining({ path: 'options.limit' })]),
    },
  });
});
