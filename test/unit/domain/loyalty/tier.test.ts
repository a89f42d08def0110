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
import { periodAt, startBefore, tierEndAfter, type TierRounding } from '../../../../domain/loyalty/tier-period.ts';

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

describe('a tier that lasts for a time', () => {
  const ends = (from: string, extend: string, rounding?: TierRounding, where = zone, isEnd = false) =>
    tierEndAfter(from, { extend, rounding, isEnd }, where);
  const to = (type: TierRounding['type'], strategy: TierRounding['strategy'] = 'END', value?: number): TierRounding => ({
    type,
    strategy,
    ...(value !== undefined && { value }),
  });

  test.each([
    ['with the end of the day so much later', '2026-01-15T10:00:00Z', 'P3M', undefined, '2026-04-16'],
    ['with the end of a month that is too short', '2026-01-31T10:00:00Z', 'P1M', undefined, '2026-03-01'],
    ['with the leap day', '2028-01-31T10:00:00Z', 'P1M', undefined, '2028-03-01'],
    ['a year after a leap day', '2028-02-29T10:00:00Z', 'P1Y', undefined, '2029-03-01'],
    ['with the end of the month', '2026-01-15T10:00:00Z', 'P3M', to('MONTH'), '2026-05-01'],
    ['with the end of the quarter', '2026-01-15T10:00:00Z', 'P3M', to('QUARTER'), '2026-07-01'],
    ['with the end of the half-year', '2026-01-15T10:00:00Z', 'P3M', to('HALF_YEAR'), '2026-07-01'],
    ['with the end of the year', '2026-01-15T10:00:00Z', 'P12M', to('YEAR'), '2028-01-01'],
    ['with the start of the month', '2026-01-15T10:00:00Z', 'P3M', to('MONTH', 'START'), '2026-04-01'],
    ['with the start of the next, where that of this is past', '2026-01-15T10:00:00Z', 'P3D', to('MONTH', 'START'), '2026-02-01'],
    ['with the end of the next June', '2026-07-15T10:00:00Z', 'P1M', to('CUSTOM', 'END', 5), '2027-07-01'],
    ['with the end of this June', '2026-05-15T10:00:00Z', 'P1M', to('CUSTOM', 'END', 5), '2026-07-01'],
    ['with the start of the next June', '2026-07-15T10:00:00Z', 'P1M', to('CUSTOM', 'START', 5), '2027-06-01'],
    ['with the end of a February that has 29 days', '2027-03-01T10:00:00Z', 'P1M', to('CUSTOM', 'END', 1), '2028-03-01'],
  ])('ends %s', (_, from, extend, rounding, day) => {
    expect(ends(from, extend, rounding)).toBe(`${day}T00:00:00.000Z`);
  });

  test('ends by the days of the project’s time zone, however long these are', () => {
    // The clock goes forward between, and the day on which it ends begins an hour earlier in UTC.
    expect(ends('2026-03-28T22:30:00Z', 'P1D', undefined, 'Europe/Berlin')).toBe('2026-03-29T22:00:00.000Z');
    expect(ends('2026-03-28T23:30:00Z', 'P1D', undefined, 'Europe/Berlin')).toBe('2026-03-30T22:00:00.000Z');
    expect(ends('2026-10-24T10:00:00Z', 'P1D', undefined, 'Europe/Berlin')).toBe('2026-10-25T23:00:00.000Z');
    // There is no midnight on that day.
    expect(ends('2018-10-03T12:00:00Z', 'P1M', undefined, 'America/Sao_Paulo')).toBe('2018-11-04T03:00:00.000Z');
  });

  test('ends on the same day of a month again and again', () => {
    const first = ends('2026-01-15T10:00:00Z', 'P3M');
    const second = ends(first, 'P3M', undefined, zone, true);
    expect([second, ends(second, 'P3M', undefined, zone, true)]).toEqual(['2026-07-16T00:00:00.000Z', '2026-10-16T00:00:00.000Z']);
  });

  test('always ends later than it began', () => {
    const types: TierRounding['type'][] = ['MONTH', 'QUARTER', 'HALF_YEAR', 'YEAR', 'CUSTOM'];
    const any = fc.record({
      from: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) }),
      days: fc.integer({ min: 1, max: 800 }),
      rounding: fc.option(
        fc.record({
          type: fc.constantFrom(...types),
          strategy: fc.constantFrom('START', 'END' as const),
          value: fc.integer({ min: 0, max: 11 }),
        }),
        { nil: undefined },
      ),
      where: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Pacific/Apia'),
      isEnd: fc.boolean(),
    });
    fc.assert(
      fc.property(any, ({ from, days, rounding, where, isEnd }) => {
        const began = isEnd ? periodAt(new Date(from).toISOString(), 'MONTH', where).start : new Date(from).toISOString();
        const over = ends(began, `P${days}D`, rounding, where, isEnd);
        expect(Date.parse(over)).toBeGreaterThan(Date.parse(began));
        expect(Date.parse(over) - Date.parse(began)).toBeLessThan((days + 732) * 86_400_000);
      }),
      { numRuns: 300 },
    );
  });

  const rules: TierRules = {
    qualification_type: 'BALANCE',
    start_date: { type: 'IMMEDIATE' },
    expiration_date: { type: 'CUSTOM', extend: 'P3M' },
  };
  const now = (before: Standing | null, points: number, when = at) => standingNow(TIERS, rules, before, { points, at: when, zone });
  const until = '2026-06-11T00:00:00.000Z';
  const gold: Standing = { tierId: 'gold', since: at, until };

  test('stays though the points went, and goes with its time', () => {
    expect(now(null, 500)).toEqual({ standing: gold, move: 'joined' });
    expect(now(gold, 0, '2026-06-10T23:59:59.999Z')).toEqual({ standing: gold, move: null });
    expect(now(gold, 700, '2026-05-01T00:00:00.000Z')).toEqual({ standing: gold, move: null });
    expect(now(gold, 0, until)).toEqual({ standing: null, move: 'left' });
    expect(now(gold, 100, until)).toEqual({
      standing: { tierId: 'silver', since: until, until: '2026-09-12T00:00:00.000Z' },
      move: 'downgraded',
    });
    expect(now({ ...gold, tierId: 'silver' }, 500)).toMatchObject({ standing: { tierId: 'gold', since: at, until }, move: 'upgraded' });
  });

  test('goes on for as long again where the points are enough, however late somebody looks', () => {
    expect(now(gold, 500, until)).toEqual({ standing: { ...gold, until: '2026-09-11T00:00:00.000Z' }, move: 'prolonged' });
    expect(now(gold, 500, '2026-12-11T00:00:00.000Z').standing?.until).toBe('2027-03-11T00:00:00.000Z');
  });

  test('has an end from now on where it had none', () => {
    expect(now({ ...gold, until: null }, 500)).toEqual({ standing: gold, move: null });
  });
});

