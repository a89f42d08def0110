import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  overlapping,
  standingNow,
  tierFor,
  TIER_RULES,
  type Standing,
  type TierRange,
  type TierRules,
} from '../../../../domain/loyalty/tier.ts';
import { periodAt } from '../../../../domain/loyalty/tier-period.ts';

const SILVER: TierRange = { id: 'silver', from: 100, to: 499 };
const GOLD: TierRange = { id: 'gold', from: 500, to: null };
const TIERS = [GOLD, SILVER];
const at = '2026-03-10T12:00:00.000Z';
const zone = 'UTC';

const monthly = (type: 'END_OF_PERIOD' | 'END_OF_NEXT_PERIOD', extend?: string): TierRules => ({
  qualification_type: 'POINTS_IN_PERIOD',
  qualification_period: 'MONTH',
  start_date: { type: 'IMMEDIATE' },
  expiration_date: { type, extend },
});

describe('by the points that a member has', () => {
  const now = (before: Standing | null, points: number) => standingNow(TIERS, TIER_RULES, before, { points, at, zone });
  const silver: Standing = { tierId: 'silver', since: '2026-01-01T00:00:00.000Z', until: null };

  test('they join, rise, fall and leave at once', () => {
    expect(now(null, 99)).toEqual({ standing: null, move: null });
    expect(now(null, 100)).toEqual({ standing: { tierId: 'silver', since: at, until: null }, move: 'joined' });
    expect(now(silver, 499)).toEqual({ standing: silver, move: null });
    expect(now(silver, 500)).toEqual({ standing: { tierId: 'gold', since: at, until: null }, move: 'upgraded' });
    expect(now({ ...silver, tierId: 'gold' }, 100)).toMatchObject({ standing: { tierId: 'silver' }, move: 'downgraded' });
    expect(now(silver, 99)).toEqual({ standing: null, move: 'left' });
  });
});

describe('by the points of a period', () => {
  const rules = monthly('END_OF_PERIOD');
  const now = (before: Standing | null, points: number, when = at, by = rules) =>
    standingNow(TIERS, by, before, { points, at: when, zone });
  const march = '2026-04-01T00:00:00.000Z';

  test('a tier lasts until the end of the period, or of the next, and as much longer as the program says', () => {
    expect(now(null, 150).standing?.until).toBe(march);
    expect(now(null, 150, at, monthly('END_OF_NEXT_PERIOD')).standing?.until).toBe('2026-05-01T00:00:00.000Z');
    expect(now(null, 150, at, monthly('END_OF_PERIOD', 'P7D')).standing?.until).toBe('2026-04-08T00:00:00.000Z');
  });

  test('it stays though points went, rises when more came, and falls when it is over', () => {
    const gold: Standing = { tierId: 'gold', since: at, until: march };
    expect(now(gold, 0)).toEqual({ standing: gold, move: null });
    expect(now({ ...gold, tierId: 'silver' }, 600)).toMatchObject({ standing: { tierId: 'gold' }, move: 'upgraded' });
    expect(now(gold, 150, march)).toMatchObject({ standing: { tierId: 'silver', until: '2026-05-01T00:00:00.000Z' }, move: 'downgraded' });
    expect(now(gold, 0, march)).toEqual({ standing: null, move: 'left' });
  });

  test('it is prolonged by who reaches it again in the next period', () => {
    const longer = monthly('END_OF_NEXT_PERIOD');
    const silver: Standing = { tierId: 'silver', since: at, until: '2026-05-01T00:00:00.000Z' };
    expect(now(silver, 200, '2026-04-02T00:00:00.000Z', longer)).toEqual({
      standing: { ...silver, until: '2026-06-01T00:00:00.000Z' },
      move: 'prolonged',
    });
    expect(now(silver, 300, '2026-03-20T00:00:00.000Z', longer)).toEqual({ standing: silver, move: null });
  });

  test.each([
    ['MONTH', '2026-05-01', '2026-06-01'],
    ['QUARTER', '2026-04-01', '2026-07-01'],
    ['HALF_YEAR', '2026-01-01', '2026-07-01'],
    ['YEAR', '2026-01-01', '2027-01-01'],
  ] as const)('%s is a period of the calendar, where the project is', (period, start, end) => {
    const { start: from, end: to } = periodAt('2026-05-31T23:30:00+02:00', period, 'Europe/Berlin');
    const local = (time: string) => new Date(Date.parse(time) + 2 * 3_600_000).toISOString().slice(0, 10);
    expect([local(from), local(to)]).toEqual([start, end]);
  });
});

test('tiers have points of their own', () => {
  expect(overlapping(TIERS)).toBeNull();
  expect(overlapping([SILVER, { id: 'bronze', from: 50, to: 100 }])?.id).toBe('silver');
  expect(overlapping([GOLD, { id: 'platinum', from: 900, to: null }])?.id).toBe('platinum');
  expect(tierFor([{ id: 'low', from: 0, to: 9 }, GOLD], 10)).toBeNull();
});

test('wherever a member stood, their points say where they stand, and a second look changes nothing', () => {
  const standing = fc.option(fc.constantFrom('silver', 'gold', 'gone').map((tierId): Standing => ({ tierId, since: at, until: null })));
  fc.assert(
    fc.property(standing, fc.integer({ min: 0, max: 1_000 }), (before, points) => {
      const first = standingNow(TIERS, TIER_RULES, before, { points, at, zone });
      expect(first.standing?.tierId ?? null).toBe(tierFor(TIERS, points)?.id ?? null);
      expect(standingNow(TIERS, TIER_RULES, first.standing, { points, at, zone })).toEqual({ standing: first.standing, move: null });
    }),
  );
});
