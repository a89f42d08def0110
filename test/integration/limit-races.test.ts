import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publish } from '../../activities/voucher/publication.ts';
import { randomBytes } from 'node:crypto';
import { createCampaign, lockCampaign, updateCampaign, type Campaign } from '../../db/campaign/campaigns.ts';
import { connect, type Sql } from '../../db/client.ts';
import { readCounters } from '../../db/checkout/counters.ts';
import type { Project } from '../../db/project/projects.ts';
import { draftOfCampaign } from '../../db/voucher/creation.ts';
import { insertVouchers } from '../../db/voucher/vouchers.ts';
import type { CounterRef } from '../../domain/checkout/counters.ts';
import type { CampaignLimits, Limits } from '../../domain/checkout/limits.ts';
import { DEFAULT_TTL, type Session } from '../../domain/checkout/session.ts';
import type { VoucherTemplate } from '../../domain/voucher/template.ts';
import { asked, bodyOf, createCheckout, redeemRequest, statusOf, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

/** Two processes of Couponry on one database, each with a pool of its own. */
let database: TestDatabase;
let sql: Sql;
let pools: Sql[];
let checkouts: TestCheckout[];
let project: Project;

beforeAll(async () => {
  database = await createDatabase();
  sql = database.sql;
  pools = [connect(database.url, { max: 10 }), connect(database.url, { max: 10 })];
  checkouts = pools.map((pool) => createCheckout(pool));
  await checkouts[0]!.maintain();
  ({ project } = await createProject(sql));
});

afterAll(async () => {
  await Promise.all(checkouts.map((checkout) => checkout.traces.close()));
  await Promise.all(pools.map((pool) => pool.end({ timeout: 5 })));
  await database.drop();
});

const either = (index: number): TestCheckout => checkouts[index % 2]!;
const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const counted = (answers: Parameters<typeof statusOf>[0][]) =>
  Object.fromEntries([...Map.groupBy(answers.map(keyOf), String)].map(([key, all]) => [key, all.length]));
const keyOf = (answer: Parameters<typeof statusOf>[0]) => (statusOf(answer) === 200 ? 200 : (bodyOf(answer).key as string));

const TEN_OFF = { type: 'AMOUNT' as const, amount_off: 1_000 };

/** A campaign with this many codes, `<name>-0` and on. */
const campaignOf = async (
  name: string,
  codes: number,
  { limits, campaign_limits, gift }: { limits?: Limits; campaign_limits?: CampaignLimits; gift?: VoucherTemplate['gift'] },
): Promise<Campaign> => {
  const worth = gift ? { type: 'GIFT_VOUCHER' as const, gift } : { type: 'DISCOUNT_VOUCHER' as const, discount: TEN_OFF };
  const template = { ...worth, redemption: { quantity: null }, ...(limits && { limits }), ...(campaign_limits && { campaign_limits }) };
  return sql.begin(async (tx) => {
    const base = { projectId: project.id, name, campaignType: gift ? 'GIFT_VOUCHERS' : 'DISCOUNT_COUPONS', type: 'AUTO_UPDATE' as const };
    const rest = { startDate: null, expirationDate: null, active: true, category: null, description: null, metadata: {} };
    const campaign = (await createCampaign(tx, { ...base, ...rest, template }, new Date()))!;
    const rows = Array.from({ length: codes }, (_, index) => {
      const code = `${name}-${index}`.toUpperCase();
      return { ...draftOfCampaign(campaign), code, codeKey: code };
    });
    await insertVouchers(tx, rows);
    return campaign;
  });
};

const redeem = (index: number, code: string, more: Parameters<typeof redeemRequest>[2] = {}) =>
  either(index).redeem(redeemRequest(project, code.toUpperCase(), more));

const shopper = (name: string) => ({ customer: { sourceId: name } });

const rollback = (index: number, redemptionId: string, stack = false) =>
  either(index).rollback({
    projectId: project.id,
    apiKeyId: 'key_test',
    requestId: 'req_test',
    redemptionId,
    stack,
    customer: null,
    reason: null,
    trackingId: null,
    metadata: null,
    idempotencyKey: randomBytes(12).toString('hex'),
    requestHash: Buffer.alloc(32, 9).toString('base64'),
  });

const idOf = (answer: Parameters<typeof bodyOf>[0]): string => bodyOf(answer).redemptions[0].id;

/** What the counters of a campaign say, by what they count, beside what the ledger says. */
const countersOf = async (campaignId: string) => {
  const rows = await sql<{ key: string; value: number }[]>`
    select key, value from counter where project_id = ${project.id} and key like ${`campaign ${campaignId} %`}`;
  return rows.map(({ key, value }) => ({ key: key.split(' ').slice(2).join(' '), value }));
};

const ledgerOf = async (campaignId: string) => {
  const [row] = await sql<{ count: number; amount: number; credits: number }[]>`
    select count(*) as count, coalesce(sum(amount), 0)::bigint as amount, coalesce(sum(credits), 0)::bigint as credits from redemption r
    where project_id = ${project.id} and campaign_id = ${campaignId} and object = 'redemption' and result = 'SUCCESS'
      and not exists (select from redemption b where b.project_id = r.project_id and b.rollback_of = r.id)`;
  return row!;
};

const session = (key: string, more: Partial<Session> = {}): { session: Session } => ({
  session: { key, type: 'LOCK', ...DEFAULT_TTL, ...more },
});

describe('a limit that many reach for at once, in two processes,', () => {
  test('of a campaign is kept over all its codes', async () => {
    const { id } = await campaignOf('total', 50, { campaign_limits: { campaign_total: 30 } });
    const answers = await times(200, (index) => redeem(index, `total-${index % 50}`));
    expect(counted(answers)).toEqual({ 200: 30, quantity_exceeded: 170 });
    expect(await countersOf(id)).toEqual([{ key: '   count', value: 30 }]);
    expect(await ledgerOf(id)).toMatchObject({ count: 30 });
  });

  test('of a budget is spent to the last discount that fits in', async () => {
    const { id } = await campaignOf('budget', 20, { campaign_limits: { campaign_budget: { amount: 25_500 } } });
    const answers = await times(150, (index) => redeem(index, `budget-${index % 20}`));
    expect(counted(answers)).toEqual({ 200: 25, redemption_rules_violated: 125 });
    // What is left is enough for a smaller order.
    expect(counted([await redeem(0, 'budget-0', { order: { amount: 400 } })])).toEqual({ 200: 1 });
    expect(await ledgerOf(id)).toMatchObject({ amount: 25_400 });
    expect(await countersOf(id)).toEqual([{ key: '   amount', value: 25_400 }]);
  });

  test('for each customer is kept for each of them, over several codes', async () => {
    const { id } = await campaignOf('each', 40, { campaign_limits: { per_customer: 2, per_customer_daily: 3 } });
    const answers = await times(200, (index) => redeem(index, `each-${index % 40}`, shopper(`each-${index % 10}`)));
    expect(counted(answers)).toEqual({ 200: 20, customer_rules_violated: 180 });
    const rows = await countersOf(id);
    expect(rows.filter(({ key }) => !key.includes('day')).map(({ value }) => value)).toEqual(Array.from({ length: 10 }, () => 2));
  });

  test('is kept within a stack too', async () => {
    const { id } = await campaignOf('stack', 10, { campaign_limits: { campaign_total: 5 } });
    const answers = await times(40, (index) =>
      either(index).redeem(redeemRequest(project, '', { redeemables: asked(`STACK-${index % 10}`, `STACK-${(index + 1) % 10}`) })),
    );
    expect(counted(answers)).toEqual({ 200: 2, quantity_exceeded: 38 });
    expect(await ledgerOf(id)).toMatchObject({ count: 4 });
    expect(await countersOf(id)).toEqual([{ key: '   count', value: 4 }]);
  });

  test('stays exact while redemptions are taken back and codes are given away', async () => {
    const campaign = await campaignOf('churn', 60, { campaign_limits: { campaign_total: 10, campaign_budget: { amount: 10_000 } } });
    const round = async (takenBack: (index: number) => boolean) =>
      times(200, async (index) => {
        if (index % 10 === 0) {
          const customer = { sourceId: `churn-${index}` };
          const told = { customer, sourceId: null, joinOnce: false, channel: 'API', metadata: {}, apiKeyId: 'key_test' };
          const what = { campaign: campaign.id, count: 1 };
          await pools[index % 2]!.begin((tx) => publish(tx, { project, what, ...told }, { now: new Date(), randomBytes }));
        }
        const answer = await redeem(index, `churn-${index % 60}`);
        if (statusOf(answer) === 200 && takenBack(index)) await times(3, (n) => rollback(index + n, idOf(answer)));
        return answer;
      });
    // All of the first round comes back, so the second finds room however the first was timed.
    const answers = [...(await round(() => true)), ...(await round((index) => index % 3 > 0))];
    const { count, amount } = await ledgerOf(campaign.id);
    expect(count).toBeLessThanOrEqual(10);
    expect(answers.filter((answer) => statusOf(answer) === 200).length).toBeGreaterThan(10);
    expect(await countersOf(campaign.id)).toEqual([
      { key: '   amount', value: amount },
      { key: '   count', value: count },
    ]);
    // And what is free can still be had, to the last one.
    const more = await times(40, (index) => redeem(index, `churn-${index}`));
    expect(more.filter((answer) => statusOf(answer) === 200)).toHaveLength(10 - count);
  });
});

test('a limit that is added while many redeem counts all of them, those on their way too', async () => {
  const campaign = await campaignOf('later', 40, {});
  const before = times(300, (index) => redeem(index, `later-${index % 40}`));
  const limit = (campaign_limits: CampaignLimits | undefined) =>
    sql.begin(async (tx) => {
      const locked = (await lockCampaign(tx, project.id, campaign.id))!;
      const { campaign_limits: _, ...template } = locked.template;
      const next = { ...template, ...(campaign_limits && { campaign_limits }) };
      await updateCampaign(tx, locked, { template: next }, 'campaign.updated', new Date());
    });
  await limit({ campaign_total: 320 });
  const after = times(100, (index) => redeem(index, `later-${index % 40}`));
  await Promise.all([before, after]);
  expect(await ledgerOf(campaign.id)).toMatchObject({ count: 320 });
  expect(await countersOf(campaign.id)).toEqual([{ key: '   count', value: 320 }]);

  // Taken away and added again, it counts what was redeemed in between.
  await limit(undefined);
  await times(20, (index) => redeem(index, `later-${index % 40}`));
  await limit({ campaign_total: 345 });
  const last = await times(30, (index) => redeem(index, `later-${index % 40}`));
  expect(counted(last)).toEqual({ 200: 5, quantity_exceeded: 25 });
});

/** The counter that a key names. */
const refOf = (key: string): CounterRef => {
  const [scope, of, customerId, period, periodStart, measure] = key.split(' ');
  return {
    scope: scope as CounterRef['scope'],
    of: of!,
    customerId: customerId || null,
    period: (period || null) as CounterRef['period'],
    periodStart: periodStart || null,
    measure: measure as CounterRef['measure'],
  };
};

describe('the ledger', () => {
  test('says the same as the counters, whoever redeemed when, and what was taken back', async () => {
    const counts = { daily: 500, weekly: 500, monthly: 500, per_customer: 100, per_customer_daily: 100, per_customer_monthly: 100 };
    const budget = { amount: 1_000_000, orders_amount: 9_000_000 };
    const all = { ...counts, campaign_total: 500, campaign_budget: budget };
    const { id } = await campaignOf('books', 10, { limits: counts, campaign_limits: all });
    await redeem(0, 'books-0', shopper('traveller'));
    // Two days ahead by their test clock.
    await sql`update customer set clock_offset_ms = 172800000 where project_id = ${project.id} and source_id = 'traveller'`;
    await times(80, async (index) => {
      const order = { amount: 1_000 + index * 37 };
      const answer = await redeem(index, `books-${index % 10}`, { ...shopper(['traveller', 'stay', 'else'][index % 3]!), order });
      if (index % 4 === 0) await rollback(index, idOf(answer));
    });
    const kept = await sql<{ key: string; value: number }[]>`
      select key, value from counter where project_id = ${project.id} and (starts_with(key, ${`campaign ${id} `}) or key like 'voucher %')`;
    expect(kept.length).toBeGreaterThan(60);
    await sql`delete from counter where project_id = ${project.id}`;
    const { values } = await readCounters(
      sql,
      project.id,
      kept.map(({ key }) => refOf(key)),
      { zone: project.timezone, now: new Date() },
    );
    expect(Object.fromEntries(values)).toEqual(Object.fromEntries(kept.map(({ key, value }) => [key, value])));
  });

  test('is counted anew where a redemption of a voucher that was deleted is taken back', async () => {
    const { id } = await campaignOf('gone', 4, { campaign_limits: { campaign_total: 2 } });
    const [first] = [await redeem(0, 'gone-0'), await redeem(1, 'gone-1')];
    await sql`delete from voucher where project_id = ${project.id} and code = 'GONE-0'`;
    expect(counted([await redeem(0, 'gone-2')])).toEqual({ quantity_exceeded: 1 });
    expect(statusOf(await rollback(1, idOf(first)))).toBe(200);
    expect(counted(await times(3, (index) => redeem(index, 'gone-3')))).toEqual({ 200: 1, quantity_exceeded: 2 });
    expect(await countersOf(id)).toEqual([{ key: '   count', value: 2 }]);
  });
});

describe('a session', () => {
  test('holds the last use of a code for itself, whoever else wants it', async () => {
    const { id } = await campaignOf('held', 1, { campaign_limits: { campaign_total: 5 } });
    await sql`update voucher set quantity = 3 where project_id = ${project.id} and campaign_id = ${id}`;
    const locks = await times(20, (index) => either(index).validateAndLock(redeemRequest(project, 'HELD-0', session(`cart-${index}`))));
    const winners = locks.flatMap((answer, index) => (bodyOf(answer).valid ? [index] : []));
    expect(winners).toHaveLength(3);
    expect(bodyOf(locks[winners[0]!]!).session).toEqual({ key: `cart-${winners[0]}`, type: 'LOCK', ttl: 7, ttl_unit: 'DAYS' });
    expect(counted(await times(20, (index) => redeem(index, 'held-0')))).toEqual({ quantity_exceeded: 20 });
    expect(await checkouts[0]!.validate(redeemRequest(project, 'HELD-0'))).toMatchObject({ valid: false });
    // The same key holds one, however often it asks.
    expect(bodyOf(await either(0).validateAndLock(redeemRequest(project, 'HELD-0', session(`cart-${winners[0]}`)))).valid).toBe(true);

    const redeemed = await times(3, (index) => redeem(index, 'held-0', session(`cart-${winners[index]}`)));
    expect(counted(redeemed)).toEqual({ 200: 3 });
    expect(await sql`select 1 from session_lock where project_id = ${project.id}`).toHaveLength(0);
  });

  test('counts against limits until it ends or redeems', async () => {
    await campaignOf('cart', 4, { campaign_limits: { campaign_total: 2 } });
    let now = new Date();
    const clocked = createCheckout(pools[0]!, { now: () => now });
    const ask = (code: string, more: object = {}) => redeemRequest(project, code, more);
    await clocked.validateAndLock(ask('CART-0', session('one')));
    const short = await clocked.validateAndLock(ask('CART-1', session('two', { ttl: 5, ttl_unit: 'MINUTES' })));
    expect(bodyOf(short).valid).toBe(true);
    now = new Date(now.getTime() + 299_000);
    expect(counted(await times(10, () => clocked.redeem(ask('CART-2'))))).toEqual({ quantity_exceeded: 10 });
    now = new Date(now.getTime() + 2_000);
    expect(counted([await clocked.redeem(ask('CART-2'))])).toEqual({ 200: 1 });
    expect(counted([await clocked.redeem(ask('CART-3'))])).toEqual({ quantity_exceeded: 1 });
    expect(counted([await clocked.redeem(ask('CART-0', session('one')))])).toEqual({ 200: 1 });
    await clocked.traces.close();
  });
});

describe('a gift card', () => {
  test('that many spend of at once is never overdrawn, and its account sums up', async () => {
    const { id } = await campaignOf('gift', 1, {
      gift: { amount: 10_000, effect: 'APPLY_TO_ORDER' },
      campaign_limits: { campaign_budget: { gift_credits: 9_000 } },
    });
    const spend = (index: number) =>
      either(index).redeem(redeemRequest(project, '', { redeemables: [{ object: 'voucher', id: 'GIFT-0', credits: 700 }] }));
    const answers = await times(60, async (index) => {
      const answer = await spend(index);
      if (statusOf(answer) === 200 && index % 4 === 0) await times(4, (n) => rollback(n, idOf(answer)));
      return answer;
    });
    expect(answers.filter((answer) => statusOf(answer) === 200).length).toBeGreaterThanOrEqual(12);
    const { credits } = await ledgerOf(id);
    expect(credits).toBeLessThanOrEqual(9_000);
    const [card] = await sql`select gift_amount, gift_balance from voucher where project_id = ${project.id} and campaign_id = ${id}`;
    expect(card).toEqual({ giftAmount: 10_000, giftBalance: 10_000 - credits });
    const [account] = await sql<{ sum: number; entries: number }[]>`
      select sum(amount)::bigint as sum, count(distinct rollback_id) as entries from gift_transaction where project_id = ${project.id}`;
    expect(account!.sum).toBe(-credits);
    expect(await countersOf(id)).toEqual([{ key: '   gift_credits', value: credits }]);
    expect(await sql`select 1 from event where type = 'voucher.gift.balance_updated'`).toHaveLength(
      (await sql`select 1 from gift_transaction`).length,
    );
  });

  test('held by a session is spent by nobody else', async () => {
    await campaignOf('wallet', 1, { gift: { amount: 5_000, effect: 'APPLY_TO_ORDER' } });
    const ask = (credits: number, more: object = {}) =>
      redeemRequest(project, '', { redeemables: [{ object: 'voucher', id: 'WALLET-0', credits }], ...more });
    expect(bodyOf(await either(0).validateAndLock(ask(4_000, session('mine')))).valid).toBe(true);
    expect(counted([await either(1).redeem(ask(2_000))])).toEqual({ gift_amount_exceeded: 1 });
    expect(counted([await either(1).redeem(ask(1_000))])).toEqual({ 200: 1 });
    expect(counted([await either(0).redeem(ask(4_000, session('mine')))])).toEqual({ 200: 1 });
  });
});
