import { afterAll, beforeAll, expect, test } from 'vitest';
import { webhookEventTypes } from '../../../domain/webhook/event-types.ts';
import { startApi, type TestApi } from '../../harness/api.ts';
import { checkoutRoutes, createCheckout, type TestCheckout } from '../../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { createProgram, join } from '../../harness/loyalty.ts';
import { createProject, type TestProject } from '../../harness/project.ts';

let database: TestDatabase;
let shop: TestProject;
/** Two, as in processes of their own. */
let checkouts: TestCheckout[];
let apis: TestApi[];

beforeAll(async () => {
  database = await createDatabase();
  checkouts = [createCheckout(database.sql), createCheckout(database.sql)];
  await checkouts[0]!.maintain();
  apis = await Promise.all(checkouts.map((checkout) => startApi(database.sql, { routes: checkoutRoutes(database.sql, checkout) })));
  shop = await createProject(database.sql);
});

afterAll(async () => {
  await Promise.all(apis.map((api) => api.stop()));
  await Promise.all(checkouts.map((checkout) => checkout.traces.close()));
  await database.drop();
});

let asked = 0;
const send = (method: string, path: string, body?: unknown) => apis[asked++ % 2]!.as(shop)(method, path, body);
const get = async (path: string) => (await send('GET', path)).body;
const rollback = (id: string) => send('POST', `/v1/redemptions/${id}/rollback`, {});
const accountOf = async (code: string) => (await get(`/v1/vouchers/${code}/transactions?order=id`)).data as Record<string, unknown>[];

let made = 0;

/** A member whose points buy what is added to their card of a campaign. */
const aMember = async (campaign: string, balance: number, customer = `member ${made}`) => {
  made += 1;
  const program = `program ${made}`;
  await createProgram(database.sql, shop, program, { points: 1_000 });
  const card = await join(send, program, customer);
  const reward = await send('POST', '/v1/rewards', { name: `reward ${made}`, parameters: { campaign: { id: campaign, balance } } });
  await send('POST', `/v1/loyalties/${program}/rewards`, [{ reward: reward.body.id, parameters: { loyalty: { points: 100 } } }]);
  const redeem = async () => {
    const { status, body } = await send('POST', `/v1/loyalties/members/${card}/redemption`, { reward: { id: reward.body.id } });
    expect(status, JSON.stringify(body)).toBe(200);
    return { id: body.id as string, code: body.reward.voucher.code as string };
  };
  return { card, customer, reward: reward.body.id as string, redeem };
};
const giftCards = (name: string, amount = 1_000) =>
  send('POST', '/v1/campaigns', { name, campaign_type: 'GIFT_VOUCHERS', voucher: { type: 'GIFT_VOUCHER', gift: { amount } } });
const pay = (code: string, amount: number, customer: string) =>
  send('POST', '/v1/redemptions', { redeemables: [{ object: 'voucher', id: code }], order: { amount }, customer: { source_id: customer } });
const giftOf = async (code: string) => (await get(`/v1/vouchers/${code}`)).gift;
const pointsOf = async (code: string) => (await get(`/v1/vouchers/${code}`)).loyalty_card;

test('credits that a reward added go with its rollback, and the account, the ledger and events tell of it', async () => {
  await giftCards('Credits');
  const member = await aMember('Credits', 250);
  const kept = await member.redeem();
  const { id, code } = await member.redeem();
  expect(await giftOf(code)).toMatchObject({ amount: 1_500, balance: 1_500 });
  const { status, body } = await rollback(id);
  const takenBack = { voucher: { code, object: 'voucher' }, added: 250, taken: 250, missing: 0, reason: null };
  expect({ status, body }).toMatchObject({ status: 200, body: { reward: { id: member.reward, taken_back: takenBack } } });
  expect(await giftOf(code)).toMatchObject({ amount: 1_250, balance: 1_250 });
  expect(await pointsOf(member.card)).toMatchObject({ balance: 900 });

  const account = await accountOf(code);
  expect(account).toMatchObject([
    { type: 'CREDITS_ADDITION', details: { balance: { amount: 250 }, redemption: { id: kept.id } } },
    { type: 'CREDITS_ADDITION', details: { balance: { amount: 250 }, redemption: { id } } },
    {
      type: 'CREDITS_REMOVAL',
      related_transaction_id: account[1]!['id'],
      details: { balance: { amount: -250, balance: 1_250, total: 1_250 }, redemption: { id }, rollback: { id: body.id } },
    },
  ]);
  expect(await get(`/v1/redemptions/${body.id}`)).toMatchObject({ object: 'redemption_rollback', reward: { taken_back: takenBack } });
  expect((await get(`/v1/redemptions/${id}`)).reward).not.toHaveProperty('taken_back');
  const [event] = await database.sql<{ data: Record<string, unknown> }[]>`
    select data from event where type = 'redemption.rollback.succeeded' and data ->> 'redemption_id' = ${id}`;
  expect(event!.data).toMatchObject({ reward: { id: member.reward, taken_back: takenBack } });
  const known = webhookEventTypes.find(({ type }) => type === 'redemption.rollback.succeeded')!;
  expect(known.data.safeParse(event!.data).error).toBeUndefined();
  expect((await rollback(id)).body.key).toBe('already_rolled_back');
  expect(await giftOf(code)).toMatchObject({ balance: 1_250 });
});

