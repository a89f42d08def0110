import { describe, expect, test } from 'vitest';
import { refusalOfClosedWindow, timeframeProblem, type ValidityWindow } from '../../../../domain/voucher/validity-window.ts';

const BERLIN = 'Europe/Berlin';
const NEW_YORK = 'America/New_York';

interface Case {
  window: ValidityWindow;
  at: string;
  start?: string;
  end?: string;
  zone?: string;
}

const refusal = ({ window, at, start, end, zone = BERLIN }: Case) => {
  const of = { what: 'Voucher A', startsAt: start ? Date.parse(start) : null, endsAt: end ? Date.parse(end) : null };
  return refusalOfClosedWindow(window, of, Date.parse(at), zone);
};

/** `open`, or when it is open next. */
const stateAt = (each: Case): unknown => {
  const refused = refusal(each);
  return refused === null ? 'open' : refused.value;
};

const hours = (start: string, end: string, days?: number[]): ValidityWindow => ({
  validity_hours: { daily: [{ start_time: start, expiration_time: end, ...(days && { days_of_week: days }) }] },
});

describe('days of the week', () => {
  const weekend: ValidityWindow = { validity_day_of_week: [0, 6] };
  test.each([
    ['a Saturday', { at: '2026-03-07T12:00:00Z' }, 'open'],
    ['a Sunday, which is 0', { at: '2026-03-08T12:00:00Z' }, 'open'],
    ['a Monday: next Saturday at local midnight', { at: '2026-03-09T12:00:00Z' }, '2026-03-13T23:00:00.000Z'],
    ['Friday late in UTC, when it is Saturday in Berlin', { at: '2026-03-06T23:30:00Z' }, 'open'],
    ['Sunday late in UTC, when it is Monday in Berlin', { at: '2026-03-08T23:30:00Z' }, '2026-03-13T23:00:00.000Z'],
    ['the same moment in New York', { at: '2026-03-08T23:30:00Z', zone: NEW_YORK }, 'open'],
    ['the last moment of the weekend', { at: '2026-03-08T22:59:59.999Z' }, 'open'],
    ['the first moment after it', { at: '2026-03-08T23:00:00Z' }, '2026-03-13T23:00:00.000Z'],
    ['with daylight saving between: midnight is an hour earlier in UTC', { at: '2026-03-30T12:00:00Z' }, '2026-04-03T22:00:00.000Z'],
  ])('%s', (_, each, expected) => {
    expect(stateAt({ window: weekend, ...each })).toBe(expected);
  });

  test('the window has its own zone', () => {
    const at = '2026-03-08T23:30:00Z';
    expect(stateAt({ window: { ...weekend, timezone: NEW_YORK }, at })).toBe('open');
    expect(stateAt({ window: { ...weekend, timezone: 'Asia/Tokyo' }, at })).toBe('2026-03-13T15:00:00.000Z');
  });

  test('a day whose midnight is skipped begins when it begins', () => {
    // Santiago sets its clocks from 24:00 to 01:00.
    const window: ValidityWindow = { validity_day_of_week: [0], timezone: 'America/Santiago' };
    expect(stateAt({ window, at: '2026-09-05T12:00:00Z' })).toBe('2026-09-06T04:00:00.000Z');
  });
});

