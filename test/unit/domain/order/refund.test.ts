import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDiscount, openCart } from '../../../../domain/checkout/cart.ts';
import type { Discount } from '../../../../domain/discount/discount.ts';
import { orderLines, takeBackDiscounts, tellOrder, totalsOf, type Order, type OrderDiscount } from '../../../../domain/order/order.ts';
import { refundOf, type Refund, type RefundAsked } from '../../../../domain/order/refund.ts';

const NOW = new Date('2026-03-01T12:00:00Z');

const order = (more: Partial<Order> = {}): Order => ({
  projectId: 'proj_1',
  id: 'ord_1',
  sourceId: 'order-1',
  status: 'PAID',
  customerId: null,
  currency: null,
  amount: 10_000,
  items: [],
  discounts: [],
  returned: {},
  metadata: {},
  createdAt: NOW,
  updatedAt: null,
  ...more,
});

const took = (shares: number[], more: Partial<OrderDiscount> = {}): OrderDiscount => ({
  redemptionId: 'r_1',
  parentId: null,
  related: { object: 'voucher', id: 'v_1' },
  at: NOW.toISOString(),
  ofItems: false,
  shares,
  beside: 0,
  ...more,
});

const refund = (of: Order, asked: RefundAsked): Refund => {
  const made = refundOf(of, asked);
  if (Array.isArray(made)) throw new Error(JSON.stringify(made));
  return made;
};

describe('a returned line gives back its share', () => {
  // Three shirts at 20.00 and a mug at 10.00, 7.00 off the order: 6.00 of the shirts, 1.00 of the mug.
  const shirts = order({
    amount: 7000,
    items: [
      { price: 2000, quantity: 3 },
      { price: 1000, quantity: 1 },
    ],
    discounts: [took([600, 100])],
  });

  test('one unit, the rest of its line, and the other line', () => {
    const one = refund(shirts, { items: [{ item: 0, quantity: 1 }] });
    expect(one).toMatchObject({ amount: 1800, discount: 200, full: false });
    const rest = refund({ ...shirts, returned: one.returned }, { items: [{ item: 0, quantity: null }] });
    expect(rest).toMatchObject({ amount: 3600, discount: 400, full: false });
    const mug = refund({ ...shirts, returned: rest.returned }, { items: [{ item: 1, quantity: 1 }] });
    expect(mug).toMatchObject({ amount: 900, discount: 100, full: true });
  });

  test('never more units than were bought', () => {
    const back = refund(shirts, { items: [{ item: 1, quantity: 1 }] });
    expect(refundOf({ ...shirts, returned: back.returned }, { items: [{ item: 1, quantity: 1 }] })).toEqual([
      { path: 'items[0]', message: 'came back before' },
    ]);
    expect(refundOf(shirts, { items: [{ item: 0, quantity: 4 }] })).toEqual([{ path: 'items[0].quantity', message: 'must be at most 3' }]);
  });

  test('money without units gives the discount back in proportion, and units then only what is left', () => {
    const money = refund(shirts, { amount: 3150 });
    expect(money).toMatchObject({ amount: 3150, discount: 350, full: false });
    const units = refund(
      { ...shirts, returned: money.returned },
      {
        items: [
          { item: 0, quantity: 3 },
          { item: 1, quantity: 1 },
        ],
      },
    );
    expect(units).toMatchObject({ amount: 3150, discount: 350, full: true });
    expect(refundOf(shirts, { amount: 6301 })).toMatchObject([{ path: 'amount' }]);
  });

  test('what a redemption that was taken back had given counts no more, unless the goods came back', () => {
    const of = (kept: boolean) => orderLines(takeBackDiscounts(shirts, new Map([['r_1', 'r_2']]), { at: NOW, kept }));
    expect(totalsOf(of(false)).left).toBe(7000);
    expect(totalsOf(of(true)).left).toBe(6300);
  });
});

test('shares of several redemptions never take more than their line', () => {
  const twice = order({ amount: 1000, discounts: [took([], { beside: 700 }), took([], { beside: 700, redemptionId: 'r_2' })] });
  expect(totalsOf(orderLines(twice))).toMatchObject({ orderDiscount: 1000, left: 0 });
});

test('lines stay once something came back', () => {
  const back = order({ returned: { beside: { quantity: 0, amount: 5, discount: 0 } } });
  expect(tellOrder(back, { amount: 1, status: 'FULFILLED' }, NOW)).toMatchObject({ amount: 10_000, status: 'FULFILLED' });
  expect(tellOrder(order(), { items: [{ price: 5, quantity: 2 }] }, NOW).amount).toBe(10);
});

const carts = fc.record({
  items: fc.array(fc.record({ amount: fc.nat(100_000), quantity: fc.integer({ min: 1, max: 12 }) }), { minLength: 1, maxLength: 6 }),
  beside: fc.nat(5_000),
  discounts: fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('AMOUNT' as const), amount_off: fc.nat(150_000) }),
      fc.record({ type: fc.constant('PERCENT' as const), percent_off: fc.integer({ min: 0, max: 100 }) }),
      fc.record({ type: fc.constant('PERCENT' as const), percent_off: fc.nat(100), effect: fc.constant('APPLY_TO_ITEMS' as const) }),
    ),
    { maxLength: 3 },
  ),
  returns: fc.array(fc.record({ item: fc.nat(5), quantity: fc.integer({ min: 1, max: 4 }), money: fc.option(fc.nat(50_000)) }), {
    maxLength: 20,
  }),
});

test('whatever comes back in whatever steps, the sum is exactly what was paid, and no step is negative', () => {
  fc.assert(
    fc.property(carts, ({ items, beside, discounts, returns }) => {
      const amount = items.reduce((sum, item) => sum + item.amount, beside);
      let cart = openCart({ amount, items })!;
      const shares: OrderDiscount[] = [];
      for (const discount of discounts as Discount[]) {
        const applied = applyDiscount(cart, discount);
        cart = applied.cart;
        const [ofItems, besideThem] = [applied.step.shares.slice(0, items.length), applied.step.shares[items.length] ?? 0];
        shares.push(took(ofItems, { ofItems: applied.step.ofItems, beside: besideThem }));
      }
      let state = order({ amount, items, discounts: shares });
      expect(totalsOf(orderLines(state)).left).toBe(cart.left);
      let [paid, given] = [0, 0];
      const take = (asked: RefundAsked): void => {
        const made = refundOf(state, asked);
        if (Array.isArray(made)) return;
        expect(made.lines.every((line) => line.amount >= 0 && line.discount >= 0)).toBe(true);
        paid += made.amount;
        given += made.discount;
        state = { ...state, returned: made.returned };
      };
      for (const { item, quantity, money } of returns) take(money === null ? { items: [{ item, quantity }] } : { amount: money });
      const open = items.flatMap(({ quantity }, item) =>
        (state.returned.items?.[item]?.quantity ?? 0) < quantity ? [{ item, quantity: null }] : [],
      );
      take({ items: open });
      take({ amount: cart.left - paid });
      expect(paid).toBe(cart.left);
      // What lies beside the items and cost nothing has no unit and no money that could come back.
      const stays = orderLines(state).at(-1)!;
      const free = stays.amount === stays.itemDiscount + stays.orderDiscount ? stays.amount : 0;
      expect(given).toBe(amount - cart.left - free);
    }),
    { numRuns: 2000 },
  );
});
