import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BY_QUANTITY,
  fixed,
  free,
  ITEMS,
  off,
  percent,
  SPREAD,
  SPREAD_BY_QUANTITY,
  startJudge,
  type JudgedCart,
} from '../harness/judged-carts.ts';

/** Carts with one discount that were reckoned by hand, with paper and the rules of docs/discounts.md, and asked of the API. */

let judge: Awaited<ReturnType<typeof startJudge>>;

beforeAll(async () => {
  judge = await startJudge();
});

afterAll(() => judge.stop());

const carts: JudgedCart[] = [
  // Percentages: once, half up.
  ['10 % of 114.99 is 11.50', { vouchers: { A: percent(10) }, order: 11_499 }, { discount: 1_150, total: 10_349 }],
  ['12.5 % of 10.04 is 1.255, so 1.26', { vouchers: { A: percent(12.5) }, order: 1_004 }, { discount: 126, total: 878 }],
  ['33.333 % of 0.03 is 0.01', { vouchers: { A: percent(33.333) }, order: 3 }, { discount: 1, total: 2 }],
  ['10 % of 0.04 is 0.00', { vouchers: { A: percent(10) }, order: 4 }, { discount: 0, total: 4 }],
  ['15 % of 1010 yen are 152', { vouchers: { A: percent(15) }, order: 1_010, currency: 'JPY' }, { discount: 152, total: 858 }],
  ['7.5 % of 12.345 dinars are 0.926', { vouchers: { A: percent(7.5) }, order: 12_345, currency: 'KWD' }, { discount: 926, total: 11_419 }],
  [
    '10 % of each line, each rounded',
    {
      vouchers: { A: percent(10, ITEMS) },
      order: [
        [15, 1],
        [15, 1],
        [14, 1],
      ],
    },
    { discount: 5, total: 39, shares: [2, 2, 1] },
  ],
  [
    '10 % of the order, rounded once and shared out',
    {
      vouchers: { A: percent(10) },
      order: [
        [15, 1],
        [15, 1],
        [14, 1],
      ],
    },
    { discount: 4, total: 40, shares: [2, 1, 1] },
  ],
  // Limits.
  ['20 %, at most 5.00', { vouchers: { A: percent(20, { amount_limit: 500 }) }, order: 10_000 }, { discount: 500, total: 9_500 }],
  [
    '20 % of lines, at most 5.00 of each',
    {
      vouchers: { A: percent(20, { ...ITEMS, amount_limit: 500 }) },
      order: [
        [10_000, 1],
        [1_000, 1],
      ],
    },
    { discount: 700, total: 10_300, shares: [500, 200] },
  ],
  [
    '20 % of lines, at most 15.00 of all',
    {
      vouchers: { A: percent(20, { ...ITEMS, aggregated_amount_limit: 1_500 }) },
      order: [
        [10_000, 1],
        [5_000, 1],
      ],
    },
    { discount: 1_500, total: 13_500, shares: [1_000, 500] },
  ],
  ['never more than there is', { vouchers: { A: off(9_999) }, order: 500 }, { discount: 500, total: 0 }],
  // Shares: floor, then the largest remainders, on a tie the earlier line.
  [
    'three lines that tie',
    {
      vouchers: { A: off(1_000, SPREAD) },
      order: [
        [1_000, 1],
        [1_000, 1],
        [1_000, 1],
      ],
    },
    { discount: 1_000, total: 2_000, shares: [334, 333, 333] },
  ],
  [
    'two cents over three lines that tie',
    {
      vouchers: { A: off(2) },
      order: [
        [700, 1],
        [700, 1],
        [700, 1],
      ],
    },
    { discount: 2, total: 2_098, shares: [1, 1, 0] },
  ],
  [
    'the largest remainder: 49.95, 25 and 25.05',
    {
      vouchers: { A: off(100, SPREAD) },
      order: [
        [999, 1],
        [500, 1],
        [501, 1],
      ],
    },
    { discount: 100, total: 1_900, shares: [50, 25, 25] },
  ],
  [
    'by what the lines cost',
    {
      vouchers: { A: off(1_000, SPREAD) },
      order: [
        [1_000, 2],
        [1_500, 3],
        [2_000, 3],
      ],
    },
    { discount: 1_000, total: 11_500, shares: [160, 360, 480] },
  ],
  [
    'by their quantities',
    {
      vouchers: { A: off(1_000, SPREAD_BY_QUANTITY) },
      order: [
        [1_000, 2],
        [1_500, 3],
        [2_000, 3],
      ],
    },
    { discount: 1_000, total: 11_500, shares: [250, 375, 375] },
  ],
  [
    'by quantities, where a line cannot take its part',
    {
      vouchers: { A: off(1_000, SPREAD_BY_QUANTITY) },
      order: [
        [10, 9],
        [5_000, 1],
      ],
    },
    { discount: 1_000, total: 4_090, shares: [90, 910] },
  ],
  // Each line, each unit, a new price.
  [
    'off each line',
    {
      vouchers: { A: off(500, ITEMS) },
      order: [
        [1_000, 3],
        [300, 1],
      ],
    },
    { discount: 800, total: 2_500, shares: [500, 300] },
  ],
  [
    'off each unit',
    {
      vouchers: { A: off(300, BY_QUANTITY) },
      order: [
        [1_000, 3],
        [200, 2],
      ],
    },
    { discount: 1_300, total: 2_100, shares: [900, 400] },
  ],
  ['the order costs 50.00', { vouchers: { A: fixed(5_000) }, order: 7_999 }, { discount: 2_999, total: 5_000 }],
  ['a new price is never a higher one', { vouchers: { A: fixed(5_000) }, order: 4_999 }, { discount: 0, total: 4_999 }],
  [
    'each unit costs 7.00',
    {
      vouchers: { A: fixed(700, ITEMS) },
      order: [
        [1_000, 2],
        [500, 1],
      ],
    },
    { discount: 600, total: 1_900, shares: [600, 0] },
  ],
  // Units.
  [
    'one of two is free',
    {
      vouchers: { A: free(1, 'p0') },
      order: [
        [300, 2],
        [500, 1],
      ],
    },
    { discount: 300, total: 800, shares: [300, 0] },
  ],
  ['one is added and free', { vouchers: { A: free(1, 'p0', 'ADD_NEW_ITEMS') }, order: [[300, 2]] }, { discount: 300, total: 600 }],
];

describe('carts reckoned by hand', () => {
  test.each(carts)('%s', async (_, cart, expected) => {
    const { told, reckoned } = await judge.judge(cart, expected);
    expect(told).toEqual(reckoned);
  });
});