describe('hours of the day', () => {
  test.each([
    ['within', '2026-01-15T09:30:00Z', 'open'],
    ['at the start, which belongs to it', '2026-01-15T08:00:00Z', 'open'],
    ['at the end, which does not', '2026-01-15T16:00:00Z', '2026-01-16T08:00:00.000Z'],
    ['a moment before the end', '2026-01-15T15:59:59.999Z', 'open'],
    ['before', '2026-01-15T06:00:00Z', '2026-01-15T08:00:00.000Z'],
    ['in summer, an hour earlier in UTC', '2026-07-15T07:00:00Z', 'open'],
    ['in summer, before', '2026-07-15T06:59:00Z', '2026-07-15T07:00:00.000Z'],
  ])('9 to 17: %s', (_, at, expected) => {
    expect(stateAt({ window: hours('09:00', '17:00'), at })).toBe(expected);
  });

  test.each([
    ['before midnight', '2026-01-16T22:30:00Z', 'open'],
    ['after midnight, on the next day', '2026-01-17T00:30:00Z', 'open'],
    ['at the end', '2026-01-17T01:00:00Z', '2026-01-23T21:00:00.000Z'],
    ['after the midnight before, which belongs to Thursday', '2026-01-16T00:30:00Z', '2026-01-16T21:00:00.000Z'],
  ])('22 to 2 on Fridays: %s', (_, at, expected) => {
    expect(stateAt({ window: hours('22:00', '02:00', [5]), at })).toBe(expected);
  });

  test('hours that end when they begin are the whole day', () => {
    const window = hours('06:00', '06:00', [1]);
    expect(stateAt({ window, at: '2026-01-12T05:00:00Z' })).toBe('open');
    expect(stateAt({ window, at: '2026-01-13T04:59:00Z' })).toBe('open');
    expect(stateAt({ window, at: '2026-01-13T05:00:00Z' })).toBe('2026-01-19T05:00:00.000Z');
  });

  test('several hours of a day', () => {
    const window: ValidityWindow = {
      validity_hours: {
        daily: [
          { start_time: '08:00', expiration_time: '10:00', days_of_week: [1, 2, 3, 4, 5] },
          { start_time: '18:00', expiration_time: '20:00' },
        ],
      },
    };
    expect(stateAt({ window, at: '2026-01-12T08:00:00Z' })).toBe('open');
    expect(stateAt({ window, at: '2026-01-12T10:00:00Z' })).toBe('2026-01-12T17:00:00.000Z');
    expect(stateAt({ window, at: '2026-01-16T20:00:00Z' })).toBe('2026-01-17T17:00:00.000Z');
  });
});

describe('the night that loses an hour (Berlin, 2026-03-29, 2:00 becomes 3:00)', () => {
  test.each([
    ['hours that are skipped are not that day', hours('02:00', '03:00'), '2026-03-29T01:00:00Z', '2026-03-30T00:00:00.000Z'],
    ['a moment before', hours('02:00', '03:00'), '2026-03-29T00:59:59Z', '2026-03-30T00:00:00.000Z'],
    ['hours that begin in the gap begin when it ends', hours('02:30', '03:30'), '2026-03-29T00:30:00Z', '2026-03-29T01:00:00.000Z'],
    ['and are open then', hours('02:30', '03:30'), '2026-03-29T01:15:00Z', 'open'],
    ['and end at their time', hours('02:30', '03:30'), '2026-03-29T01:30:00Z', '2026-03-30T00:30:00.000Z'],
    ['hours that end in the gap end when it begins', hours('01:00', '02:30'), '2026-03-29T01:00:00Z', '2026-03-29T23:00:00.000Z'],
    ['hours around the gap are an hour shorter', hours('01:00', '04:00'), '2026-03-29T01:30:00Z', 'open'],
    ['hours over midnight', hours('23:00', '04:00'), '2026-03-29T01:59:00Z', 'open'],
    ['and their end', hours('23:00', '04:00'), '2026-03-29T02:00:00Z', '2026-03-29T21:00:00.000Z'],
  ])('%s', (_, window, at, expected) => {
    expect(stateAt({ window, at })).toBe(expected);
  });
});

describe('the night that has an hour twice (Berlin, 2026-10-25, 3:00 becomes 2:00)', () => {
  test.each([
    ['the first time', hours('02:00', '03:00'), '2026-10-25T00:30:00Z', 'open'],
    ['the second time', hours('02:00', '03:00'), '2026-10-25T01:30:00Z', 'open'],
    ['after both', hours('02:00', '03:00'), '2026-10-25T02:00:00Z', '2026-10-26T01:00:00.000Z'],
    ['before both', hours('02:00', '03:00'), '2026-10-24T23:30:00Z', '2026-10-25T00:00:00.000Z'],
    ['hours that end within it, the first time', hours('01:30', '02:30'), '2026-10-25T00:29:00Z', 'open'],
    ['between: until the clock is set back', hours('01:30', '02:30'), '2026-10-25T00:45:00Z', '2026-10-25T01:00:00.000Z'],
    ['the second time', hours('01:30', '02:30'), '2026-10-25T01:15:00Z', 'open'],
    ['after', hours('01:30', '02:30'), '2026-10-25T01:30:00Z', '2026-10-26T00:30:00.000Z'],
    ['hours that begin within it, first', hours('02:30', '04:00'), '2026-10-25T00:30:00Z', 'open'],
    ['closed again for half an hour', hours('02:30', '04:00'), '2026-10-25T01:10:00Z', '2026-10-25T01:30:00.000Z'],
    ['and open again', hours('02:30', '04:00'), '2026-10-25T01:30:00Z', 'open'],
  ])('%s', (_, window, at, expected) => {
    expect(stateAt({ window, at })).toBe(expected);
  });
});

