import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sql } from '../../db/client.ts';
import { upsertCustomers } from '../../db/customer/customers.ts';
import type { Project } from '../../db/project/projects.ts';
import { maintainDays } from '../../db/checkout/validations.ts';
import { asked, createCheckout, createVoucher, redeemRequest, statusOf, type TestCheckout } from '../harness/checkout.ts';
import { createDatabase, type TestDatabase } from '../harness/database.ts';
import { createProject } from '../harness/project.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let sql: Sql;
let project: Project;
let checkout: TestCheckout;

beforeAll(async () => {
  database = await createDatabase();
  sql = database.sql;
  checkout = createCheckout(sql);
  await checkout.maintain();
  ({ project } = await createProject(sql));
});

afterAll(async () => {
  await checkout.traces.close();
  await database.drop();
});

const customer = async (sourceId: string, clockOffsetMs = 0): Promise<string> => {
  const [row] = await sql.begin((tx) => upsertCustomers(tx, project.id, [{ sourceId }], new Date()));
  await sql`update customer set clock_offset_ms = ${clockOffsetMs} where id = ${row!.id}`;
  return row!.id;
};
const validate = (code: string, more: Parameters<typeof redeemRequest>[2] = {}) => checkout.validate(redeemRequest(project, code, more));
const discountOf = async (code: string) => {
  const answer = await validate(code);
  return 'order' in answer ? answer.order?.total_discount_amount : undefined;
};
const reasonOf = async (code: string, more: Parameters<typeof redeemRequest>[2] = {}) => {
  const answer = await validate(code, more);
  const [first] = 'redeemables' in answer ? answer.redeemables : [];
  return first && 'error' in first.result ? first.result.error!.key : null;
};
const days = async () =>
  (
    await sql<
      { name: string }[]
    >`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'validation'::regclass order by 1`
  ).map((row) => row.name);

describe('a definition', () => {
  test('of a voucher that changes counts from its next revision on', async () => {
    const id = await createVoucher(sql, project, 'CHANGES');
    expect(await discountOf('CHANGES')).toBe(1_000);
    await sql`
      update voucher set revision = revision + 1, definition = jsonb_set(definition, '{discount,percent_off}', '25') where id = ${id}`;
    expect(await discountOf('CHANGES')).toBe(2_500);
  });

  test('of a campaign reaches its vouchers where it is AUTO_UPDATE, and not where it is STATIC', async () => {
    const template = (percent: number) => ({
      type: 'DISCOUNT_VOUCHER',
      discount: { type: 'PERCENT', percent_off: percent },
      redemption: { quantity: null },
    });
    for (const type of ['AUTO_UPDATE', 'STATIC']) {
      await sql`insert into campaign (project_id, id, name, campaign_type, type) values (${project.id}, ${type}, ${type}, 'DISCOUNT_COUPONS', ${type})`;
      await sql`insert into campaign_template (project_id, campaign_id, revision, template) values (${project.id}, ${type}, 1, ${sql.json(template(10))})`;
      await createVoucher(sql, project, `OF-${type}`, { definition: null, campaignId: type, templateRevision: 1 });
      expect(await discountOf(`OF-${type}`)).toBe(1_000);
      await sql`insert into campaign_template (project_id, campaign_id, revision, template) values (${project.id}, ${type}, 2, ${sql.json(template(30))})`;
      await sql`update campaign set revision = 2 where project_id = ${project.id} and id = ${type}`;
    }
    expect(await discountOf('OF-AUTO_UPDATE')).toBe(3_000);
    expect(await discountOf('OF-STATIC')).toBe(1_000);
  });

  test('of a campaign that is disabled stops its vouchers', async () => {
    await sql`update campaign set active = false where project_id = ${project.id} and id = 'AUTO_UPDATE'`;
    expect(await reasonOf('OF-AUTO_UPDATE')).toBe('voucher_disabled');
    expect(statusOf(await checkout.redeem(redeemRequest(project, 'OF-AUTO_UPDATE')))).toBe(400);
  });
});

describe("a customer's test clock", () => {
  test('decides for a code that they name themselves for, or hold', async () => {
    const traveller = await customer('traveller', 10 * DAY_MS);
    await customer('at-home');
    const expirationDate = new Date(Date.now() + 3 * DAY_MS);
    await createVoucher(sql, project, 'THREE-DAYS', { expirationDate });
    await createVoucher(sql, project, 'THREE-DAYS-HELD', { expirationDate, holderId: traveller });
    expect(await reasonOf('THREE-DAYS', { customer: { sourceId: 'traveller' } })).toBe('voucher_expired');
    expect(await reasonOf('THREE-DAYS', { customer: { sourceId: 'at-home' } })).toBeNull();
    expect(await reasonOf('THREE-DAYS')).toBeNull();
    expect(await reasonOf('THREE-DAYS-HELD')).toBe('voucher_expired');
  });

  test('tells when a redemption happened to them', async () => {
    await customer('ahead', 5 * DAY_MS);
    await createVoucher(sql, project, 'AHEAD');
    await checkout.redeem(redeemRequest(project, 'AHEAD', { customer: { sourceId: 'ahead' } }));
    const [row] = await sql<{ ahead: number }[]>`
      select extract(epoch from occurred_at - recorded_at)::int as ahead from event where type = 'redemption.succeeded' and data->>'code' = 'AHEAD'`;
    expect(row!.ahead / 86_400).toBeCloseTo(5, 1);
  });
});

describe('the trace of a validation', () => {
  test('says what decided, with the revision and the arithmetic', async () => {
    await createVoucher(sql, project, 'TRACED');
    await createVoucher(sql, project, 'TRACED-USED', { quantity: 0 });
    await checkout.validate(redeemRequest(project, '', { redeemables: asked('TRACED', 'TRACED-USED') }));
    await expect
      .poll(() => sql`select outcome, trace from validation where code = 'TRACED'`, { timeout: 5_000 })
      .toMatchObject([
        {
          outcome: 'quantity_exceeded',
          trace: {
            steps: [
              { code: 'TRACED', revision: 1, outcome: 'applied', before: 10_000, discount: 1_000, after: 9_000 },
              { code: 'TRACED-USED', outcome: 'quantity_exceeded', condition: 'redemption.quantity', value: 0 },
            ],
          },
        },
      ]);
  });

  test('is kept for a week, in days that are made ahead', async () => {
    const today = new Date();
    expect(await days()).toContain(`validation_${today.toISOString().slice(0, 10).replaceAll('-', '')}`);
    await Promise.all([maintainDays(sql, today), maintainDays(sql, today)]);
    const before = await days();
    expect(before.length).toBeGreaterThanOrEqual(4);
    await maintainDays(sql, new Date(today.getTime() + 9 * DAY_MS));
    const after = await days();
    expect(after).not.toContain(before[0]);
    expect(after.at(-1)! > before.at(-1)!).toBe(true);
    await maintainDays(sql, today);
  });
});

test('a thousand validations at once are each answered with their own', async () => {
  for (let n = 1; n <= 20; n++) await createVoucher(sql, project, `MANY${n}`, { discount: { type: 'AMOUNT', amount_off: n } });
  const answers = await Promise.all(Array.from({ length: 1_000 }, (_, index) => discountOf(`MANY${(index % 20) + 1}`)));
  answers.forEach((discount, index) => expect(discount).toBe((index % 20) + 1));
});