test('what was spent of the credits cannot be taken: the card never owes, and the answer says what is missing', async () => {
  await giftCards('Spent', 100);
  const member = await aMember('Spent', 250);
  const { id, code } = await member.redeem();
  expect((await pay(code, 270, member.customer)).status).toBe(200);
  expect((await rollback(id)).body.reward.taken_back).toMatchObject({
    added: 250,
    taken: 80,
    missing: 170,
    reason: expect.stringContaining('no more than 80 left'),
  });
  expect(await giftOf(code)).toMatchObject({ amount: 270, balance: 0 });
  await send('DELETE', `/v1/vouchers/${code}`);
  const other = await aMember('Spent', 250);
  const gone = await other.redeem();
  await send('DELETE', `/v1/vouchers/${gone.code}`);
  expect((await rollback(gone.id)).body.reward.taken_back).toMatchObject({
    taken: 0,
    missing: 250,
    reason: expect.stringContaining('not exist'),
  });
});

test('points that a reward added go before others, and those that have expired are not taken from others', async () => {
  await createProgram(database.sql, shop, 'Miles', { points: 10, expiration_rules: { period_type: 'MONTH', period_value: 12 } });
  const member = await aMember('Miles', 50);
  const miles = await join(send, 'Miles', member.customer);
  const [first, second, third] = [await member.redeem(), await member.redeem(), await member.redeem()];
  expect(first.code).toBe(miles);
  expect(await pointsOf(miles)).toMatchObject({ points: 160, balance: 160 });
  const buckets = () => database.sql<{ remaining: number }[]>`
    select b.remaining from points_bucket b join voucher v on v.project_id = b.project_id and v.id = b.voucher_id where v.code = ${miles} order by b.id`;
  const { body } = await rollback(second.id);
  expect(body.reward.taken_back).toMatchObject({ added: 50, taken: 50, missing: 0 });
  expect((await buckets()).map(({ remaining }) => remaining)).toEqual([10, 50, 0, 50]);
  expect((await accountOf(miles)).at(-1)).toMatchObject({
    type: 'POINTS_CANCELLATION',
    details: { rollback: { id: body.id }, reward: { id: member.reward }, balance: { points: -50, balance: 110 } },
  });
  expect(await pointsOf(miles)).toMatchObject({ points: 160, balance: 110, subtracted_points: 50 });

  await database.sql`
    update points_bucket b set expires_at = now() - interval '1 second' from points_transaction t
    where t.project_id = b.project_id and t.id = b.transaction_id and t.redemption_id = ${third.id}`;
  expect((await rollback(third.id)).body.reward.taken_back).toMatchObject({ taken: 0, missing: 50, reason: '50 points had expired' });
  expect(await pointsOf(miles)).toMatchObject({ balance: 60, expired_points: 50 });
});

test('several rewards of one request that add to one card are taken back together', async () => {
  await giftCards('Shared', 0);
  const one = await aMember('Shared', 30);
  const other = await aMember('Shared', 40, one.customer);
  const redeemables = [one, other].map(({ card, reward }) => ({ object: 'voucher', id: card, reward: { id: reward } }));
  const { body } = await send('POST', '/v1/redemptions', { redeemables, customer: { source_id: one.customer } });
  const vouchers = body.redemptions.map((each: { reward: { voucher: unknown } }) => each.reward.voucher);
  expect(vouchers).toMatchObject([{ gift: { balance: 30 } }, { code: vouchers[0].code, gift: { balance: 70 } }]);
  const back = await send('POST', `/v1/redemptions/${body.parent_redemption.id}/rollbacks`, {});
  expect(back.body.rollbacks).toMatchObject([{ reward: { taken_back: { taken: 30 } } }, { reward: { taken_back: { taken: 40 } } }]);
  expect(await giftOf(vouchers[0].code)).toMatchObject({ amount: 0, balance: 0 });
});

test('many rollbacks at once take each addition once, while others add and spend', async () => {
  await giftCards('Busy', 500);
  const members = [await aMember('Busy', 100)];
  for (let index = 1; index < 3; index += 1) members.push(await aMember('Busy', 100, members[0]!.customer));
  const redeemed = await Promise.all(members.flatMap(({ redeem }) => [redeem(), redeem(), redeem()]));
  const code = redeemed[0]!.code;
  expect(new Set(redeemed.map((each) => each.code))).toEqual(new Set([code]));
  expect(await giftOf(code)).toMatchObject({ balance: 1_400 });
  const [backs, more, paid] = await Promise.all([
    Promise.all(redeemed.flatMap(({ id }) => [rollback(id), rollback(id), rollback(id)])),
    Promise.all(members.map(({ card, reward }) => send('POST', `/v1/loyalties/members/${card}/redemption`, { reward: { id: reward } }))),
    Promise.all(Array.from({ length: 5 }, () => pay(code, 10, members[0]!.customer))),
  ]);
  // Who pays or adds may be told to come again, where many wait for one card; it is exact all the same.
  const done = (answers: { status: number }[]) => answers.filter(({ status }) => status === 200).length;
  expect(done(backs)).toBe(9);
  const [balance, amount] = [500 + 100 * done(more) - 10 * done(paid), 500 + 100 * done(more)];
  expect(await giftOf(code)).toMatchObject({ amount, balance });
  const [sums] = await database.sql`
    select sum(t.amount) as moved, count(*) filter (where t.type = 'CREDITS_REMOVAL') as removed
    from gift_transaction t join voucher v on v.project_id = t.project_id and v.id = t.voucher_id where v.code = ${code}`;
  expect([Number(sums!['moved']), sums!['removed']]).toEqual([balance - 500, 9]);
});
