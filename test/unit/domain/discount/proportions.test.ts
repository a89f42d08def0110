import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { neededInSecond, newcombe, wilson } from '../../../../domain/discount/proportions.ts';

const rounded = (interval: readonly number[]): number[] => interval.map((each) => Math.round(each * 10_000) / 10_000);

// R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998) 857–872, table I, method 3.
test.each([
  [81, 263, [0.2553, 0.3662]],
  [15, 148, [0.0624, 0.1605]],
  [0, 20, [0, 0.1611]],
  [1, 29, [0.0061, 0.1718]],
])('%i of %i is between %j', (successes, total, interval) => {
  expect(rounded(wilson(successes, total))).toEqual(interval);
});

// R. G. Newcombe, "Interval estimation for the difference between independent proportions", table II, method 10.
test.each([
  [56, 70, 48, 80, [0.0524, 0.3339]],
  [9, 10, 3, 10, [0.1705, 0.809]],
  [6, 7, 2, 7, [0.0582, 0.8062]],
  [5, 56, 0, 29, [-0.0381, 0.1926]],
  [0, 10, 0, 20, [-0.1611, 0.2775]],
  [0, 10, 0, 10, [-0.2775, 0.2775]],
  [10, 10, 0, 20, [0.6791, 1]],
  [10, 10, 0, 10, [0.6075, 1]],
])('%i of %i less %i of %i is between %j', (one, ofOne, other, ofOther, interval) => {
  expect(rounded(newcombe(one, ofOne, other, ofOther))).toEqual(interval);
});

test.each([
  [0.5, 0.4, 388],
  [0.3, 0.2, 294],
])('to tell %f from %f, each of two groups of one size needs %i', (one, other, needed) => {
  expect(neededInSecond(one, other, 1)).toBe(needed);
});

test('a smaller group needs fewer of its own and more altogether', () => {
  const alone = neededInSecond(0.12, 0.1, 1) ?? 0;
  const small = neededInSecond(0.12, 0.1, 9) ?? 0;
  expect(small).toBeLessThan(alone);
  expect(small * 10).toBeGreaterThan(alone * 2);
  expect(neededInSecond(0.1, 0.1, 1)).toBeNull();
});

test('an interval holds what was seen, and turning the groups around turns it around', () => {
  const group = fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 500 })).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
  fc.assert(
    fc.property(group, group, ([a, n], [b, m]) => {
      const [low, high] = newcombe(a, n, b, m);
      const difference = a / n - b / m;
      expect(low).toBeLessThanOrEqual(difference + 1e-12);
      expect(high).toBeGreaterThanOrEqual(difference - 1e-12);
      expect(low).toBeGreaterThanOrEqual(-1 - 1e-12);
      expect(high).toBeLessThanOrEqual(1 + 1e-12);
      const [turnedLow, turnedHigh] = newcombe(b, m, a, n);
      expect(turnedLow).toBeCloseTo(-high, 10);
      expect(turnedHigh).toBeCloseTo(-low, 10);
    }),
  );
});

test('nobody says nothing', () => {
  expect(wilson(0, 0)).toEqual([0, 1]);
  expect(newcombe(0, 0, 1, 2)).toEqual([-1, 1]);
});
