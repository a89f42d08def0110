import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mappedPoints } from '../../../../domain/loyalty/mapping.ts';

const multiply = (multiplier: number) => ({ type: 'MULTIPLY' as const, multiplier });

test('a tier multiplies points, or has its own', () => {
  expect(mappedPoints(150, undefined)).toBe(150);
  expect(mappedPoints(150, multiply(2))).toBe(300);
  expect(mappedPoints(150, { type: 'CUSTOM', points: 7 })).toBe(7);
  expect(mappedPoints(150, multiply(0))).toBe(0);
});

test('a product is exact in decimals and rounded half up', () => {
  expect(mappedPoints(5, multiply(1.1))).toBe(6);
  expect(mappedPoints(1, multiply(1.005))).toBe(1);
  expect(mappedPoints(100, multiply(1.005))).toBe(101);
  expect(mappedPoints(3, multiply(0.1))).toBe(0);
  expect(mappedPoints(1_000_000_000, multiply(1.000001))).toBe(1_000_001_000);
});

test('more points never become fewer', () => {
  const points = fc.integer({ min: 0, max: 1e9 });
  const hundredths = fc.integer({ min: 0, max: 10_000 });
  fc.assert(
    fc.property(points, points, hundredths, (one, other, times) => {
      const mapping = multiply(times / 100);
      expect(mappedPoints(Math.max(one, other), mapping)).toBeGreaterThanOrEqual(mappedPoints(Math.min(one, other), mapping));
      expect(mappedPoints(one, mapping)).toBe(Number((BigInt(one) * BigInt(times) * 2n + 100n) / 200n));
    }),
  );
});
