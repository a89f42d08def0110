import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redeemByThemselves } from '../../../activities/loyalty/auto-redemption.ts';
import { createRedemptionRoutes } from '../../../api/routes/redemptions.ts';
import { createAutoRedemptions } from '../../../relay/auto-redemptions.ts';
import { createCheckout, type TestCheckout } from '../../harness/checkout.ts';
import { fixed, startEarningShop, type EarningShop } from '../../harness/earning.ts';

let on: EarningShop;
/** Those of two processes. */
let checkouts: TestCheckout[];

beforeAll(async () => {
  on = await startEarningShop({
    relayRoutes: () => [createAutoRedemptions()],
    apiRoutes: (sql) => {
      checkouts = [createCheckout(sql), createCheckout(sql)];
      return createRedemptionRoutes({ sql, checkout: checkouts[0]! });
    },
  });
  await checkouts[0]!.maintain();
});
afterAll(async () => {
  await Promise.all(checkouts.map(({ traces }) => traces.close()));
  await on.stop();
});

const look = (nr = 0, { now = new Date(), mostADay }: { now?: Date; mostADay?: number } = {}) =>
  redeemByThemselves({ sql: on.sql, redeem: checkouts[nr]!.redeem, now: () => now, mostADay });

let products = 0;
/** A program that gives a mug by itself for so many points. */
const aProgram = async (points: number, { stock, ...more }: { stock?: number } & Record<string, unknown> = {}) => {
  const made = await on.aProgram([{ event: 'seen', loyalty: fixed(50) }], more);
  products += 1;
  const product = await on.send('POST', '/v1/products', { source_id: `mug ${products}`, name: 'Mug' });
  const reward = await on.send('POST', '/v1/rewards', { name: 'Mug', stock, parameters: { product: { id: product.id } } });
  const loyalty = { points, auto_redeem: true };
  const [assignment] = await on.send('POST', `/v1/loyalties/${made.id}/rewards`, [{ reward: reward.id, parameters: { loyalty } }]);
  return { ...made, reward: reward.id as string, assignment };
};
const add = (code: string, points: number) => on.send('POST', `/v1/loyalties/members/${code}/balance`, { points });
const redeemedOf = async (code: string): Promise<number> =>
  (await on.accountOf(code)).filter(({ type }) => type === 'POINTS_REDEMPTION').length;
const balanceOf = async (code: string): Promise<number> => (await on.cardOf(code)).balance;

