import { expect, test } from 'vitest';
import { activationOf } from '../../../../domain/loyalty/pending-points.ts';

test.each([
  ['the next day', 1, '2026-01-01T10:00:00Z', 'UTC', '2026-01-02', '2026-01-02T00:00:00.000Z'],
  ['where it is the next day already', 1, '2026-01-01T23:30:00Z', 'Europe/Berlin', '2026-01-03', '2026-01-02T23:00:00.000Z'],
  ['on the leap day', 14, '2028-02-15T10:00:00Z', 'UTC', '2028-02-29', '2028-02-29T00:00:00.000Z'],
  ['over the day with 23 hours', 2, '2026-03-28T12:00:00Z', 'Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
  ['over the day with 25 hours', 2, '2026-10-24T12:00:00Z', 'Europe/Berlin', '2026-10-26', '2026-10-25T23:00:00.000Z'],
  ['on a day without a midnight', 3, '2018-11-01T12:00:00Z', 'America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
  ['ninety days on, over the end of a year', 90, '2025-12-31T00:00:00Z', 'UTC', '2026-03-31', '2026-03-31T00:00:00.000Z'],
])('points that wait can be spent %s', (_, days, at, zone, day, start) => {
  expect(activationOf(days, at, zone)).toEqual({ day, at: start });
});
