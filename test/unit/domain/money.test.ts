import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exponentOf, inMajorUnits, ratioOfPercent, shareOf, spread, spreadWithin } from '../../../domain/money.ts';

const amounts = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const lines = fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 12 });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('an amount is read in the currency it is in', () => {
  test.each([
    [11499, 'USD', '114.99'],
    [11499, 'JPY', '11499'],
    [11499, 'KWD', '11.499'],
    [5, 'EUR', '0.05'],
    [-5, 'EUR', '-0.05'],
    [0, 'BHD', '0.000'],
  ])('%i %s is %s', (amount, currency, text) => expect(inMajorUnits(amount, currency)).toBe(text));

  test('a currency that is not listed has two decimals', () => expect(exponentOf('SEK')).toBe(2));
});

describe('a percentage', () => {
  test.each([
    [11499, 10, 1150],
    [11494, 10, 1149],
    [11495, 10, 1150],
    [1000, 12.5, 125],
    [100, 33.333, 33],
    [3, 50, 2],
    [1, 50, 1],
    [999, 0.1, 1],
    [49_999, 0.001, 0],
    [50_000, 0.001, 1],
  ])('of %i at %d is %i', (amount, percent, share) => expect(shareOf(amount, ratioOfPercent(percent))).toBe(share));

  test('is rounded half up exactly, whatever its size', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 100_000 }), (amount, thousandths) => {
        const exact = (2n * BigInt(amount) * BigInt(thousandths) + 100_000n) / 200_000n;
        expect(shareOf(amount, ratioOfPercent(thousandths / 1000))).toBe(Number(exact));
      }),
    );
  });

  test('is read from its decimals, not from its floating point', () => {
    expect(ratioOfPercent(12.5)).toEqual({ numerator: 125, denominator: 1000 });
    expect(ratioOfPercent(0.000001)).toEqual({ numerator: 1, denominator: 100_000_000 });
  });
});

describe('an amount that is spread', () => {
  test('keeps what just fits into its cap, and gives the largest remainders theirs', () => {
    expect(spreadWithin(1505, [1, 3, 2997, 1, 4, 3], [1, 2, 2982, 1, 4, 3])).toEqual([0, 2, 1499, 0, 2, 2]);
    expect(spreadWithin(10, [5, 1, 1], [4, 2, 4])).toEqual([4, 2, 4]);
  });
  test('gives what is left over to the largest remainders, the earlier one on a tie', () => {
    expect(spread(100, [1, 1, 1])).toEqual([34, 33, 33]);
    expect(spread(5, [10, 20, 30])).toEqual([1, 2, 2]);
    expect(spread(1000, [3333, 3333, 3334])).toEqual([333, 333, 334]);
  });

  test('sums exactly, and no part is above its line', () => {
    fc.assert(
      fc.property(lines, fc.double({ min: 0, max: 1, noNaN: true }), (weights, part) => {
        const amount = Math.floor(sum(weights) * part);
        const shares = spread(amount, weights);
        expect(sum(shares)).toBe(amount);
        shares.forEach((share, index) => {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(weights[index]!);
        });
      }),
    );
  });

  test('by other weights stays within the lines, and gives all of what they can take', () => {
    fc.assert(
      fc.property(lines, fc.infiniteStream(fc.integer({ min: 1, max: 1000 })), amounts, (caps, quantities, wanted) => {
        const weights = caps.map(() => quantities.next().value);
        const shares = spreadWithin(wanted, weights, caps);
        expect(sum(shares)).toBe(Math.min(wanted, sum(caps)));
        shares.forEach((share, index) => {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(caps[index]!);
        });
      }),
    );
  });
});
