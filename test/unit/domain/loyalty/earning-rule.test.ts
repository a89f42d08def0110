import { describe, expect, test } from 'vitest';
import { earnedPoints, isAbout, pointsToTakeBack, type EarningFacts, type EarningTerms } from '../../../../domain/loyalty/earning-rule.ts';

const FACTS: EarningFacts = {
  order: {
    amount: 9_500,
    totalAmount: 8_000,
    metadata: { trees: 3, note: 'many' },
    items: [
      { quantity: 2, amount: 4_000, subtotal: 3_500, counts: true },
      { quantity: 5, amount: 5_500, subtotal: 5_500, counts: false },
    ],
  },
  customerMetadata: { children: 2.5 },
  eventData: { stars: -4 },
  formula: {
    exponent: 2,
    at: Date.parse('2026-03-01T12:00:00Z'),
    zone: 'UTC',
    orderAmount: 9_500,
    items: [],
    item: null,
    orderMetadata: { trees: 3, note: 'many' },
    customerMetadata: { children: 2.5 },
    birthdate: null,
    redemptionMetadata: null,
    redeemableMetadata: null,
    eventMetadata: { stars: -4 },
    quantity: null,
    redeemed: null,
    startsAt: null,
    endsAt: null,
  },
};
const items = { applicable_to: [{ object: 'product' as const, id: 'prod_1' }] };

describe('a rule gives', () => {
  test.each([
    ['a fixed number', { type: 'FIXED', points: 7 }, 7],
    ['what a formula comes to, rounded down', { type: 'FIXED', points: 7, points_formula: 'ORDER_AMOUNT / 10' }, 9],
    ['the number itself where the formula has no value', { type: 'FIXED', points: 7, points_formula: 'ORDER_METADATA("none")' }, 7],
    ['nothing where a formula is below 0', { type: 'FIXED', points: 7, points_formula: 'CUSTOM_EVENT_METADATA("stars")' }, 0],
    [
      'for each full part as many as a formula says',
      {
        type: 'PROPORTIONAL',
        calculation_type: 'ORDER_AMOUNT',
        order: { amount: { every: 1_000, points: 1, points_formula: 'CUSTOMER_METADATA("children") * 2' } },
      },
      45,
    ],
    ['nothing where a formula gives more than can be counted', { type: 'FIXED', points: 0, points_formula: 'POW(10;20)' }, 0],
    [
      'points for each full part of what an order costs',
      { type: 'PROPORTIONAL', calculation_type: 'ORDER_AMOUNT', order: { amount: { every: 1_000, points: 2 } } },
      18,
    ],
    [
      'points for what is paid of it',
      { type: 'PROPORTIONAL', calculation_type: 'ORDER_TOTAL_AMOUNT', order: { total_amount: { every: 1_000, points: 2 } } },
      16,
    ],
    [
      'points for metadata',
      { type: 'PROPORTIONAL', calculation_type: 'ORDER_METADATA', order: { metadata: { every: 2, points: 5, property: 'trees' } } },
      5,
    ],
    [
      'nothing for metadata that is no number',
      { type: 'PROPORTIONAL', calculation_type: 'ORDER_METADATA', order: { metadata: { every: 1, points: 5, property: 'note' } } },
      0,
    ],
    [
      'nothing for metadata that is not there',
      { type: 'PROPORTIONAL', calculation_type: 'ORDER_METADATA', order: { metadata: { every: 1, points: 5, property: 'x' } } },
      0,
    ],
    [
      'points for the items that count',
      { type: 'PROPORTIONAL', calculation_type: 'ORDER_ITEMS_QUANTITY', order_items: { quantity: { every: 1, points: 3, ...items } } },
      6,
    ],
    [
      'points for their amount',
      { type: 'PROPORTIONAL', calculation_type: 'ORDER_ITEMS_AMOUNT', order_items: { amount: { every: 1_000, points: 1, ...items } } },
      4,
    ],
    [
      'points for their amount after discounts',
      {
        type: 'PROPORTIONAL',
        calculation_type: 'ORDER_ITEMS_SUBTOTAL_AMOUNT',
        order_items: { subtotal_amount: { every: 1_000, points: 1, ...items } },
      },
      3,
    ],
    [
      'points for the customer’s metadata',
      {
        type: 'PROPORTIONAL',
        calculation_type: 'CUSTOMER_METADATA',
        customer: { metadata: { every: 1, points: 10, property: 'children' } },
      },
      20,
    ],
    [
      'nothing for less than nothing',
      {
        type: 'PROPORTIONAL',
        calculation_type: 'CUSTOM_EVENT_METADATA',
        custom_event: { metadata: { every: 1, points: 10, property: 'stars' } },
      },
      0,
    ],
    [
      'nothing where it cannot be counted exactly',
      { type: 'PROPORTIONAL', calculation_type: 'ORDER_AMOUNT', order: { amount: { every: 1, points: Number.MAX_SAFE_INTEGER } } },
      0,
    ],
  ] as const)('%s', (_what, earning, points) => {
    expect(earnedPoints(earning, FACTS)).toBe(points);
  });

  test('nothing for an order where there is none', () => {
    const earning = { type: 'PROPORTIONAL', calculation_type: 'ORDER_AMOUNT', order: { amount: { every: 1, points: 1 } } } as const;
    expect(earnedPoints(earning, { ...FACTS, order: null })).toBe(0);
  });
});

