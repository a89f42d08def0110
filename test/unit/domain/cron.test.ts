import { expect, test } from 'vitest';
import { cronProblem } from '../../../domain/cron.ts';

test.each(['0 8 * * *', '*/15 9-17 * * mon-fri', '0 0 1,15 * *', '30 6 * jan,jul 0', '5 4 * * 7', '0 0-23/2 * * *'])(
  '%s is a time',
  (text) => {
    expect(cronProblem(text)).toBeNull();
  },
);

test.each([
  ['0 8 * *', 'must be five fields'],
  ['60 8 * * *', 'has 60 as the minute, which must be *, or of 0 to 59'],
  ['0 25 * * *', 'the hour'],
  ['0 8 0 * *', 'the day of the month'],
  ['0 8 * 13 *', 'the month'],
  ['0 8 * * tomorrow', 'the day of the week'],
  ['0 8-5 * * *', 'the hour'],
  ['0 */0 * * *', 'the hour'],
  ['0 1-2-3 * * *', 'the hour'],
  ['@daily', 'must be five fields'],
])('%s is none', (text, message) => {
  expect(cronProblem(text)).toContain(message);
});
