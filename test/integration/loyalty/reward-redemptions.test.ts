import { VoucherifyServerSide } from '@voucherify/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type TestApi } from '../../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProgram, join } from '../../harness/loyalty.ts';
import { createProject, type TestProject } from '../../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let checkout: TestCheckout;
let shop: TestProject;
let client: ReturnType<typeof VoucherifyServerSide>;

beforeAll(async () => {
  database = await createDatabase();
  checkout = createCheckout(database.sql);
  await checkout.maintain();
  api = await startApi(database.sql, { routes: checkoutRoutes(database.sql, checkout) });
  shop = await createProject(database.sql);
  client = VoucherifyServerSide({ apiUrl: api.url, applicationId: shop.appId, secretKey: shop.secretKey });
});

afterAll(async () => {
  await api.stop();
  await checkout.traces.close();
  await database.drop();
});

const send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => api.as(shop)(method, path, body, headers);
const cardOf = async (code: string) => (await send('GET', `/v1/vouchers/${code}`)).body.loyalty_card;

let made = 0;

/** A program that has a reward, and a card with points in it. */
const aMember = async (points: number, reward: object, cost?: number) => {
  made += 1;
  const program = `program ${made}`;
  await createProgram(database.sql, shop, program, { points });
  const code = await join(send, program, `member ${made}`);
  const { body } = await send('POST', '/v1/rewards', { name: `reward ${made}`, ...reward });
  const parameters = cost === undefined ? {} : { parameters: { loyalty: { points: cost } } };
  const assigned = await send('POST', `/v1/loyalties/${program}/rewards`, [{ reward: body.id, ...parameters }]);
  expect(assigned.status).toBe(200);
  return { program, code, reward: body.id as string, assignment: assigned.body[0].id as string, customer: `member ${made}` };
};

const COIN = { parameters: { coin: { exchange_ratio: 20, points_ratio: 100 } } };
const pay = (code: string, reward: string, points?: number) => ({ object: 'voucher' as const, id: code, reward: { id: reward, points } });