describe('a rule is about', () => {
  const AT = Date.parse('2026-03-04T12:00:00Z');
  const ALWAYS: EarningTerms = { periods: [], window: null, segmentId: null, loyaltyTierId: null, campaignId: 'camp_1' };
  const seen = { type: 'seen', data: {} };

  test('what happens within its time and its program’s', () => {
    const period = (startsAt: number | null, endsAt: number | null) => ({
      ...ALWAYS,
      periods: [
        { startsAt: null, endsAt: null },
        { startsAt, endsAt },
      ],
    });
    expect(isAbout(ALWAYS, seen, AT, 'UTC')).toBe(true);
    expect(isAbout(period(AT, null), seen, AT, 'UTC')).toBe(true);
    expect(isAbout(period(AT + 1, null), seen, AT, 'UTC')).toBe(false);
    expect(isAbout(period(null, AT), seen, AT, 'UTC')).toBe(false);
    // It is a Wednesday, and Thursday already in Auckland.
    const onThursdays = { ...ALWAYS, window: { validity_day_of_week: [4] } };
    expect(isAbout(onThursdays, seen, AT, 'UTC')).toBe(false);
    expect(isAbout(onThursdays, seen, AT, 'Pacific/Auckland')).toBe(true);
  });

  test('its segment, and its tier', () => {
    const entered = { type: 'customer.segment.entered', data: { segment: { id: 'seg_1' } } };
    expect(isAbout({ ...ALWAYS, segmentId: 'seg_1' }, entered, AT, 'UTC')).toBe(true);
    expect(isAbout({ ...ALWAYS, segmentId: 'seg_2' }, entered, AT, 'UTC')).toBe(false);
    const joined = (campaign_id: string) => ({
      type: 'customer.loyalty.tier.joined',
      data: { loyalty_tier: { id: 'ltr_1', campaign_id } },
    });
    expect(isAbout({ ...ALWAYS, loyaltyTierId: 'ltr_1' }, joined('camp_1'), AT, 'UTC')).toBe(true);
    expect(isAbout({ ...ALWAYS, loyaltyTierId: '__ANY__' }, joined('camp_1'), AT, 'UTC')).toBe(true);
    expect(isAbout({ ...ALWAYS, loyaltyTierId: 'ltr_2' }, joined('camp_1'), AT, 'UTC')).toBe(false);
    expect(isAbout(ALWAYS, joined('camp_2'), AT, 'UTC')).toBe(false);
  });
});

test('points for an order are taken back with it, or as much of them as came back of the money', () => {
  const part = { canceled: false, proportional: true, refunded: 333, total: 1_000 };
  expect(pointsToTakeBack(100, part)).toBe(33);
  expect(pointsToTakeBack(100, { ...part, proportional: false })).toBe(0);
  expect(pointsToTakeBack(100, { ...part, proportional: false, refunded: 1_000 })).toBe(100);
  expect(pointsToTakeBack(100, { ...part, canceled: true })).toBe(100);
  expect(pointsToTakeBack(100, { ...part, refunded: 0, total: 0 })).toBe(0);
});
