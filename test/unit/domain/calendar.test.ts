import { expect, test } from 'vitest';
import { durationProblem, earlier, endOfLocalDay, firstZone, later, localTimeIsPast, nextLocalTime } from '../../../domain/calendar.ts';

test('a day later is the same local time, over a change of clocks too', () => {
  expect(later('2026-03-28T08:00:00Z', 'P1D', 'Europe/Berlin')).toBe('2026-03-29T07:00:00.000Z');
  expect(later('2026-03-28T08:00:00Z', 'PT24H', 'Europe/Berlin')).toBe('2026-03-29T08:00:00.000Z');
  expect(later('2026-10-24T08:00:00Z', 'P14D', 'Europe/Berlin')).toBe('2026-11-07T09:00:00.000Z');
  expect(earlier('2026-11-07T09:00:00Z', 'P14D', 'Europe/Berlin')).toBe('2026-10-24T08:00:00.000Z');
  expect(later('2026-01-31T10:00:00Z', 'P1M', 'UTC')).toBe('2026-02-28T10:00:00.000Z');
});

test('the end of a local day is its last millisecond', () => {
  expect(endOfLocalDay('2026-06-01T20:00:00Z', 'P14D', 'Europe/Berlin')).toBe('2026-06-15T21:59:59.999Z');
  expect(endOfLocalDay('2026-06-01T20:00:00Z', 'P14D', 'Pacific/Auckland')).toBe('2026-06-16T11:59:59.999Z');
});

test('nine in the morning is nine where the customer is', () => {
  expect(nextLocalTime('2026-06-01T06:00:00Z', '09:00', [], 'Europe/Berlin')).toBe('2026-06-01T07:00:00.000Z');
  expect(nextLocalTime('2026-06-01T07:00:00Z', '09:00', [], 'Europe/Berlin')).toBe('2026-06-01T07:00:00.000Z');
  expect(nextLocalTime('2026-06-01T07:00:01Z', '09:00', [], 'Europe/Berlin')).toBe('2026-06-02T07:00:00.000Z');
  expect(nextLocalTime('2026-06-01T06:00:00Z', '09:00', ['fri'], 'America/New_York')).toBe('2026-06-05T13:00:00.000Z');
  expect(nextLocalTime('2026-06-01T14:00:00Z', '09:00', ['mon'], 'America/New_York')).toBe('2026-06-08T13:00:00.000Z');
  expect(localTimeIsPast('2026-06-01T14:00:00Z', '09:00', ['mon'], 'America/New_York')).toBe(true);
  expect(localTimeIsPast('2026-06-01T14:00:00Z', '09:00', ['tue'], 'America/New_York')).toBe(false);
});

test('a local time that a change of clocks skips or repeats comes once', () => {
  expect(nextLocalTime('2026-03-28T20:00:00Z', '02:30', [], 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z');
  expect(nextLocalTime('2026-10-24T20:00:00Z', '02:30', [], 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z');
});

test('who waits for the same time every day is woken once a night, also in the hour that comes twice', () => {
  const nights: string[] = [];
  for (let at = '2026-10-23T20:00:00Z'; nights.length < 4; at = new Date(Date.parse(at) + 1000).toISOString()) {
    at = nextLocalTime(at, '02:30', [], 'Europe/Berlin');
    nights.push(at);
  }
  expect(nights).toEqual(['2026-10-24T00:30:00.000Z', '2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z', '2026-10-27T01:30:00.000Z']);
});

test('an unknown zone gives way to the next', () => {
  expect(firstZone('Mars/Olympus', null, 'Europe/Berlin')).toBe('Europe/Berlin');
  expect(firstZone(undefined, '')).toBe('UTC');
});

test('durations are positive and bounded', () => {
  expect(durationProblem('P3D')).toBeNull();
  expect(durationProblem('P1Y2M')).toBeNull();
  for (const wrong of ['P3', '3 days', '-P1D', 'PT0S', 'P99Y']) expect(durationProblem(wrong), wrong).not.toBeNull();
});