describe('points that pay for an order', () => {
  test('take off what they are worth, with the official SDK, and come back with a rollback, once', async () => {
    const { code, reward, customer } = await aMember(5_000, COIN);
    const asked = { redeemables: [pay(code, reward, 150)], order: { amount: 45_000 }, customer: { source_id: customer } };
    expect(await client.validations.validateStackable(asked)).toMatchObject({
      valid: true,
      redeemables: [{ result: { loyalty_card: { points: 100, balance: 5_000 } } }],
      order: { total_amount: 43_000 },
    });
    expect(await cardOf(code)).toMatchObject({ balance: 5_000 });
    const { redemptions } = await client.redemptions.redeemStackable(asked);
    expect(redemptions[0]).toMatchObject({
      amount: 100,
      loyalty_card: { points: 100 },
      reward: { id: reward, type: 'COIN', object: 'reward' },
      voucher: { loyalty_card: { points: 5_000, balance: 4_900 } },
      order: { total_discount_amount: 2_000 },
    });
    expect(await send('GET', `/v1/rewards/${reward}`)).toMatchObject({ body: { redeemed: 1 } });
    const { id } = redemptions[0]!;
    expect(await client.redemptions.get(id)).toMatchObject({ amount: 100, loyalty_card: { points: 100 }, reward: { id: reward } });
    expect(await client.redemptions.rollback(id)).toMatchObject({
      amount: -100,
      loyalty_card: { points: -100 },
      reward: { id: reward },
      voucher: { loyalty_card: { balance: 5_000 } },
    });
    expect((await send('POST', `/v1/redemptions/${id}/rollback`, {})).body.key).toBe('already_rolled_back');
    expect(await cardOf(code)).toMatchObject({ points: 5_000, balance: 5_000 });
    expect(await send('GET', `/v1/rewards/${reward}`)).toMatchObject({ body: { redeemed: 0 } });
  });

  test('pay the rest of a stack, in whole steps', async () => {
    const { code, reward, customer } = await aMember(5_000, COIN);
    await send('POST', '/v1/vouchers/TENTH', { discount: { type: 'PERCENT', percent_off: 10 } });
    const stack = {
      redeemables: [{ object: 'voucher', id: 'TENTH' }, pay(code, reward)],
      order: { amount: 50_000 },
      customer: { source_id: customer },
    };
    const { body } = await send('POST', '/v1/redemptions', stack);
    expect(body).toMatchObject({ order: { total_amount: 0 }, redemptions: [{ amount: 5_000 }, { loyalty_card: { points: 2_300 } }] });
    await send('POST', `/v1/redemptions/${body.parent_redemption.id}/rollbacks`, {});
    expect(await cardOf(code)).toMatchObject({ balance: 5_000 });
  });

  test('are refused with what is missing', async () => {
    const { program, code, reward } = await aMember(150, COIN);
    const redeem = async (redeemable: object, order: object | null = { amount: 900 }) => {
      const { status, body } = await send('POST', '/v1/redemptions', {
        redeemables: [{ object: 'voucher', id: code, ...redeemable }],
        order,
        customer: { source_id: `member ${made}` },
      });
      return [status, body.key];
    };
    expect(await redeem({})).toEqual([400, 'missing_reward']);
    expect(await redeem({ reward: { id: 'rew_none' } })).toEqual([400, 'invalid_reward']);
    expect(await redeem({ reward: { id: reward, points: 200 } })).toEqual([400, 'loyalty_card_points_exceeded']);
    expect(await redeem({ reward: { id: reward } }, null)).toEqual([400, 'missing_order']);
    expect(await redeem({ reward: { id: reward } }, { metadata: {} })).toEqual([400, 'missing_amount']);
    await send('DELETE', `/v1/loyalties/${program}/rewards/${(await send('GET', `/v1/loyalties/${program}/rewards`)).body.data[0].id}`);
    expect(await redeem({ reward: { id: reward } })).toEqual([400, 'invalid_reward']);
    expect(await cardOf(code)).toMatchObject({ balance: 150 });
  });

  test('are never spent twice, however many ask two processes at once', async () => {
    const { code, reward, customer } = await aMember(1_000, COIN);
    const other = createCheckout(database.sql);
    const second = await startApi(database.sql, { routes: checkoutRoutes(database.sql, other) });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        (index % 2 === 0 ? api : second).as(shop)('POST', '/v1/redemptions', {
          redeemables: [pay(code, reward, 100)],
          order: { amount: 2_000 },
          customer: { source_id: customer },
        }),
      ),
    );
    await second.stop();
    await other.traces.close();
    const done = answers.filter(({ status }) => status === 200);
    expect(done).toHaveLength(10);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.key))).toEqual(
      new Set(['loyalty_card_points_exceeded']),
    );
    expect(await cardOf(code)).toMatchObject({ points: 1_000, balance: 0 });
    const id = done[0]!.body.redemptions[0].id as string;
    const backs = await Promise.all(Array.from({ length: 10 }, () => send('POST', `/v1/redemptions/${id}/rollback`, {})));
    expect(backs.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await cardOf(code)).toMatchObject({ points: 1_000, balance: 100 });
    const [sums] = await database.sql`
      select (select sum(points) from points_transaction t where t.voucher_id = v.id) as moved,
        (select sum(remaining) from points_bucket b where b.voucher_id = v.id) as remaining from voucher v where v.code = ${code}`;
    expect([Number(sums!['moved']), Number(sums!['remaining'])]).toEqual([-900, 100]);
  });

  test('that have expired pay nothing, and go off the card when it is used', async () => {
    const { code, reward, customer } = await aMember(250, COIN);
    const asked = { redeemables: [pay(code, reward)], order: { amount: 9_000 }, customer: { source_id: customer } };
    await database.sql`
      update points_bucket b set expires_at = now() - interval '1 second' from voucher v where v.id = b.voucher_id and v.code = ${code}`;
    const validation = await send('POST', '/v1/validations', asked);
    expect(validation.body.redeemables[0].result.error.key).toBe('loyalty_card_points_exceeded');
    expect(await cardOf(code)).toMatchObject({ balance: 250 });
    expect((await send('POST', '/v1/redemptions', asked)).body.key).toBe('loyalty_card_points_exceeded');
    expect(await cardOf(code)).toMatchObject({ balance: 0, expired_points: 250 });
  });

  test('that a session holds are nobody else’s', async () => {
    const { code, reward, customer } = await aMember(300, COIN);
    const asked = { redeemables: [pay(code, reward, 200)], order: { amount: 9_000 }, customer: { source_id: customer } };
    const session = { type: 'LOCK' as const, key: 'mine', ttl: 5, ttl_unit: 'MINUTES' as const };
    expect((await send('POST', '/v1/validations', { ...asked, session })).body.valid).toBe(true);
    expect((await send('POST', '/v1/redemptions', asked)).body).toMatchObject({
      key: 'loyalty_card_points_exceeded',
      details: expect.stringContaining('beside 200 that sessions hold'),
    });
    expect((await send('POST', '/v1/redemptions', { ...asked, session })).status).toBe(200);
    expect(await cardOf(code)).toMatchObject({ balance: 100 });
  });
});