describe('a tier that begins with the next period', () => {
  const rules: TierRules = { ...monthly('END_OF_PERIOD'), start_date: { type: 'NEXT_PERIOD' } } as TierRules;
  const now = (before: Standing | null, points: number, when: string, by = rules, where = zone) =>
    standingNow(TIERS, by, before, { points, at: when, zone: where });

  test('counts from its start to its end, by what was collected in the one before', () => {
    expect(now(null, 150, '2026-04-01T00:00:42.000Z')).toEqual({
      standing: { tierId: 'silver', since: '2026-04-01T00:00:00.000Z', until: '2026-05-01T00:00:00.000Z' },
      move: 'joined',
    });
    const longer = { ...monthly('END_OF_NEXT_PERIOD'), start_date: { type: 'NEXT_PERIOD' } } as TierRules;
    expect(now(null, 150, '2026-04-01T00:00:42.000Z', longer).standing?.until).toBe('2026-06-01T00:00:00.000Z');
    expect(now(null, 150, '2026-04-10T00:00:00.000Z', rules, 'America/New_York').standing).toEqual({
      tierId: 'silver',
      since: '2026-04-01T04:00:00.000Z',
      until: '2026-05-01T04:00:00.000Z',
    });
  });

  test('and what is before a period is the whole of the one before', () => {
    expect(startBefore('2026-01-31T10:00:00Z', 'MONTH', zone)).toBe('2025-12-01T00:00:00.000Z');
    expect(startBefore('2026-02-10T10:00:00Z', 'QUARTER', zone)).toBe('2025-10-01T00:00:00.000Z');
    expect(startBefore('2026-08-10T10:00:00Z', 'HALF_YEAR', zone)).toBe('2026-01-01T00:00:00.000Z');
    expect(startBefore('2026-08-10T10:00:00Z', 'YEAR', 'Europe/Berlin')).toBe('2024-12-31T23:00:00.000Z');
  });
});