describe('a timeframe that comes again', () => {
  const every = (interval: string, duration: string): ValidityWindow => ({ validity_timeframe: { interval, duration } });
  const start = '2026-03-01T09:00:00Z';
  test.each([
    ['the first time', every('P2D', 'PT1H'), '2026-03-01T09:30:00Z', 'open'],
    ['after the first', every('P2D', 'PT1H'), '2026-03-01T10:00:00Z', '2026-03-03T09:00:00.000Z'],
    ['the day between', every('P2D', 'PT1H'), '2026-03-02T09:30:00Z', '2026-03-03T09:00:00.000Z'],
    ['the second time', every('P2D', 'PT1H'), '2026-03-03T09:59:59Z', 'open'],
    ['at the same local time after daylight saving begins', every('P2D', 'PT1H'), '2026-03-31T08:30:00Z', 'open'],
    ['not at the old one', every('P2D', 'PT1H'), '2026-03-31T09:30:00Z', '2026-04-02T08:00:00.000Z'],
    ['hours are exact over it', every('PT48H', 'PT1H'), '2026-03-31T09:30:00Z', 'open'],
    ['years later', every('P1D', 'PT12H'), '2031-03-01T12:00:00Z', 'open'],
    ['a duration as long as the interval is always', every('P1D', 'P1D'), '2026-05-05T05:05:05Z', 'open'],
    ['weeks', every('P1W', 'P1D'), '2026-03-09T08:59:00Z', 'open'],
  ])('%s', (_, window, at, expected) => {
    expect(stateAt({ window, at, start })).toBe(expected);
  });

  test('a month after the 31st is its last day, and the month after that the 31st again', () => {
    const window = every('P1M', 'P1D');
    const from = '2026-01-31T00:00:00Z';
    expect(stateAt({ window, at: '2026-02-28T12:00:00Z', start: from, zone: 'UTC' })).toBe('open');
    expect(stateAt({ window, at: '2026-03-30T12:00:00Z', start: from, zone: 'UTC' })).toBe('2026-03-31T00:00:00.000Z');
  });
});

describe('all together', () => {
  const window: ValidityWindow = {
    validity_timeframe: { interval: 'P1W', duration: 'P3D' },
    validity_day_of_week: [2],
    ...hours('10:00', '12:00'),
  };
  test('the next time is when all hold', () => {
    // From Monday on, three days of each week.
    expect(stateAt({ window, at: '2026-01-14T00:00:00Z', start: '2026-01-05T00:00:00Z', zone: 'UTC' })).toBe('2026-01-20T10:00:00.000Z');
  });

  test('what never meets is never again, and neither is what would come after the end', () => {
    const never: ValidityWindow = { validity_day_of_week: [1], ...hours('10:00', '12:00', [2]) };
    expect(refusal({ window: never, at: '2026-01-14T00:00:00Z' })).toMatchObject({ key: 'voucher_not_active_now', value: null });
    const late = { window, at: '2026-01-14T00:00:00Z', start: '2026-01-05T00:00:00Z', end: '2026-01-20T10:00:00Z', zone: 'UTC' };
    expect(refusal(late)).toMatchObject({ value: null, details: 'Voucher A is not valid now, and will not be again' });
  });

  test('the refusal tells which condition was not met, and the local time', () => {
    expect(refusal({ window: hours('09:00', '17:00'), at: '2026-01-15T06:00:00Z' })).toEqual({
      key: 'voucher_not_active_now',
      message: 'voucher is not active now',
      condition: 'validity_hours',
      value: '2026-01-15T08:00:00.000Z',
      details: 'Voucher A is not valid now. It is again from 2026-01-15T08:00:00.000Z (2026-01-15 09:00 in Europe/Berlin)',
    });
  });
});

test.each([
  ['P2D', 'PT1H', null],
  ['P1D', 'P1D', null],
  ['P1D', 'P2D', 'must not last longer than its interval'],
  ['P1D', 'PT0S', 'must last longer than nothing'],
  ['PT1S', 'PT1S', 'must have an interval of one minute to ten years'],
])('a timeframe of %s every %s', (interval, duration, problem) => {
  expect(timeframeProblem(interval, duration)).toBe(problem);
});
