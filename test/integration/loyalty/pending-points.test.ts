import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settleDuePoints } from '../../../activities/loyalty/due-points.ts';
import { fixed, startEarningShop, type EarningShop } from '../../harness/earning.ts';

let on: EarningShop;
beforeAll(async () => {
  on = await startEarningShop();
});
afterAll(() => on.stop());

const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);
const wait = (days: number) => ({ pending_points: { period_type: 'DAY', period_value: days } });
const byAmount = { type: 'PROPORTIONAL', calculation_type: 'ORDER_AMOUNT', order: { amount: { every: 100, points: 1 } } };
const pendingOf = async (code: string) => (await on.send('GET', `/v1/loyalties/members/${code}/pending-points?order=id`)).data;
const toldOf = async (code: string): Promise<string[]> => {
  const rows = await on.sql<{ type: string }[]>`
    select type from event where type like 'voucher.loyalty_card.pending_points.%' and data->'voucher'->>'code' = ${code} order by id`;
  return rows.map(({ type }) => type.replace('voucher.loyalty_card.pending_points.', ''));
};

/** A member who has paid for an order, and whose points wait. */
const aBuyer = async (rules: object[], amount = 10_000, program: Record<string, unknown> = {}) => {
  const made = await on.aProgram(rules, program);
  const order = `${made.code}-order`;
  await on.send('POST', '/v1/orders', { source_id: order, customer: { source_id: made.source }, amount, status: 'PAID' });
  await on.settled();
  return { ...made, order };
};

