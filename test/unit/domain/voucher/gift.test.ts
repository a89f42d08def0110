import { describe, expect, test } from 'vitest';
import { giftDiscount, refusalOfGift } from '../../../../domain/voucher/gift.ts';
import { ttlOf } from '../../../../domain/checkout/session.ts';

const priced = { held: 0, priced: true };

describe('a gift card', () => {
  test('has what it has left, and no more', () => {
    expect(refusalOfGift('G', { balance: 500 }, 500, priced)).toBeNull();
    expect(refusalOfGift('G', { balance: 500 }, undefined, priced)).toBeNull();
    expect(refusalOfGift('G', { balance: 500 }, 501, priced)).toMatchObject({ key: 'gift_amount_exceeded', value: 500 });
    expect(refusalOfGift('G', { balance: 0 }, undefined, priced)).toMatchObject({
      key: 'gift_amount_exceeded',
      details: 'Gift card G has 0 left',
    });
  });

  test('keeps what sessions hold for them', () => {
    expect(refusalOfGift('G', { balance: 500 }, 200, { held: 300, priced: true })).toBeNull();
    expect(refusalOfGift('G', { balance: 500 }, 201, { held: 300, priced: true })).toMatchObject({
      key: 'gift_amount_exceeded',
      value: 200,
    });
    expect(refusalOfGift('G', { balance: 500 }, undefined, { held: 500, priced: true })?.key).toBe('gift_amount_exceeded');
  });

  test('has to be told how much where nothing says what the order costs', () => {
    expect(refusalOfGift('G', { balance: 500 }, undefined, { held: 0, priced: false })?.key).toBe('missing_amount');
    expect(refusalOfGift('G', { balance: 500 }, 300, { held: 0, priced: false })).toBeNull();
  });

  test('pays for the order, or for its items in proportion', () => {
    expect(giftDiscount({ effect: 'APPLY_TO_ORDER' }, 70)).toEqual({ type: 'AMOUNT', amount_off: 70, effect: 'APPLY_TO_ORDER' });
    expect(giftDiscount({ effect: 'APPLY_TO_ITEMS' }, 70).effect).toBe('APPLY_TO_ITEMS_PROPORTIONALLY');
  });
});

test.each([
  [{ ttl: 7, ttl_unit: 'DAYS' }, 604_800_000],
  [{ ttl: 2, ttl_unit: 'HOURS' }, 7_200_000],
  [{ ttl: 20, ttl_unit: 'MINUTES' }, 1_200_000],
  [{ ttl: 1, ttl_unit: 'SECONDS' }, 1_000],
  [{ ttl: 1, ttl_unit: 'MILLISECONDS' }, 1],
  [{ ttl: 1_500, ttl_unit: 'MICROSECONDS' }, 2],
  [{ ttl: 1, ttl_unit: 'NANOSECONDS' }, 1],
] as const)('a session of %o lasts %i ms', (session, expected) => {
  expect(ttlOf(session)).toBe(expected);
});
