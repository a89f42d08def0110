import { describe, expect, test } from 'vitest';
import { counterAt, counterKey, takenOf, withTaken } from '../../../../domain/checkout/counters.ts';
import {
  countersOfLimits,
  hasBudget,
  isLimited,
  refusalOfBudget,
  refusalOfLimits,
  type CampaignLimits,
  type Limited,
  type Limits,
} from '../../../../domain/checkout/limits.ts';

const AT = Date.parse('2026-03-29T00:30:00Z');
const by = { customerId: 'cust_1', named: true, at: AT, zone: 'UTC' };
const share = { count: 1, amount: 500, orders_amount: 9_000, gift_credits: 0, loyalty_points: 0 };

const voucher = (limits: Limits | null, campaign: CampaignLimits | null = null): Limited => ({
  object: 'voucher',
  id: 'v_1',
  limits,
  campaign: { id: 'camp_1', name: 'Spring', limits: campaign },
});

/** Every counter has this value. */
const all = (value: number) => () => value;

describe('a limit', () => {
  test.each([
    ['campaign_total', 'quantity_exceeded'],
    ['daily', 'quantity_exceeded'],
    ['weekly', 'quantity_exceeded'],
    ['monthly', 'quantity_exceeded'],
    ['per_customer', 'customer_rules_violated'],
    ['per_customer_daily', 'customer_rules_violated'],
    ['per_customer_weekly', 'customer_rules_violated'],
    ['per_customer_monthly', 'customer_rules_violated'],
  ] as const)('%s of a campaign is kept to the last one', (name, key) => {
    const limited = voucher(null, { [name]: 3 });
    expect(refusalOfLimits(limited, by, all(2))).toBeNull();
    expect(refusalOfLimits(limited, by, all(3))).toMatchObject({
      key,
      condition: `campaign.limits.${name}`,
      value: 3,
      details: `campaign.limits.${name} is 3, and 3 are used`,
    });
  });

  test('of a voucher counts for that voucher, of a campaign over all of them', () => {
    const limited = voucher({ daily: 1 }, { per_customer: 2, campaign_budget: { amount: 10 } });
    expect(countersOfLimits(limited, by).map(counterKey)).toEqual([
      'voucher v_1  day 2026-03-29T00:00:00.000Z count',
      'campaign camp_1 cust_1   count',
      'campaign camp_1    amount',
    ]);
  });

  test('for each customer asks who redeems, and takes who is not known yet for new', () => {
    const limited = voucher({ per_customer: 1 });
    expect(refusalOfLimits(limited, { ...by, customerId: null, named: false }, all(0))).toMatchObject({ key: 'missing_customer' });
    expect(countersOfLimits(limited, { ...by, customerId: null, named: false })).toEqual([]);
    expect(refusalOfLimits(limited, { ...by, customerId: null }, all(0))).toBeNull();
  });

  test('that is not there asks nothing', () => {
    expect(isLimited(voucher(null))).toBe(false);
    expect(hasBudget(voucher(null, { daily: 1 }))).toBe(false);
    expect(countersOfLimits(voucher(null), by)).toEqual([]);
  });
});

describe('a budget', () => {
  test.each([
    ['amount', 500],
    ['orders_amount', 9_000],
  ] as const)('of %s has room for what fits in, to the last unit', (measure, needed) => {
    const limited = voucher(null, { campaign_budget: { [measure]: 10_000 } });
    expect(refusalOfBudget(limited, by, share, all(10_000 - needed))).toBeNull();
    expect(refusalOfBudget(limited, by, share, all(10_001 - needed))).toMatchObject({
      key: 'redemption_rules_violated',
      condition: `campaign.limits.campaign_budget.${measure}`,
      value: 10_000,
    });
  });

  test('that is used up still has room for what costs nothing', () => {
    const limited = voucher(null, { campaign_budget: { amount: 10 } });
    expect(refusalOfBudget(limited, by, { ...share, amount: 0 }, all(10))).toBeNull();
  });
});

describe('a period', () => {
  const start = (period: 'day' | 'week' | 'month', at: string, zone: string) =>
    counterAt({ scope: 'campaign', of: 'c', period, measure: 'count' }, Date.parse(at), zone).periodStart;

  test.each([
    ['day', '2026-11-22T23:59:59.999Z', 'UTC', '2026-11-22T00:00:00.000Z'],
    ['day', '2026-11-23T00:00:00Z', 'UTC', '2026-11-23T00:00:00.000Z'],
    ['day', '2026-11-23T04:59:00Z', 'America/New_York', '2026-11-22T05:00:00.000Z'],
    ['day', '2026-11-22T18:20:00Z', 'Asia/Kathmandu', '2026-11-22T18:15:00.000Z'],
    ['day', '2026-11-22T18:14:59Z', 'Asia/Kathmandu', '2026-11-21T18:15:00.000Z'],
    // The clocks go forward at 2 in the night, and the day has 23 hours.
    ['day', '2026-03-29T21:59:59Z', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['day', '2026-03-29T22:00:00Z', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['week', '2026-11-22T23:59:59Z', 'UTC', '2026-11-16T00:00:00.000Z'],
    ['week', '2026-11-23T00:00:00Z', 'UTC', '2026-11-23T00:00:00.000Z'],
    ['month', '2026-02-28T23:30:00Z', 'UTC', '2026-02-01T00:00:00.000Z'],
    ['month', '2026-02-28T23:30:00Z', 'Europe/Berlin', '2026-02-28T23:00:00.000Z'],
  ] as const)('%s at %s in %s began at %s', (period, at, zone, expected) => {
    expect(start(period, at, zone)).toBe(expected);
    // And again from what is kept.
    expect(start(period, at, zone)).toBe(expected);
  });
});

describe('what a redemption adds', () => {
  const ref = (measure: 'count' | 'amount') => counterAt({ scope: 'campaign', of: 'c', measure }, AT, 'UTC');

  test('is counted once for each counter, and seen by who comes after it', () => {
    const taken = takenOf([ref('count'), ref('amount'), ref('count')], share);
    expect(taken.map(({ by: added }) => added)).toEqual([1, 500]);
    const read = withTaken(withTaken(all(10), taken), taken);
    expect([read(ref('count')), read(ref('amount'))]).toEqual([12, 1_010]);
  });
});