describe('points that wait', () => {
  test('are no points yet, and are listed by card and by program', async () => {
    const { id, code, order } = await aBuyer([
      { event: 'order.paid', loyalty: byAmount, source: { banner: 'Buy' }, ...wait(14) },
      { event: 'order.paid', loyalty: fixed(5) },
    ]);
    expect(await on.cardOf(code)).toMatchObject({ points: 5, balance: 5, pending_points: 100 });
    const [entry] = await pendingOf(code);
    expect(entry).toMatchObject({
      points: 100,
      activates_at: inDays(14).toISOString().slice(0, 10),
      details: { event: { type: 'order.paid' }, earning_rule: { source: { banner: 'Buy' } }, order: { source_id: order } },
    });
    expect(await on.send('GET', `/v1/loyalties/${id}/pending-points`)).toMatchObject({ data: [{ id: entry.id }], has_more: false });
    expect(await on.send('GET', `/v1/loyalties/${id}/members/${code}/pending-points`)).toMatchObject({ data: [{ id: entry.id }] });
    expect(await toldOf(code)).toEqual(['added']);
  });

  test('are on the card once their day comes, once, however many look, and expire from then on', async () => {
    const rules = { period_type: 'MONTH', period_value: 1 };
    const { code } = await aBuyer([{ event: 'order.paid', loyalty: fixed(50), expiration_rules: rules, ...wait(30) }]);
    await settleDuePoints(on.sql, inDays(28));
    expect(await on.cardOf(code)).toMatchObject({ points: 0, pending_points: 50 });
    const day = new Date(`${inDays(30).toISOString().slice(0, 10)}T00:00:00Z`);
    await Promise.all(Array.from({ length: 4 }, () => settleDuePoints(on.sql, day)));
    expect(await settleDuePoints(on.sql, day)).toBe(0);
    const ends = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate()));
    // A month that is too short ends it with its last day.
    const last = ends.getUTCDate() === day.getUTCDate() ? ends : new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 2, 0));
    expect(await on.cardOf(code)).toMatchObject({
      points: 50,
      balance: 50,
      pending_points: 0,
      next_expiration_date: `${last.toISOString().slice(0, 10)}T23:59:59.999Z`,
    });
    expect(await on.accountOf(code)).toMatchObject([
      { type: 'PENDING_POINTS_ACTIVATION', details: { balance: { points: 50, balance: 50 }, pending_points: { points: 50 } } },
    ]);
    expect(await toldOf(code)).toEqual(['added', 'activated']);
  });

  test('come once for an order, however often it is told, before and after they are on the card', async () => {
    const { code } = await aBuyer([{ event: 'order.paid', loyalty: fixed(7), ...wait(1) }]);
    const again = async () => {
      await on.sql`
        insert into outbox (partition, project_id, event_id, customer_id)
        select 0, e.project_id, e.id, e.customer_id from event e where e.type = 'order.paid' and e.project_id = ${on.shop.project.id}`;
      await on.settled();
    };
    await again();
    expect(await on.cardOf(code)).toMatchObject({ points: 0, pending_points: 7 });
    await settleDuePoints(on.sql, inDays(2));
    await again();
    expect(await on.cardOf(code)).toMatchObject({ points: 7, pending_points: 0 });
  });

  test('are put on the card by hand, once, and then can neither be changed nor canceled', async () => {
    const { id, code } = await aBuyer([{ event: 'order.paid', loyalty: fixed(40), ...wait(14) }]);
    const [entry] = await pendingOf(code);
    const path = `/v1/loyalties/members/${code}/pending-points/${entry.id}`;
    expect(await on.send('POST', `${path}/balance`, { points: -10 })).toMatchObject({ points: -10, total: 30, operation_type: 'MANUAL' });
    expect(await on.api.as(on.shop)('POST', `${path}/balance`, { points: -30 })).toMatchObject({
      status: 400,
      body: { key: 'invalid_payload' },
    });
    const replies = await Promise.all(
      Array.from({ length: 6 }, () =>
        on.api.as(on.shop)('POST', `/v1/loyalties/${id}/members/${code}/pending-points/${entry.id}/activate`),
      ),
    );
    expect(replies.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 400, 400, 400, 400, 400]);
    expect(replies.find(({ status }) => status === 200)?.body).toMatchObject({
      points: 30,
      total: 30,
      balance: 30,
      operation_type: 'MANUAL',
    });
    expect(await on.cardOf(code)).toMatchObject({ points: 30, balance: 30, pending_points: 0 });
    for (const [action, body] of [['balance', { points: 1 }], ['cancel'], ['activate']] as const)
      expect(await on.api.as(on.shop)('POST', `${path}/${action}`, body)).toMatchObject({
        status: 400,
        body: { key: 'pending_points_settled' },
      });
    expect(await pendingOf(code)).toEqual([]);
    expect(await toldOf(code)).toEqual(['added', 'updated', 'activated']);
  });

  test('are canceled by hand, and never come', async () => {
    const { code } = await aBuyer([{ event: 'order.paid', loyalty: fixed(40), ...wait(3) }]);
    const [entry] = await pendingOf(code);
    const path = `/v1/loyalties/members/${code}/pending-points`;
    expect((await on.api.as(on.shop)('POST', `${path}/${entry.id}/cancel`)).status).toBe(204);
    expect((await on.api.as(on.shop)('POST', `${path}/${entry.id}/cancel`)).status).toBe(400);
    expect((await on.api.as(on.shop)('POST', `${path}/lopp_unknown/cancel`)).status).toBe(404);
    await settleDuePoints(on.sql, inDays(4));
    expect(await on.cardOf(code)).toMatchObject({ points: 0, pending_points: 0 });
    expect(await toldOf(code)).toEqual(['added', 'canceled']);
  });

  test('go with a canceled order, and a part of them with a part of it', async () => {
    const { code, order } = await aBuyer([
      { event: 'order.paid', loyalty: byAmount, ...wait(14) },
      { event: 'order.paid', loyalty: fixed(5), ...wait(14) },
    ]);
    await on.send('POST', `/v1/orders/${order}/refunds`, { amount: 2_550 });
    await on.settled();
    expect(await on.cardOf(code)).toMatchObject({ points: 0, pending_points: 80 });
    const before = await pendingOf(code);
    await on.send('POST', `/v1/loyalties/members/${code}/pending-points/${before[0].id}/activate`);
    await on.send('POST', `/v1/orders/${order}/refunds`, { amount: 2_450 });
    await on.settled();
    // Half of what the order gave at first, and not of what was left of it.
    expect(await on.cardOf(code)).toMatchObject({ points: 75, balance: 50, pending_points: 5 });
    await on.send('PUT', `/v1/orders/${order}`, { status: 'CANCELED' });
    await on.settled();
    expect(await on.cardOf(code)).toMatchObject({ balance: 0, pending_points: 0 });
    expect(await toldOf(code)).toEqual(['added', 'added', 'updated', 'activated', 'canceled']);
  });

  test('count to a tier once they are on the card', async () => {
    const { id, code } = await aBuyer([{ event: 'order.paid', loyalty: byAmount, ...wait(1) }], 10_000, {
      loyalty_tiers_expiration: { qualification_type: 'POINTS_IN_PERIOD', qualification_period: 'YEAR' },
    });
    await on.send('POST', `/v1/loyalties/${id}/tiers`, [{ name: 'Gold', points: { from: 100 } }]);
    await on.settled();
    const tiersOf = async () => (await on.send('GET', `/v1/loyalties/members/${code}/tiers`)).data;
    expect(await tiersOf()).toEqual([]);
    const [entry] = await pendingOf(code);
    await on.send('POST', `/v1/loyalties/members/${code}/pending-points/${entry.id}/activate`);
    await on.settled();
    expect(await tiersOf()).toMatchObject([{ name: 'Gold' }]);
  });
});

describe('an earning rule', () => {
  test('lets points wait for paid orders only, from 1 to 90 days, and stops to', async () => {
    const { id, rules } = await on.aProgram([{ event: 'order.paid', loyalty: fixed(5), ...wait(90) }]);
    const at = `/v1/loyalties/${id}/earning-rules`;
    expect(await on.send('GET', `${at}/${rules[0]!.id}`)).toMatchObject({ pending_points: { period_type: 'DAY', period_value: 90 } });
    expect(await on.send('PUT', `${at}/${rules[0]!.id}`, { pending_points: null })).toMatchObject({ pending_points: null });
    for (const wrong of [
      { event: 'seen', loyalty: fixed(1), ...wait(1) },
      { event: 'order.paid', loyalty: fixed(1), ...wait(91) },
      { event: 'order.paid', loyalty: fixed(1), pending_points: { period_type: 'MONTH', period_value: 1 } },
    ])
      expect((await on.api.as(on.shop)('POST', at, wrong)).status, JSON.stringify(wrong)).toBe(400);
    const [seen] = await on.send('POST', at, [{ event: 'seen', loyalty: fixed(1) }]);
    expect((await on.api.as(on.shop)('PUT', `${at}/${seen.id}`, wait(1))).status).toBe(400);
    expect(on.api.errors).toEqual([]);
  });
});
