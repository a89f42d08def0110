import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCampaign } from '../../db/campaign/campaigns.ts';
import { connect, type Sql } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { draftOfCampaign } from '../../db/voucher/creation.ts';
import { insertVouchers } from '../../db/voucher/vouchers.ts';
import type { CampaignLimits } from '../../domain/checkout/limits.ts';
import { DEFAULT_TTL } from '../../domain/checkout/session.ts';
import { bodyOf, createCheckout, redeemRequest, statusOf, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';
import { until } from '../harness/relay.ts';

/** Two processes of Couponry, whose sets count what limits bound as the last thing before their commit. */
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

/** A campaign of 10.00 off with the codes `<name>-0` and on. @returns its id */
const campaignOf = (name: string, codes: number, limits: CampaignLimits): Promise<string> =>
  sql.begin(async (tx) => {
    const template = {
      type: 'DISCOUNT_VOUCHER' as const,
      discount: { type: 'AMOUNT' as const, amount_off: 1_000 },
      redemption: { quantity: null },
      campaign_limits: limits,
    };
    const rest = { startDate: null, expirationDate: null, active: true, category: null, description: null, metadata: {} };
    const what = { projectId: project.id, name, campaignType: 'DISCOUNT_COUPONS', type: 'AUTO_UPDATE' as const, template };
    const campaign = (await createCampaign(tx, { ...what, ...rest }, new Date()))!;
    const codesOf = Array.from({ length: codes }, (_, index) => `${name}-${index}`.toUpperCase());
    await insertVouchers(
      tx,
      codesOf.map((code) => ({ ...draftOfCampaign(campaign), code, codeKey: code })),
    );
    return campaign.id;
  });

const redeem = (index: number, code: string, more: Parameters<typeof redeemRequest>[2] = {}) =>
  checkouts[index % 2]!.redeem(redeemRequest(project, code.toUpperCase(), more));

const booksOf = async (campaignId: string) => {
  const counters = await sql<{ key: string; value: number }[]>`
    select key, value from counter where project_id = ${project.id} and starts_with(key, ${`campaign ${campaignId} `}) order by key`;
  const [ledger] = await sql<{ count: number; amount: number }[]>`
    select count(*) as count, coalesce(sum(amount), 0)::bigint as amount from redemption
    where project_id = ${project.id} and campaign_id = ${campaignId} and result = 'SUCCESS'`;
  return { counters: Object.fromEntries(counters.map(({ key, value }) => [key.split(' ').at(-1)!, value])), ledger: ledger! };
};

test('limits are kept to the last redemption by sets that come one after the other, and at once in two processes', async () => {
  const id = await campaignOf('waves', 50, { campaign_total: 310, daily: 400, campaign_budget: { amount: 295_500 } });
  let redeemed = 0;
  for (let wave = 0; wave < 10; wave += 1) {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => redeem(index, `waves-${index}`)));
    redeemed += answers.filter((answer) => statusOf(answer) === 200).length;
  }
  expect(redeemed).toBe(295);
  // What is left of the budget is enough for smaller orders, of which the total lets fifteen through.
  const small = await Promise.all(Array.from({ length: 40 }, (_, index) => redeem(index, `waves-${index}`, { order: { amount: 20 } })));
  expect(small.filter((answer) => statusOf(answer) === 200)).toHaveLength(15);
  expect(await booksOf(id)).toMatchObject({ counters: { amount: 295_300, count: 310 }, ledger: { count: 310, amount: 295_300 } });
});

describe('a set that waits for a counter at its end', () => {
  /** Redeems while somebody else changes the counter, whose change the set waits for. */
  const redeemBeside = async (name: string, change: string, limits: CampaignLimits = { campaign_total: 3 }) => {
    const id = await campaignOf(name, 2, limits);
    expect(statusOf(await redeem(0, `${name}-0`))).toBe(200);
    const [changed, waiting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const changing = sql.begin(async (tx) => {
      await tx.unsafe(change, [`campaign ${id}    count`]);
      changed.resolve();
      await waiting.promise;
    });
    await changed.promise;
    const answering = redeem(1, `${name}-1`);
    await until('the set waits', async () => {
      const rows = await sql`
        select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%count_late%'`;
      return rows.length > 0;
    });
    waiting.resolve();
    await changing;
    return { id, answer: await answering };
  };

  test('is within the limit where there is room', async () => {
    const { id, answer } = await redeemBeside('room', 'update counter set value = value + 1 where key = $1');
    expect(statusOf(answer)).toBe(200);
    expect(await booksOf(id)).toMatchObject({ counters: { count: 3 }, ledger: { count: 2 } });
  });

  test('is refused where the last place was taken meanwhile, and says how many are used', async () => {
    const { id, answer } = await redeemBeside('full', 'update counter set value = 3 where key = $1');
    expect(bodyOf(answer)).toMatchObject({ key: 'quantity_exceeded' });
    expect(await booksOf(id)).toMatchObject({ counters: { count: 3 }, ledger: { count: 1 } });
  });

  test('counts the ledger where the counter is forgotten meanwhile', async () => {
    const { id, answer } = await redeemBeside('forgotten', 'delete from counter where key = $1');
    expect(statusOf(answer)).toBe(200);
    expect(await booksOf(id)).toMatchObject({ counters: { count: 2 }, ledger: { count: 2 } });
  });
});

test('what a session holds is nobody else’s, though the counter alone has room', async () => {
  const id = await campaignOf('cart', 3, { campaign_total: 2 });
  expect(statusOf(await redeem(0, 'cart-0'))).toBe(200);
  const session = { key: 'cart', type: 'LOCK' as const, ...DEFAULT_TTL };
  expect(bodyOf(await checkouts[0]!.validateAndLock(redeemRequest(project, 'CART-1', { session }))).valid).toBe(true);
  expect(bodyOf(await redeem(1, 'cart-2'))).toMatchObject({ key: 'quantity_exceeded' });
  expect(statusOf(await redeem(1, 'cart-1', { session }))).toBe(200);
  expect(await booksOf(id)).toMatchObject({ counters: { count: 2 }, ledger: { count: 2 } });
});
