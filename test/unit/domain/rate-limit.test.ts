import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { admit, MINUTE_MS } from '../../../domain/rate-limit.ts';

/** How many of the calls at these times (milliseconds) are admitted. */
const admitted = (times: number[], perMinute: number): number => {
  let fullAt: number | undefined;
  let count = 0;
  for (const now of times) {
    const admission = admit(fullAt, now, perMinute, MINUTE_MS);
    fullAt = admission.fullAt;
    if (admission.admitted) count += 1;
  }
  return count;
};

test('a minute’s worth is admitted at once, and one more when its share of the minute has passed', () => {
  const atOnce = Array.from({ length: 100 }, () => 5);
  expect(admitted(atOnce, 60)).toBe(60);
  expect(admitted([...atOnce, 900], 60)).toBe(60);
  expect(admitted([...atOnce, 1_005], 60)).toBe(61);
});

test('it says how many are left and how long to wait', () => {
  expect(admit(undefined, 0, 3, MINUTE_MS)).toMatchObject({ admitted: true, left: 2, waitMs: 0 });
  expect(admit(40_000, 0, 3, MINUTE_MS)).toMatchObject({ admitted: true, left: 0 });
  expect(admit(60_000, 0, 3, MINUTE_MS)).toMatchObject({ admitted: false, left: 0, waitMs: 20_000, fullAt: 60_000 });
});

test('whatever the times, no minute admits more than two minutes’ worth, and nobody below the rate is refused', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.array(fc.integer({ min: 0, max: 59_999 }), { maxLength: 1_500 }),
      (perMinute, times) => {
        const sorted = times.toSorted((a, b) => a - b);
        const count = admitted(sorted, perMinute);
        expect(count).toBeLessThanOrEqual(2 * perMinute);
        expect(count).toBeGreaterThanOrEqual(Math.min(sorted.length, perMinute));
      },
    ),
  );
});
