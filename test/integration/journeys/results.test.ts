import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createJourneyActivities } from '../../../activities/journey/activities.ts';
import { createJourneyResultsRoutes } from '../../../api/routes/journey-results.ts';
import { takeNewEvents, findDueGroups } from '../../../db/simulation/state.ts';
import { recordEvents } from '../../../db/event/events.ts';
import { upsertCustomers } from '../../../db/customer/customers.ts';
import { createJourneyVersions } from '../../../db/journey/versions.ts';
import { bucketOf } from '../../../domain/journey/bucket.ts';
import { createRouteEvents } from '../../../relay/route-events.ts';
import { startApi, type TestApi } from '../../harness/api.ts';
import { createDatabase, type TestDatabase } from '../../harness/database.ts';
import { prepareJourneys, publish } from '../../harness/journeys.ts';
import { createProject, type TestProject } from '../../harness/project.ts';

let database: TestDatabase;
let api: TestApi;
let shop: TestProject;
let routed = '';

const versions = createJourneyVersions();
const now = () => new Date();

beforeAll(async () => {
  database = await createDatabase();
  shop = await createProject(database.sql, { mode: 'live', currency: 'EUR' });
  await prepareJourneys(database.sql, shop.project);
  api = await startApi(database.sql, { routes: createJourneyResultsRoutes(database) });
});

afterAll(async () => {
  await api?.stop();
  await database?.drop();
});

/** Routes and runs what is due, as relay and worker would, until nothing is. */
const settle = async (): Promise<void> => {
  const { sql } = database;
  const { project } = shop;
  const activities = createJourneyActivities({ sql, versions, now, randomBytes }) as unknown as Record<
    string,
    (input: object) => Promise<unknown>
  >;
  const route = createRouteEvents({ versions, now });
  const kinds: Record<string, string> = { colours: 'split', coupon: 'issueCoupons', rest: 'wait' };
  for (;;) {
    const events = await takeNewEvents(sql, project.id, routed, 1000);
    routed = events.at(-1)?.id ?? routed;
    if (events.length > 0) await sql.begin((tx) => route(tx, events));
    const [group] = await findDueGroups(sql, project.id, now());
    if (group !== undefined) await activities[kinds[group.step]!]!({ ...group, now: now().toISOString() });
    else if (events.length === 0) return;
  }
};

test('results count by step, variant and group, and the lift has its interval', async () => {
  const { sql } = database;
  const { project } = shop;
  await publish(sql, project, {
    journey: 'colours',
    trigger: { event: 'hello' },
    goal: { event: 'order.paid', window: 'P7D' },
    holdout: { percent: 20, salt: 'spring' },
    steps: {
      colours: {
        do: 'split',
        salt: 'paint',
        variants: [
          { id: 'red', percent: 50, next: 'coupon' },
          { id: 'blue', percent: 50, next: 'rest' },
        ],
      },
      coupon: { do: 'issue_coupon', campaign: 'welcome', as: 'own' },
      rest: { do: 'wait', for: 'P3D' },
    },
  });
  const people = await sql.begin((tx) =>
    upsertCustomers(
      tx,
      project.id,
      Array.from({ length: 200 }, (_, index) => ({ sourceId: `c${index}` })),
    ),
  );
  const tell = (type: string, who: typeof people, data: object = {}) =>
    sql.begin((tx) =>
      recordEvents(
        tx,
        who.map(({ id }) => ({ projectId: project.id, type, customerId: id, data: { ...data }, dedupeKey: null, occurredAt: now() })),
      ),
    );
  await tell('hello', people);
  await settle();
  const heldOut = people.filter(({ id }) => bucketOf('spring', id) < 2000);
  const inside = people.filter(({ id }) => bucketOf('spring', id) >= 2000);
  const red = inside.filter(({ id }) => bucketOf('paint', id) < 5000);
  // So many that the lift is significant however the customers' random ids divide them.
  const buyers = [...red.slice(0, 50), ...inside.filter((each) => !red.includes(each)).slice(0, 20)];
  await tell('order.paid', buyers, { order: { amount: 5000, total_amount: 4500, currency: 'EUR' } });
  await tell('order.paid', heldOut.slice(0, 3), { amount: 1000 });
  await settle();
  const { status, body } = await api.as(shop)('GET', '/v1/journeys/colours/results');
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body).toMatchObject({
    entered: 200,
    goal: { event: 'order.paid', window: 'P7D' },
    groups: { journey: { customers: inside.length, conversions: 70 }, holdout: { customers: heldOut.length, conversions: 3 } },
    lift: { significant: true, confidence: 0.95, difference: 70 / inside.length - 3 / heldOut.length },
    revenue: [{ currency: 'EUR', journey: 70 * 4500, holdout: 3000, orders: 73 }],
    coupons: [{ campaign: 'welcome', issued: red.length, redeemed: 0 }],
    discounts: [],
  });
  const { interval } = body.lift;
  expect(interval[0]).toBeLessThan(body.lift.difference);
  expect(interval[1]).toBeGreaterThan(body.lift.difference);
  expect(body.funnel.map((each: { step: string; reached: number }) => [each.step, each.reached])).toEqual([
    ['colours', inside.length],
    ['coupon', red.length],
    ['rest', inside.length],
  ]);
  expect(body.funnel[2].variants).toMatchObject([
    { split: 'colours', variant: 'blue', reached: inside.length - red.length },
    { split: 'colours', variant: 'red', reached: red.length },
  ]);
  expect(body.splits).toMatchObject([
    {
      step: 'colours',
      salt: 'paint',
      variants: [
        { variant: 'blue', percent: 50, customers: inside.length - red.length, conversions: 20 },
        { variant: 'red', percent: 50, customers: red.length, conversions: 50 },
      ],
    },
  ]);
  expect(body.warnings).toContainEqual(expect.stringMatching(/^In the holdout group only 3 reached the goal/));
  expect(body.warnings).toContainEqual(expect.stringMatching(/window is still open/));
  const none = await api.as(shop)('GET', '/v1/journeys/colours/results?from=2100-01-01');
  expect(none.body).toMatchObject({ entered: 0, lift: null, groups: { journey: { customers: 0, rate: null }, holdout: null } });
  expect((await api.as(shop)('GET', '/v1/journeys/colours/results?version=9')).status).toBe(404);
});

test('what coupons cost is told by currency, less what was taken back', async () => {
  const { sql } = database;
  const { project } = shop;
  const vouchers = await sql<{ id: string }[]>`select id from voucher where project_id = ${project.id} limit 3`;
  const redemption = (id: string, object: string, voucher: string, amount: number, currency: string | null) => sql`
    insert into redemption (project_id, id, object, result, voucher_id, amount, "order", trace, created_at)
    values (${project.id}, ${id}, ${object}, 'SUCCESS', ${voucher}, ${amount}, ${sql.json(currency === null ? {} : { currency })}, '{}', now())`;
  await redemption('r_1', 'redemption', vouchers[0]!.id, 500, 'EUR');
  await redemption('r_2', 'redemption', vouchers[1]!.id, 300, null);
  await redemption('r_3', 'redemption_rollback', vouchers[1]!.id, -300, null);
  await redemption('r_4', 'redemption', vouchers[2]!.id, 700, 'USD');
  const { body } = await api.as(shop)('GET', '/v1/journeys/colours/results');
  expect(body.discounts).toEqual([
    { currency: 'EUR', amount: 500, redemptions: 1 },
    { currency: 'USD', amount: 700, redemptions: 1 },
  ]);
});
