import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type Sql } from '../../db/client.ts';
import type { Project } from '../../db/project/projects.ts';
import { asked, bodyOf, createCheckout, createVoucher, redeemRequest, statusOf, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createLossyWay } from '../harness/lost-commit.ts';
import { createProject } from '../harness/project.ts';

/** Two processes of Couponry on one database: each gathers for itself, through a pool of its own. */
let database: TestDatabase;
let sql: Sql;
let pools: Sql[];
let one: TestCheckout;
let two: TestCheckout;
let project: Project;

beforeAll(async () => {
  database = await createDatabase();
  sql = database.sql;
  pools = [connect(database.url, { max: 10 }), connect(database.url, { max: 10 })];
  one = createCheckout(pools[0]!);
  two = createCheckout(pools[1]!);
  ({ project } = await createProject(sql));
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end({ timeout: 5 })));
  await database.drop();
});

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
const either = (index: number): TestCheckout => (index % 2 === 0 ? one : two);
const counted = (statuses: (number | string)[]) =>
  Object.fromEntries([...Map.groupBy(statuses, String)].map(([key, all]) => [key, all.length]));

const ledger = async (code: string) => {
  const [row] = await sql<{ redeemed: number; amount: number; succeeded: number; failed: number; rolledBack: number; outbox: number }[]>`
    select redeemed_quantity as redeemed, redeemed_amount as amount,
      (select count(*) from redemption r where r.voucher_id = v.id and r.object = 'redemption' and r.result = 'SUCCESS') as succeeded,
      (select count(*) from redemption r where r.voucher_id = v.id and r.object = 'redemption' and r.result = 'FAILURE') as failed,
      (select count(*) from redemption r where r.voucher_id = v.id and r.object = 'redemption_rollback') as rolled_back,
      (select count(*) from event e join outbox o on o.event_id = e.id where e.data->>'voucher_id' = v.id) as outbox
    from voucher v where project_id = ${project.id} and code = ${code}`;
  return row!;
};

describe('a code for one', () => {
  test('that 200 redeem at once, in two processes, is redeemed by exactly one', async () => {
    await createVoucher(sql, project, 'ONCE', { quantity: 1 });
    const answers = await times(200, (index) => either(index).redeem(redeemRequest(project, 'ONCE')));
    expect(counted(answers.map(statusOf))).toEqual({ 200: 1, 400: 199 });
    expect(answers.map(bodyOf).filter((body) => body.key === 'quantity_exceeded')).toHaveLength(199);
    expect(await ledger('ONCE')).toMatchObject({ redeemed: 1, amount: 1_000, succeeded: 1, failed: 199, outbox: 200 });
  });

  test('stays for one in a stack with codes that many want too', async () => {
    await createVoucher(sql, project, 'STACK-ONE', { quantity: 1 });
    await createVoucher(sql, project, 'STACK-MANY');
    const stacks = ['STACK-ONE', 'STACK-MANY'];
    const answers = await times(60, (index) =>
      either(index).redeem(redeemRequest(project, '', { redeemables: asked(...(index % 3 === 0 ? stacks.toReversed() : stacks)) })),
    );
    expect(counted(answers.map(statusOf))).toEqual({ 200: 1, 400: 59 });
    expect(await ledger('STACK-MANY')).toMatchObject({ redeemed: 1, succeeded: 1 });
  });
});

test('a hundred codes that five thousand redeem at once, with caps, are each redeemed to the cap', async () => {
  await times(100, (index) => createVoucher(sql, project, `CAP${index}`, { quantity: 20 }));
  const answers = await times(5_000, (index) => either(index % 7).redeem(redeemRequest(project, `CAP${index % 100}`)));
  expect(counted(answers.map(statusOf))).toEqual({ 200: 2_000, 400: 3_000 });
  const [row] = await sql`
    select min(redeemed_quantity), max(redeemed_quantity) from voucher where project_id = ${project.id} and code like 'CAP%'`;
  expect(row).toEqual({ min: 20, max: 20 });
});