describe('a product for points', () => {
  test('is given with the official SDK while there is any', async () => {
    const product = await client.products.create({ source_id: 'cap', name: 'Cap' });
    const reward = { stock: 1, parameters: { product: { id: 'cap' } } };
    const member = await aMember(1_000, reward, 300);
    const redeemed = await client.loyalties.redeemReward(member.program, member.code, { reward: { id: member.reward } });
    expect(redeemed).toMatchObject({
      amount: 300,
      result: 'SUCCESS',
      reward: { assignment_id: member.assignment, product: { id: product.id, name: 'Cap' }, type: 'MATERIAL' },
      voucher: { loyalty_card: { balance: 700 }, redemption: { redeemed_points: 300 } },
      customer: { source_id: member.customer },
    });
    const again = await send('POST', `/v1/loyalties/members/${member.code}/redemption`, { reward: { id: member.reward } });
    expect([again.status, again.body.key]).toEqual([400, 'quantity_exceeded']);
    await client.redemptions.rollback(redeemed.id);
    expect(await cardOf(member.code)).toMatchObject({ balance: 1_000 });
    expect(
      (await send('POST', `/v1/loyalties/members/${member.code}/redemption`, { reward: { assignment_id: member.assignment } })).status,
    ).toBe(200);
  });

  test('has a stock that many members at once do not exceed', async () => {
    await client.products.create({ source_id: 'tee', name: 'Tee' });
    const { program, reward } = await aMember(100, { stock: 5, parameters: { product: { id: 'tee' } } }, 40);
    const codes = await Promise.all(Array.from({ length: 20 }, (_, index) => join(send, program, `shopper ${index}`)));
    const answers = await Promise.all(
      codes.flatMap((code) =>
        [1, 2].map(() => send('POST', `/v1/loyalties/${program}/members/${code}/redemption`, { reward: { id: reward } })),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect((await send('GET', `/v1/rewards/${reward}`)).body.redeemed).toBe(5);
  });

  test('is not to be had by the card of another program', async () => {
    const one = await aMember(100, COIN);
    const other = await aMember(100, COIN);
    const answer = await send('POST', `/v1/loyalties/${one.program}/members/${other.code}/redemption`, { reward: { id: one.reward } });
    expect(answer.status).toBe(404);
    expect(
      (await send('POST', `/v1/loyalties/members/${other.code}/redemption`, { reward: { id: one.reward }, order: { amount: 1 } })).body.key,
    ).toBe('invalid_reward');
  });
});

describe('a code for points', () => {
  const ofCampaign = (campaign: string, balance?: number) => ({ parameters: { campaign: { id: campaign, balance } } });

  test('is published to the member, and withdrawn with a rollback', async () => {
    await send('POST', '/v1/campaigns', { name: 'Treats', voucher: { discount: { type: 'AMOUNT', amount_off: 500 } } });
    const member = await aMember(1_000, ofCampaign('Treats'), 400);
    const redeemed = await send('POST', `/v1/loyalties/members/${member.code}/redemption`, { reward: { id: member.reward } });
    const { voucher } = redeemed.body.reward;
    expect(redeemed.body).toMatchObject({
      loyalty_card: { points: 400 },
      reward: { voucher: { campaign: 'Treats', type: 'DISCOUNT_VOUCHER' } },
    });
    const known = await send('GET', `/v1/vouchers/${voucher.code}`);
    expect(known.body.holder_id).toBe(redeemed.body.customer_id);
    await send('POST', `/v1/redemptions/${redeemed.body.id}/rollback`, {});
    const order = { redeemables: [{ id: voucher.code }], order: { amount: 900 }, customer: { source_id: member.customer } };
    expect((await send('POST', '/v1/redemptions', order)).body.key).toBe('voucher_disabled');
  });

  test('is another for each who asks at once, and refused when there are no more', async () => {
    const campaign = { name: 'Few', type: 'STATIC', vouchers_count: 1, voucher: { discount: { type: 'AMOUNT', amount_off: 500 } } };
    await send('POST', '/v1/campaigns', campaign);
    for (const code of ['FEW-2', 'FEW-3']) await send('POST', `/v1/campaigns/Few/vouchers/${code}`, {});
    const { program, reward } = await aMember(1_000, ofCampaign('Few'), 100);
    const codes = await Promise.all(Array.from({ length: 5 }, (_, index) => join(send, program, `taker ${index}`)));
    const answers = await Promise.all(
      codes.map((code) => send('POST', `/v1/loyalties/${program}/members/${code}/redemption`, { reward: { id: reward } })),
    );
    const given = answers.filter(({ status }) => status === 200).map(({ body }) => body.reward.voucher.code as string);
    expect(new Set(given).size).toBe(3);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.key))).toEqual(
      new Set(['no_voucher_suitable_for_publication']),
    );
    const balances = await Promise.all(codes.map(cardOf));
    expect(balances.map(({ balance }) => balance as number).toSorted((a, b) => a - b)).toEqual([900, 900, 900, 1_000, 1_000]);
  });

  test('is not given to two cards of one request where there is one', async () => {
    await send('POST', '/v1/campaigns', { name: 'Last', type: 'STATIC', voucher: { discount: { type: 'AMOUNT', amount_off: 500 } } });
    await send('POST', '/v1/campaigns/Last/vouchers/LAST-1', {});
    const one = await aMember(1_000, ofCampaign('Last'), 100);
    const other = `other of ${one.program}`;
    await createProgram(database.sql, shop, other, { points: 1_000 });
    const code = await join(send, other, one.customer);
    await send('POST', `/v1/loyalties/${other}/rewards`, [{ reward: one.reward, parameters: { loyalty: { points: 100 } } }]);
    const redeemables = [pay(one.code, one.reward), pay(code, one.reward)];
    const both = await send('POST', '/v1/redemptions', { redeemables, customer: { source_id: one.customer } });
    expect(both.body.key).toBe('no_voucher_suitable_for_publication');
    const alone = await send('POST', '/v1/redemptions', { redeemables: redeemables.slice(1), customer: { source_id: one.customer } });
    expect(alone.body).toMatchObject({ redemptions: [{ reward: { voucher: { code: 'LAST-1' } } }] });
  });

  test('is one gift card, however many ask for the first at once', async () => {
    const gift = { name: 'Once', campaign_type: 'GIFT_VOUCHERS', voucher: { type: 'GIFT_VOUCHER', gift: { amount: 100 } } };
    await send('POST', '/v1/campaigns', gift);
    const member = await aMember(1_000, ofCampaign('Once', 10), 100);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => send('POST', `/v1/loyalties/members/${member.code}/redemption`, { reward: { id: member.reward } })),
    );
    const codes = answers.map(({ body }) => body.reward.voucher.code as string);
    expect(new Set(codes).size).toBe(1);
    expect((await send('GET', `/v1/vouchers/${codes[0]}`)).body.gift).toMatchObject({ amount: 150, balance: 150 });
  });

  test('is a gift card that is added to the next time', async () => {
    const gift = { name: 'Credits', campaign_type: 'GIFT_VOUCHERS', voucher: { type: 'GIFT_VOUCHER', gift: { amount: 1_000 } } };
    await send('POST', '/v1/campaigns', gift);
    const member = await aMember(1_000, ofCampaign('Credits', 250), 100);
    const redeem = () => send('POST', `/v1/loyalties/members/${member.code}/redemption`, { reward: { id: member.reward } });
    const first = await redeem();
    expect(first.body.reward.voucher).toMatchObject({ type: 'GIFT_VOUCHER', gift: { amount: 1_250, balance: 1_250 } });
    const second = await redeem();
    expect(second.body.reward.voucher).toMatchObject({ code: first.body.reward.voucher.code, gift: { amount: 1_500, balance: 1_500 } });
    expect(await cardOf(member.code)).toMatchObject({ balance: 800 });
  });

  test('is points on the card of another program', async () => {
    await createProgram(database.sql, shop, 'Miles', { points: 10 });
    const member = await aMember(1_000, ofCampaign('Miles', 50), 100);
    const { body } = await send('POST', `/v1/loyalties/members/${member.code}/redemption`, { reward: { id: member.reward } });
    expect(body.reward.voucher).toMatchObject({ type: 'LOYALTY_CARD', campaign: 'Miles', loyalty_card: { points: 60, balance: 60 } });
    expect((await send('GET', `/v1/vouchers/${body.reward.voucher.code}`)).body.holder_id).toBe(body.customer_id);
  });
});
