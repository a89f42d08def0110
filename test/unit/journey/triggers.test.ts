import { describe, expect, test } from 'vitest';
import { launchStart } from '../../../domain/journey/launch-time.ts';
import { parseJourney } from '../../../domain/journey/parse.ts';
import { translationsOf } from '../../../domain/journey/steps/sending.ts';

const messages = (text: string) => parseJourney(text).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
const journey = (trigger: string, more = '') => `journey: x\ntrigger: ${trigger}\n${more}\nsteps: { a: { do: wait, for: P1D } }`;

describe('a trigger', () => {
  test.each([
    '{ event: a.b }',
    '{ segment: vip }',
    '{ manual: true }',
    '{ manual: { audience: { customers: [crm-1] } } }',
    "{ schedule: { cron: '0 8 * * mon', timezone: Europe/Berlin, audience: { segment: vip } } }",
    "{ schedule: { cron: '0 8 * * *', audience: { query: { orders.last_at: { conditions: { $more_than_ago: [60] } } } } } }",
  ])('%s lets customers in', (trigger) => {
    expect(messages(journey(trigger))).toEqual([]);
  });

  test.each([
    ['{ event: a.b, segment: vip }', 'trigger: needs exactly one of event, segment, schedule and manual'],
    ['{ reentry: never }', 'trigger: needs exactly one of event, segment, schedule and manual'],
    ["{ schedule: { cron: '0 25 * * *', audience: { segment: vip } } }", 'trigger.schedule.cron: has 25 as the hour'],
    [
      "{ schedule: { cron: '0 8 * * *', timezone: Mars, audience: { segment: vip } } }",
      'trigger.schedule.timezone: is not an IANA time zone',
    ],
    ['{ manual: { audience: { segment: vip, customers: [a] } } }', 'needs exactly one of segment, customers and query'],
    ['{ event: a.b, reentry: after(PX) }', 'trigger.reentry: is not an ISO 8601 duration'],
    ["{ schedule: { cron: '0 8 * * *', audience: { query: { shoe_size: { conditions: { $is: [42] } } } } } }", 'shoe_size is not a field'],
  ])('%s does not', (trigger, message) => {
    expect(messages(journey(trigger)).join()).toContain(message);
  });

  test('a holdout names its share and its salt', () => {
    expect(messages(journey('{ event: a.b }', 'holdout: { percent: 10, salt: spring }'))).toEqual([]);
    expect(messages(journey('{ event: a.b }', 'holdout: { percent: 10 }'))).toEqual(['holdout.salt: is missing']);
    expect(messages(journey('{ event: a.b }', 'holdout: { percent: 101, salt: s }')).join()).toContain('holdout.percent');
  });
});

describe('a launch at a local time', () => {
  const start = (now: string, minutes = 0, customer = 'cust_1', zone = 'Europe/Berlin') =>
    launchStart({ at: '09:00', jitter_minutes: minutes }, 'lch_1', customer, now, zone);

  test('begins at the next such time of the customer', () => {
    expect(start('2026-06-01T06:00:00.000Z')).toBe('2026-06-01T07:00:00.000Z');
    expect(start('2026-06-01T07:00:01.000Z')).toBe('2026-06-02T07:00:00.000Z');
    expect(start('2026-06-01T06:00:00.000Z', 0, 'cust_1', 'America/New_York')).toBe('2026-06-01T13:00:00.000Z');
    expect(launchStart(null, 'lch_1', 'cust_1', '2026-06-01T06:00:00.000Z', 'UTC')).toBe('2026-06-01T06:00:00.000Z');
  });

  test('spreads customers over the minutes after it, each always to the same', () => {
    const people = Array.from({ length: 500 }, (_each, index) => `cust_${index}`);
    const starts = people.map((each) => Date.parse(start('2026-06-01T05:00:00.000Z', 30, each)));
    const first = Date.parse('2026-06-01T07:00:00.000Z');
    expect(Math.min(...starts)).toBe(first);
    expect(Math.max(...starts)).toBe(first + 29 * 60_000);
    expect(new Set(starts).size).toBe(30);
    expect(start('2026-06-01T05:00:00.000Z', 30)).toBe(start('2026-06-01T05:30:00.000Z', 30));
  });

  test('never begins in the past', () => {
    for (const minute of ['00', '10', '29', '59']) {
      const now = `2026-06-01T07:${minute}:00.000Z`;
      for (const each of ['a', 'b', 'c', 'd']) expect(Date.parse(start(now, 30, each))).toBeGreaterThanOrEqual(Date.parse(now));
    }
  });
});

test('the nearest translation of a template is taken', () => {
  expect(translationsOf('welcome', 'de-AT')).toEqual(['welcome-de-at', 'welcome-de', 'welcome']);
  expect(translationsOf('welcome', 'pt_BR')).toEqual(['welcome-pt-br', 'welcome-pt', 'welcome']);
  expect(translationsOf('welcome', null)).toEqual(['welcome']);
});