describe('the same Idempotency-Key', () => {
  test('sent by 50 at once, in two processes, redeems once and answers all alike', async () => {
    await createVoucher(sql, project, 'SAME-KEY');
    const request = redeemRequest(project, 'SAME-KEY');
    const answers = await times(50, (index) => either(index).redeem(request));
    expect(new Set(answers.map((answer) => 'body' in answer && answer.body)).size).toBe(1);
    expect(answers.filter((answer) => 'replayed' in answer && !answer.replayed)).toHaveLength(1);
    expect(await ledger('SAME-KEY')).toMatchObject({ redeemed: 1, succeeded: 1 });
  });

  test('with another body is refused, and redeems nothing', async () => {
    await createVoucher(sql, project, 'OTHER-BODY');
    const request = redeemRequest(project, 'OTHER-BODY');
    await one.redeem(request);
    const other = await two.redeem({ ...request, requestHash: Buffer.alloc(32, 8).toString('base64') });
    expect(statusOf(other)).toBe('idempotency_key_reused');
    expect(await ledger('OTHER-BODY')).toMatchObject({ redeemed: 1 });
  });

  test('held for long by somebody else is told to be still running', async () => {
    await createVoucher(sql, project, 'HELD-KEY');
    const request = redeemRequest(project, 'HELD-KEY');
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtextextended(${project.id} || ' ' || ${request.idempotencyKey}, 0))`;
      expect(statusOf(await one.redeem(request))).toBe('multiple_requests');
    });
    expect(statusOf(await one.redeem(request))).toBe(200);
  });
});

describe('a row that somebody holds', () => {
  test('stalls nobody who redeems another code, and is redeemed when it is free', async () => {
    await times(20, (index) => createVoucher(sql, project, `FREE${index}`));
    await createVoucher(sql, project, 'HELD');
    let free = () => {};
    const holding = sql.begin(async (tx) => {
      await tx`select 1 from voucher where project_id = ${project.id} and code = 'HELD' for update`;
      await new Promise<void>((resolve) => (free = resolve));
    });
    await sleep(50);
    const held = times(30, () => one.redeem(redeemRequest(project, 'HELD')));
    const others = await times(200, (index) => one.redeem(redeemRequest(project, `FREE${index % 20}`)));
    expect(counted(others.map(statusOf))).toEqual({ 200: 200 });
    expect(await ledger('HELD')).toMatchObject({ redeemed: 0 });
    await sleep(400);
    free();
    await holding;
    expect(counted((await held).map(statusOf))).toEqual({ 200: 30 });
    expect(await ledger('HELD')).toMatchObject({ redeemed: 30 });
  });

  test('in a stack holds up that stack only', async () => {
    await createVoucher(sql, project, 'STACK-HELD');
    await createVoucher(sql, project, 'STACK-FREE');
    let free = () => {};
    const holding = sql.begin(async (tx) => {
      await tx`select 1 from voucher where project_id = ${project.id} and code = 'STACK-HELD' for update`;
      await new Promise<void>((resolve) => (free = resolve));
    });
    await sleep(50);
    const stack = one.redeem(redeemRequest(project, '', { redeemables: asked('STACK-FREE', 'STACK-HELD') }));
    await sleep(20);
    expect(statusOf(await one.redeem(redeemRequest(project, 'STACK-FREE')))).toBe(200);
    free();
    await holding;
    expect(statusOf(await stack)).toBe(200);
    expect(await ledger('STACK-FREE')).toMatchObject({ redeemed: 2 });
  });
});

test('a voucher that is disabled meanwhile is redeemed by those before, and by nobody after', async () => {
  await createVoucher(sql, project, 'DISABLED');
  const before = times(100, (index) => either(index).redeem(redeemRequest(project, 'DISABLED')));
  await sleep(3);
  await sql`update voucher set active = false, revision = revision + 1 where project_id = ${project.id} and code = 'DISABLED'`;
  const after = await times(20, (index) => either(index).redeem(redeemRequest(project, 'DISABLED')));
  expect(new Set(after.map((answer) => bodyOf(answer).key))).toEqual(new Set(['voucher_disabled']));
  const succeeded = (await before).filter((answer) => statusOf(answer) === 200).length;
  expect(await ledger('DISABLED')).toMatchObject({ redeemed: succeeded, succeeded });
});

test('a limit that is raised meanwhile counts from when it was raised', async () => {
  await createVoucher(sql, project, 'RAISED', { quantity: 5 });
  await times(20, (index) => either(index).redeem(redeemRequest(project, 'RAISED')));
  await sql`update voucher set quantity = 8, revision = revision + 1 where project_id = ${project.id} and code = 'RAISED'`;
  const answers = await times(20, (index) => either(index).redeem(redeemRequest(project, 'RAISED')));
  expect(counted(answers.map(statusOf))).toEqual({ 200: 3, 400: 17 });
});

describe('a redemption that is taken back', () => {
  const rollbackOf = (redemptionId: string, stack = false) => ({
    projectId: project.id,
    apiKeyId: 'key_test',
    requestId: 'req_test',
    redemptionId,
    stack,
    customer: null,
    reason: 'returned',
    trackingId: null,
    metadata: null,
    idempotencyKey: redeemRequest(project, '').idempotencyKey,
    requestHash: Buffer.alloc(32, 9).toString('base64'),
  });

  test('by 50 at once gives its counters back once', async () => {
    await createVoucher(sql, project, 'BACK', { quantity: 1 });
    const { redemptions } = bodyOf(await one.redeem(redeemRequest(project, 'BACK')));
    const answers = await times(50, (index) => either(index).rollback(rollbackOf(redemptions[0].id)));
    expect(counted(answers.map(statusOf))).toEqual({ 200: 1, 400: 49 });
    expect(answers.filter((answer) => bodyOf(answer).key === 'already_rolled_back')).toHaveLength(49);
    expect(await ledger('BACK')).toMatchObject({ redeemed: 0, amount: 0, succeeded: 1, rolledBack: 1 });
    expect(statusOf(await two.redeem(redeemRequest(project, 'BACK')))).toBe(200);
  });

  test('with its stack, by 50 at once and one by one, gives each counter back once', async () => {
    const codes = ['BACK-A', 'BACK-B', 'BACK-C'];
    for (const code of codes) await createVoucher(sql, project, code);
    const { parent_redemption: parent, redemptions } = bodyOf(
      await one.redeem(redeemRequest(project, '', { redeemables: asked(...codes) })),
    );
    await times(50, (index) =>
      index % 5 === 0 ? one.rollback(rollbackOf(redemptions[index % 3].id)) : either(index).rollback(rollbackOf(parent.id, true)),
    );
    for (const code of codes) expect(await ledger(code)).toMatchObject({ redeemed: 0, amount: 0, succeeded: 1, rolledBack: 1 });
  });

  test('while others redeem keeps the cap', async () => {
    await createVoucher(sql, project, 'CHURN', { quantity: 3 });
    const answers = await times(150, async (index) => {
      const answer = await either(index).redeem(redeemRequest(project, 'CHURN'));
      if (statusOf(answer) === 200) await either(index + 1).rollback(rollbackOf(bodyOf(answer).redemptions[0].id));
      return answer;
    });
    const succeeded = answers.filter((answer) => statusOf(answer) === 200).length;
    expect(succeeded).toBeGreaterThanOrEqual(3);
    expect(await ledger('CHURN')).toMatchObject({ redeemed: 0, amount: 0, succeeded, rolledBack: succeeded });
  });

  test('answers the same again to the same Idempotency-Key', async () => {
    await createVoucher(sql, project, 'BACK-KEY');
    const { redemptions } = bodyOf(await one.redeem(redeemRequest(project, 'BACK-KEY')));
    const request = rollbackOf(redemptions[0].id);
    const first = await one.rollback(request);
    const again = await two.rollback(request);
    expect(again).toEqual({ ...first, replayed: true });
  });
});

describe('what goes wrong in a set', () => {
  test('goes wrong for the one request that is bad', async () => {
    await createVoucher(sql, project, 'GOOD');
    const answers = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        one.redeem(redeemRequest(project, 'GOOD', index === 17 ? { trackingId: 'nul \0 is no text' } : {})),
      ),
    );
    expect(answers.filter((answer) => answer.status === 'rejected')).toHaveLength(1);
    expect(await ledger('GOOD')).toMatchObject({ redeemed: 39, succeeded: 39 });
  });

  test('and a connection that breaks in the middle costs nobody a redemption, nor gives one twice', async () => {
    await times(10, (index) => createVoucher(sql, project, `BROKEN${index}`));
    const breakConnections = () => sql`
      select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`;
    let answered = 0;
    const answers = await times(600, async (index) => {
      await sleep(index % 200);
      const answer = await one.redeem(redeemRequest(project, `BROKEN${index % 10}`)).catch((error: Error) => error);
      answered += 1;
      if (answered % 50 === 0) await breakConnections();
      return answer;
    });
    const succeeded = answers.filter((answer) => !(answer instanceof Error) && statusOf(answer) === 200).length;
    expect(succeeded).toBeGreaterThan(550);
    const [row] = await sql<{ redeemed: number; rows: number }[]>`
      select sum(redeemed_quantity) as redeemed, (select count(*) from redemption where code like 'BROKEN%' and result = 'SUCCESS') as rows
      from voucher where project_id = ${project.id} and code like 'BROKEN%'`;
    expect(row!.redeemed).toBe(row!.rows);
    expect(row!.rows).toBeGreaterThanOrEqual(succeeded);
  });

  test('and an answer to the commit that is lost is given all the same, whoever made the key, and nothing is redeemed twice', async () => {
    const way = await createLossyWay(database.url);
    const pool = connect(way.url, { max: 6 });
    const checkout = createCheckout(pool);
    for (const keyIsOurs of [true, false]) {
      const code = `LOST-${keyIsOurs}`;
      await createVoucher(sql, project, code, { quantity: 4 });
      const own = keyIsOurs ? { keyIsOurs, requestHash: '' } : {};
      expect(statusOf(await checkout.redeem(redeemRequest(project, code, own)))).toBe(200);
      way.loseNextCommit();
      const answers = await times(3, () => checkout.redeem(redeemRequest(project, code, own)));
      expect(counted(answers.map(statusOf))).toEqual({ 200: 3 });
      const told = answers.map((answer) => bodyOf(answer).redemptions[0].id as string);
      const rows = await sql<{ id: string }[]>`select id from redemption where project_id = ${project.id} and id = any(${told}::text[])`;
      expect(new Set(rows.map((row) => row.id))).toEqual(new Set(told));
      expect(await ledger(code)).toMatchObject({ redeemed: 4, succeeded: 4 });
    }
    expect(way.lost()).toBe(2);
    await pool.end({ timeout: 5 });
    await way.close();
  });

  test('and a database that lets nobody in is told in time, and redeems again when it does', async () => {
    const away = await createDatabase();
    const pool = connect(away.url, { max: 6 });
    const shop = (await createProject(away.sql)).project;
    await createVoucher(away.sql, shop, 'AWAY');
    const checkout = createCheckout(pool);
    expect(statusOf(await checkout.redeem(redeemRequest(shop, 'AWAY')))).toBe(200);

    const name = new URL(away.url).pathname.slice(1);
    await sql.unsafe(`alter database ${name} allow_connections false`);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    const during = await times(20, () => checkout.redeem(redeemRequest(shop, 'AWAY')).catch((error: Error) => error));
    expect(during.every((answer) => answer instanceof Error)).toBe(true);

    await sql.unsafe(`alter database ${name} allow_connections true`);
    const after = await times(20, () => checkout.redeem(redeemRequest(shop, 'AWAY')));
    expect(counted(after.map(statusOf))).toEqual({ 200: 20 });
    await pool.end({ timeout: 5 });
    await away.drop();
  });
});
