import { array, assert, integer, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { giveBack, UNUSED, use, type Allowance } from '../../../../domain/delivery/allowance.ts';
import { quietUntil, timingOf, type SendingRules } from '../../../../domain/delivery/sending.ts';

const night: SendingRules = { quiet_hours: { from: '21:00', to: '08:00' }, frequency_caps: {} };
const noon: SendingRules = { quiet_hours: { from: '12:00', to: '13:30' }, frequency_caps: {} };

describe('quiet hours', () => {
  test.each([
    ['before the night', '2026-06-01T18:59:00Z', null],
    ['at its first minute', '2026-06-01T19:00:00Z', '2026-06-02T06:00:00.000Z'],
    ['before midnight', '2026-06-01T21:59:59Z', '2026-06-02T06:00:00.000Z'],
    ['after midnight', '2026-06-01T22:30:00Z', '2026-06-02T06:00:00.000Z'],
    ['in its last minute', '2026-06-02T05:59:59Z', '2026-06-02T06:00:00.000Z'],
    ['at its end', '2026-06-02T06:00:00Z', null],
    ['in the night that is an hour shorter', '2026-03-28T22:00:00Z', '2026-03-29T06:00:00.000Z'],
    ['in the night that is an hour longer', '2026-10-24T22:00:00Z', '2026-10-25T07:00:00.000Z'],
  ])('over midnight in Berlin, %s', (_when, now, until) => {
    expect(quietUntil(night, now, 'Europe/Berlin')).toBe(until);
  });

  test('that end in the hour which a change of clocks skips end as much later as it skips', () => {
    const early: SendingRules = { quiet_hours: { from: '22:00', to: '02:30' }, frequency_caps: {} };
    expect(quietUntil(early, '2026-03-29T00:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z');
  });

  test('within a day', () => {
    expect(quietUntil(noon, '2026-06-01T12:15:00Z', 'UTC')).toBe('2026-06-01T13:30:00.000Z');
    expect(quietUntil(noon, '2026-06-01T11:15:00Z', 'UTC')).toBeNull();
  });

  test('are waited out, left out or ignored, and nobody waits for what is too late then', () => {
    const mail = { zone: 'Europe/Berlin', late_at: null, quiet_hours: 'defer' } as const;
    const at = '2026-06-01T22:00:00Z';
    expect(timingOf(night, mail, at)).toEqual({ deferTo: '2026-06-02T06:00:00.000Z' });
    expect(timingOf(night, { ...mail, quiet_hours: 'skip' }, at)).toEqual({ skip: 'quiet_hours' });
    expect(timingOf(night, { ...mail, quiet_hours: 'ignore' }, at)).toEqual({ send: true });
    expect(timingOf(night, { ...mail, late_at: '2026-06-02T05:00:00Z' }, at)).toEqual({ skip: 'too_late' });
    expect(timingOf(night, { ...mail, late_at: '2026-06-02T07:00:00Z' }, at)).toEqual({ deferTo: '2026-06-02T06:00:00.000Z' });
    expect(timingOf(night, { ...mail, late_at: '2026-06-01T21:00:00Z', quiet_hours: 'ignore' }, at)).toEqual({ skip: 'too_late' });
  });
});

const day = (number: number) => new Date(Date.UTC(2026, 0, 1) + number * 86_400_000).toISOString();

describe('an allowance', () => {
  test('holds in every stretch of time, and gives back what was not used', () => {
    const limit = { limit: 2, per: 'P7D' };
    const one = use(UNUSED, limit, { id: 'a', at: day(0) }) as Allowance;
    const two = use(one, limit, { id: 'b', at: day(3) }) as Allowance;
    expect(use(two, limit, { id: 'c', at: day(6) })).toBeNull();
    expect(use(two, limit, { id: 'c', at: day(7) })?.recent).toHaveLength(3);
    expect(use(giveBack(two, 'b'), limit, { id: 'c', at: day(6) })).not.toBeNull();
    // Sent at another time than planned.
    expect(use(two, limit, { id: 'b', at: day(5) })?.recent).toContainEqual({ id: 'b', at: day(5) });
  });

  test('counts all there are where it has no window', () => {
    const limit = { limit: 2, per: null };
    const two = [1, 2].reduce<Allowance | null>((all, each) => all && use(all, limit, { id: `${each}`, at: day(each) }), UNUSED);
    expect(two).toMatchObject({ total: 2 });
    expect(two && use(two, limit, { id: '3', at: day(300) })).toBeNull();
  });

  test('is never exceeded, whatever comes', () => {
    const uses = array(tuple(integer({ min: 0, max: 15 }), integer({ min: 0, max: 40 })), { maxLength: 60 });
    assert(
      property(uses, integer({ min: 1, max: 4 }), (asked, limit) => {
        let allowance = UNUSED;
        for (const [id, at] of asked) allowance = use(allowance, { limit, per: 'P7D' }, { id: String(id), at: day(at) }) ?? allowance;
        for (let from = 0; from <= 40; from += 1) {
          const within = allowance.recent.filter(({ at }) => at >= day(from) && at < day(from + 7));
          expect(within.length).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });
});
