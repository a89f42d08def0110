import { expect, test } from 'vitest';
import { didYouMean } from '../../../domain/suggestion.ts';

const known = ['welcome', 'win_back', 'reminder', 'end'];

test.each([
  ['welcom', '; did you mean welcome?'],
  ['wlecome', '; did you mean welcome?'],
  ['win-back', '; did you mean win_back?'],
  ['Reminder', '; did you mean reminder?'],
  ['nd', '; did you mean end?'],
  ['something-else', ''],
  ['', ''],
])('%s is answered with %j', (wrong, said) => {
  expect(didYouMean(wrong, known)).toBe(said);
});

test('what is long is compared by its first letters, and many are', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `template_${index}`);
  expect(didYouMean('x'.repeat(100_000), ['y'.repeat(100_000)])).toBe('');
  expect(didYouMean('templat_1', many)).toBe('; did you mean template_1?');
});
