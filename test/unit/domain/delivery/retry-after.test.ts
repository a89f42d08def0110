import { expect, test } from 'vitest';
import { retryAfter } from '../../../../domain/delivery/retry-after.ts';
import { subscribes } from '../../../../domain/webhook/event-types.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');

test.each([
  ['30', 30_000],
  [' 120 ', 120_000],
  ['0', 1_000],
  ['86400', 3_600_000],
  ['999999999999', 3_600_000],
  ['Sat, 31 Jan 2026 12:01:00 GMT', 60_000],
  ['Sat, 31 Jan 2026 11:00:00 GMT', 1_000],
  ['Fri, 31 Dec 2199 23:59:59 GMT', 3_600_000],
  ['-5', null],
  ['1e9', null],
  ['0x10', null],
  ['soon', null],
  ['Sat, 99 Xyz 2026 12:01:00 GMT', null],
  ['9999999999999999999999', null],
  ['', null],
  [undefined, null],
])('Retry-After: %s means %s ms', (header, ms) => {
  expect(retryAfter(header, NOW)).toBe(ms);
});

test.each([
  [['*'], 'order.paid', true],
  [['voucher.*'], 'voucher.expired', true],
  [['voucher.*'], 'vouchers.expired', false],
  [['redemption.*'], 'redemption.rollback.succeeded', true],
  [['order.paid', 'order.refunded'], 'order.refunded', true],
  [['order.paid'], 'order.paid.late', false],
])('%s subscribes to %s: %s', (patterns, type, does) => {
  expect(subscribes(patterns, type)).toBe(does);
});
