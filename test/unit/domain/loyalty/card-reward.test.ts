import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  refusalOfNoReward,
  refusalOfReward,
  spendingOn,
  stepsFor,
  worthOfSteps,
  type CardReward,
} from '../../../../domain/loyalty/card-reward.ts';

const supply = (left: number | null) => ({ left, why: { key: 'quantity_exceeded' as const, details: 'All are given' } });

/** 100 points are $20. */
const coin: CardReward = {
  id: 'rew_coin',
  type: 'COIN',
  points: null,
  coin: { step: 100, worth: { numerator: 2_000, denominator: 1 } },
  supplies: [],
};
const mug: CardReward = { id: 'rew_mug', type: 'MATERIAL', points: 300, coin: null, supplies: [supply(2), supply(null)] };
const facts = { code: 'CARD', available: 5_000, held: 0, asked: {}, takenOf: () => 0, owned: true, ordered: true, priced: true };

describe('paying with points', () => {
  test('takes as many steps as the order needs, the last one whole', () => {
    expect(spendingOn(coin, {}, 5_000, 45_000)).toEqual({ points: 2_300, amount: 46_000 });
    expect(spendingOn(coin, {}, 5_000, 46_000)).toEqual({ points: 2_300, amount: 46_000 });
  });

  test('takes no more than is asked, nor than there is', () => {
    expect(spendingOn(coin, { points: 250 }, 5_000, 45_000)).toEqual({ points: 200, amount: 4_000 });
    expect(spendingOn(coin, {}, 199, 45_000)).toEqual({ points: 100, amount: 2_000 });
    expect(spendingOn(coin, {}, 5_000, 0)).toEqual({ points: 0, amount: 0 });
  });

  test('costs what the reward costs, where it takes nothing off the order', () => {
    expect(spendingOn(mug, { points: 5 }, 5_000, 45_000)).toEqual({ points: 300, amount: 0 });
  });

  test('is exact: never worth more than its points, and never a step too many', () => {
    const ratio = fc.record({ numerator: fc.integer({ min: 1, max: 1e9 }), denominator: fc.constantFrom(1, 10, 1_000, 1_000_000) });
    const money = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(ratio, money, fc.integer({ min: 1, max: 1e6 }), money, (worth, toPay, step, available) => {
        const spent = spendingOn({ ...coin, coin: { step, worth } }, {}, available, toPay);
        const steps = BigInt(spent.points) / BigInt(step);
        expect(BigInt(spent.points) % BigInt(step)).toBe(0n);
        expect(spent.points).toBeLessThanOrEqual(available);
        expect(BigInt(spent.amount) * BigInt(worth.denominator) <= steps * BigInt(worth.numerator)).toBe(true);
        const withoutLast = ((steps - 1n) * BigInt(worth.numerator)) / BigInt(worth.denominator);
        expect(steps === 0n || withoutLast < BigInt(toPay)).toBe(true);
      }),
    );
  });

  test('covers the order with as many steps as it says', () => {
    const ratio = fc.record({ numerator: fc.integer({ min: 1, max: 1e6 }), denominator: fc.constantFrom(1, 10, 1_000_000) });
    fc.assert(
      fc.property(ratio, fc.integer({ min: 0, max: 1e9 }), (worth, amount) => {
        expect(worthOfSteps(stepsFor(amount, worth), worth)).toBeGreaterThanOrEqual(amount);
      }),
    );
  });
});

describe('a reward is refused', () => {
  test('where the card has too few points, also because sessions hold them', () => {
    expect(refusalOfReward(mug, facts)).toBeNull();
    expect(refusalOfReward(mug, { ...facts, available: 299, held: 100 })).toMatchObject({
      key: 'loyalty_card_points_exceeded',
      details: 'Loyalty card CARD has 299 points, beside 100 that sessions hold, and 300 are needed',
    });
    expect(refusalOfReward(coin, { ...facts, available: 99 })?.key).toBe('loyalty_card_points_exceeded');
    expect(refusalOfReward(coin, { ...facts, asked: { points: 5_001 } })?.key).toBe('loyalty_card_points_exceeded');
  });

  test('where none is left', () => {
    expect(refusalOfReward({ ...mug, supplies: [supply(2), supply(0)] }, facts)).toMatchObject({
      key: 'quantity_exceeded',
      details: 'All are given',
    });
  });

  test('where the request takes the last one before it', () => {
    expect(refusalOfReward(mug, { ...facts, takenOf: () => 1 })).toBeNull();
    expect(refusalOfReward(mug, { ...facts, takenOf: ({ left }) => left ?? 0 })?.key).toBe('quantity_exceeded');
  });

  test('where points have nothing to pay', () => {
    expect(refusalOfReward(coin, { ...facts, ordered: false, priced: false })?.key).toBe('missing_order');
    expect(refusalOfReward(coin, { ...facts, priced: false })?.key).toBe('missing_amount');
    expect(refusalOfReward(coin, { ...facts, asked: { points: 99 } })?.key).toBe('invalid_reward');
    expect(refusalOfReward(mug, { ...facts, ordered: false, priced: false })).toBeNull();
  });

  test('where it is a code and nobody is known who gets it', () => {
    const code: CardReward = { ...mug, type: 'CAMPAIGN' };
    expect(refusalOfReward(code, { ...facts, owned: false })?.key).toBe('missing_customer');
    expect(refusalOfReward(code, facts)).toBeNull();
  });

  test('where it is not named, or is none of the program', () => {
    expect(refusalOfNoReward('CARD', undefined).key).toBe('missing_reward');
    expect(refusalOfNoReward('CARD', { points: 5 }).key).toBe('missing_reward');
    expect(refusalOfNoReward('CARD', { id: 'rew_x' })).toMatchObject({ key: 'invalid_reward', value: 'rew_x' });
  });
});