describe('a reward that members get by themselves', () => {
  test('is redeemed once the points are enough, as often as they are, and never else', async () => {
    const { code, source, assignment, reward } = await aProgram(100);
    expect(assignment).toMatchObject({ parameters: { loyalty: { points: 100, auto_redeem: true } } });
    await on.tell(source, 'seen');
    await on.settled();
    await look();
    expect(await on.cardOf(code)).toMatchObject({ balance: 50 });
    await on.tell(source, 'seen');
    await on.tell(source, 'seen');
    await add(code, 200);
    await on.settled();
    expect(await look()).toBe(3);
    expect(await balanceOf(code)).toBe(50);
    expect(await redeemedOf(code)).toBe(3);
    expect(await look()).toBe(0);
    const { redemptions } = await on.send('GET', '/v1/redemptions?limit=10');
    expect(redemptions.filter((each: { voucher: { code: string } }) => each.voucher.code === code)).toMatchObject(
      Array.from({ length: 3 }, () => ({ result: 'SUCCESS', amount: 100, reward: { id: reward }, metadata: { auto_redeem: true } })),
    );
  });

  test('exactly, however many look at once, events come again and points come and go', async () => {
    const { code, source } = await aProgram(70);
    await Promise.all(Array.from({ length: 20 }, () => on.tell(source, 'seen')));
    await on.settled();
    await on.sql`
      insert into outbox (partition, project_id, event_id, customer_id)
      select 0, e.project_id, e.id, e.customer_id from event e
      where e.type = 'voucher.loyalty_card.transaction.created' and e.data->'voucher'->>'code' = ${code}`;
    await Promise.all([look(0), look(1), look(0), add(code, -10), on.settled()]);
    await on.settled();
    await Promise.all([look(0), look(1)]);
    const { points, balance, subtracted_points: subtracted } = await on.cardOf(code);
    expect([points, subtracted]).toEqual([1_000, 10]);
    expect(await redeemedOf(code)).toBe(14);
    expect(balance).toBe(1_000 - 10 - 14 * 70);
    const [left] = await on.sql<{ points: number }[]>`
      select coalesce(sum(b.remaining), 0)::bigint as points from points_bucket b join voucher v on v.project_id = b.project_id and v.id = b.voucher_id
      where v.code = ${code}`;
    expect(left!.points).toBe(balance);
  });

  test('for the price of the tier, and to those who had enough before', async () => {
    const { id, code, source, reward, assignment } = await aProgram(1_000);
    await add(code, 300);
    await on.settled();
    await look();
    expect(await redeemedOf(code)).toBe(0);
    await on.send('POST', `/v1/loyalties/${id}/tiers`, [
      { name: 'Gold', points: { from: 300 }, rewards: { [reward]: { type: 'CUSTOM', points: 250 } } },
    ]);
    await on.settled();
    await on.tell(source, 'seen');
    await on.settled();
    await look();
    expect(await balanceOf(code)).toBe(100);
    // Now it costs less for all, and whoever has enough gets it without doing anything.
    await on.send('PUT', `/v1/loyalties/${id}/rewards/${assignment.id}`, { parameters: { loyalty: { points: 40 } } });
    await on.settled();
    await look();
    expect(await balanceOf(code)).toBe(20);
    await on.send('PUT', `/v1/loyalties/${id}/rewards/${assignment.id}`, { parameters: { loyalty: { auto_redeem: false } } });
    await add(code, 500);
    await on.settled();
    await look();
    expect(await balanceOf(code)).toBe(520);
  });

  test('waits, where it is refused, for the next change of the points', async () => {
    const { code } = await aProgram(10, { stock: 1 });
    await add(code, 25);
    await on.settled();
    expect(await look()).toBe(1);
    expect(await balanceOf(code)).toBe(15);
    expect(await look()).toBe(0);
    await on.send('POST', `/v1/vouchers/${code}/disable`);
    await add(code, 5);
    await on.settled();
    expect(await look()).toBe(0);
    expect(await balanceOf(code)).toBe(20);
  });

  test('so many times in a day at the most', async () => {
    const { code } = await aProgram(1);
    await add(code, 8);
    await on.settled();
    expect(await look(0, { mostADay: 5 })).toBe(5);
    await add(code, 1);
    await on.settled();
    expect(await look(0, { mostADay: 5 })).toBe(0);
    await add(code, 1);
    await on.settled();
    expect(await look(0, { mostADay: 5, now: new Date(Date.now() + 86_400_000) })).toBe(5);
    expect(await balanceOf(code)).toBe(0);
  });

  test('is one of a program, and none that members pay with', async () => {
    const { id, reward } = await aProgram(10);
    const coin = await on.send('POST', '/v1/rewards', { name: 'Coin', parameters: { coin: { exchange_ratio: 1, points_ratio: 1 } } });
    const other = await on.send('POST', '/v1/rewards', { name: 'Other', parameters: { product: { id: `mug ${products}` } } });
    const assign = (rewardId: string, loyalty: object) =>
      on.api.as(on.shop)('POST', `/v1/rewards/${rewardId}/assignments`, { campaign: id, parameters: { loyalty } });
    expect(await assign(coin.id, { auto_redeem: true })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'parameters.loyalty.auto_redeem' }] },
    });
    expect(await assign(other.id, { points: 5, auto_redeem: true })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'parameters.loyalty.auto_redeem', message: expect.stringContaining(reward) as string }] },
    });
    expect((await assign(other.id, { points: 5 })).status).toBe(200);
    expect(on.api.errors).toEqual([]);
  });
});
