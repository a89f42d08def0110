import { describe, expect, test } from 'vitest';
import { pointsExpireAfter, pointsExpireAt, type PointsExpiration } from '../../../../domain/loyalty/points-expiration.ts';

const in_ = (months: number, more: object = {}): PointsExpiration => ({ period_type: 'MONTH', period_value: months, ...more });
const UTC = 'UTC';

describe('points expire', () => {
  test.each([
    ['with the end of the day so many months later', in_(1), '2026-01-25T10:00:00Z', '2026-02-25T23:59:59.999Z'],
    ['with the end of the day on which they came', in_(0), '2026-01-01T00:00:00Z', '2026-01-01T23:59:59.999Z'],
    ['with the end of a month that is too short', in_(1), '2026-01-31T10:00:00Z', '2026-02-28T23:59:59.999Z'],
    ['on the leap day', in_(1), '2028-01-31T10:00:00Z', '2028-02-29T23:59:59.999Z'],
    ['with the end of the month', in_(1, { rounding_type: 'END_OF_MONTH' }), '2026-01-03T10:00:00Z', '2026-02-28T23:59:59.999Z'],
    ['with the end of the quarter', in_(2, { rounding_type: 'END_OF_QUARTER' }), '2026-02-10T10:00:00Z', '2026-06-30T23:59:59.999Z'],
    ['with the end of the half-year', in_(3, { rounding_type: 'END_OF_HALF_YEAR' }), '2026-04-10T10:00:00Z', '2026-12-31T23:59:59.999Z'],
    ['with the end of the year', in_(12, { rounding_type: 'END_OF_YEAR' }), '2026-04-10T10:00:00Z', '2027-12-31T23:59:59.999Z'],
    [
      'with the end of a particular month',
      in_(1, { rounding_type: 'PARTICULAR_MONTH', rounding_value: 2 }),
      '2026-02-10T10:00:00Z',
      '2027-02-28T23:59:59.999Z',
    ],
    [
      'in the same month where that is the particular one',
      in_(1, { rounding_type: 'PARTICULAR_MONTH', rounding_value: 3 }),
      '2026-02-10T10:00:00Z',
      '2026-03-31T23:59:59.999Z',
    ],
    [
      'on a day of each year',
      { period_type: 'FIXED_DAY_OF_YEAR', fixed_month: 1, fixed_day: 1 },
      '2026-01-02T10:00:00Z',
      '2027-01-01T23:59:59.999Z',
    ],
    [
      'on that day itself',
      { period_type: 'FIXED_DAY_OF_YEAR', fixed_month: 1, fixed_day: 1 },
      '2026-01-01T10:00:00Z',
      '2026-01-01T23:59:59.999Z',
    ],
    [
      'on the last of February',
      { period_type: 'FIXED_DAY_OF_YEAR', fixed_month: 2, fixed_day: 29 },
      '2026-01-02T10:00:00Z',
      '2026-02-28T23:59:59.999Z',
    ],
  ] satisfies [string, PointsExpiration, string, string][])('%s', (_how, rules, at, end) => {
    expect(pointsExpireAt(rules, at, UTC)).toBe(end);
  });

  test('by the days of the project', () => {
    // It is the 26th already in Auckland.
    expect(pointsExpireAt(in_(1), '2026-01-25T20:00:00Z', 'Pacific/Auckland')).toBe('2026-02-26T10:59:59.999Z');
    expect(pointsExpireAfter('2026-03-29', 'Europe/Berlin')).toBe('2026-03-29T21:59:59.999Z');
  });
});
