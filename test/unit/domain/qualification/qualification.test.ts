import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { STACKING_RULES } from '../../../../domain/checkout/stacking.ts';
import { decide, type Checkout } from '../../../../domain/checkout/checkout.ts';
import type { Discount } from '../../../../domain/discount/discount.ts';
import { NOTHING_COUNTED } from '../../../../domain/checkout/counted.ts';
import { offerOf, type MissingItem, type Offer, type Shortfall } from '../../../../domain/qualification/offer.ts';
import { bookOf } from '../../../../domain/qualification/offered.ts';
import { qualify, SORTING_RULES, type Asking } from '../../../../domain/qualification/qualify.ts';
import { compileRule } from '../../../../domain/validation-rules/compile.ts';
import type { CustomerFacts, ItemFacts } from '../../../../domain/validation-rules/facts.ts';
import type { RuleGroup, RuleNode } from '../../../../domain/validation-rules/rule.ts';
import type { VoucherState } from '../../../../domain/voucher/validity.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const PRODUCTS = ['hat', 'shirt', 'coat', 'scarf', 'gloves', 'socks'];
const SEGMENTS = ['gold', 'silver', 'bronze', 'vip', 'staff'];

/** Few values, so that rules share conditions and miss by as much. */
const least = fc.constantFrom(1_000, 3_000, 3_001, 6_000, 9_000);
const product = fc.constantFrom(...PRODUCTS);
const plain: fc.Arbitrary<RuleNode> = fc.oneof(
  fc
    .tuple(fc.constantFrom('order.amount', 'order.total_amount'), fc.constantFrom('$more_than', '$more_than_or_equal', '$less_than'), least)
    .map(([name, operator, value]) => ({ name, conditions: { [operator]: [value] } })),
  fc.integer({ min: 1, max: 4 }).map((units) => ({ name: 'order.items.quantity', conditions: { $more_than_or_equal: [units] } })),
  product.map((id) => ({ name: 'product.id', conditions: { $is: [id] } })),
  fc.constantFrom(...SEGMENTS).map((segment) => ({ name: 'customer.segment', conditions: { $is: [segment] } })),
  fc.constantFrom('1', '2', '4', '5').map((till) => ({ name: 'order.metadata', property: 'till', conditions: { $is: [till] } })),
  fc.integer({ min: 1, max: 2 }).map((times) => ({ name: 'redemption.count', conditions: { $less_than_or_equal: [times] } })),
);
const groupOf = (nodes: fc.Arbitrary<RuleNode>): fc.Arbitrary<RuleGroup> =>
  fc.tuple(fc.array(nodes, { minLength: 1, maxLength: 3 }), fc.constantFrom(' and ', ' or ')).map(([all, op]) => ({
    ...Object.fromEntries(all.map((node, index) => [String(index), node])),
    logic: all.map((_, index) => index).join(op),
  }));
const node = fc.oneof(
  { weight: 4, arbitrary: plain },
  {
    weight: 1,
    arbitrary: fc
      .tuple(product, groupOf(plain))
      .map(([id, rules]): RuleNode => ({ name: 'order.items.any', conditions: { $in: [id] }, rules })),
  },
);
const discount: fc.Arbitrary<Discount> = fc.oneof(
  fc.constantFrom(5, 10, 12.5).map((percent) => ({ type: 'PERCENT' as const, percent_off: percent })),
  fc
    .tuple(fc.constantFrom(200, 4_000), fc.constantFrom('APPLY_TO_ORDER' as const, 'APPLY_TO_ITEMS' as const))
    .map(([off, effect]) => ({ type: 'AMOUNT' as const, amount_off: off, effect })),
);
const states = fc.record({
  rules: fc.array(groupOf(node), { maxLength: 2 }),
  discount,
  startsAt: fc.constantFrom(null, null, null, NOW + 1_000, NOW - 1_000),
  endsAt: fc.constantFrom(null, null, null, NOW - 500),
  redeemed: fc.constantFrom(0, 0, 0, 2),
});

type Made = typeof states extends fc.Arbitrary<infer T> ? T : never;

const offersOf = (all: readonly Made[]): Offer[] =>
  all.map(({ rules, ...more }, index) => {
    const id = `v_${index}`;
    const redeemable: VoucherState = {
      object: 'voucher',
      id,
      code: id,
      revision: 1,
      category: null,
      categories: [],
      active: true,
      withdrawnReason: null,
      quantity: 2,
      holderId: null,
      campaign: null,
      templateRevision: null,
      window: null,
      limits: null,
      gift: null,
      ...more,
      rules: rules.map((each, place) => ({
        id: `val_${index}_${place}`,
        revision: 1,
        ...compileRule({ rules: each, error: null, applicable_to: null }),
      })),
    };
    // Some were made at the same time.
    const createdAt = NOW - 1_000 * (index % 7);
    return offerOf({ object: 'voucher', id, source: 'public', parts: [{ asked: { object: 'voucher', id }, redeemable }], createdAt });
  });

const itemFacts = (id: string, quantity: number, amount: number): ItemFacts => ({
  productId: id,
  productSourceId: id,
  skuId: null,
  skuSourceId: null,
  collections: new Set(),
  price: null,
  amount,
  quantity,
  metadata: {},
  productMetadata: {},
});

const checkouts: fc.Arbitrary<Checkout> = fc
  .record({
    items: fc.array(fc.record({ product_id: product, quantity: fc.integer({ min: 1, max: 3 }), amount: least }), { maxLength: 3 }),
    amount: fc.option(fc.constantFrom(3_000, 20_000), { nil: undefined }),
    segments: fc.option(fc.subarray(SEGMENTS), { nil: null }),
    till: fc.constantFrom('1', '3'),
    counted: fc.constantFrom(0, 1),
  })
  .map(({ items, amount, segments, till, counted }) => ({
    asked: [],
    redeemables: [],
    order: { items, ...(amount !== undefined && { amount }) },
    redeemerOf: () => ({ customerId: segments && 'cust_1', named: segments !== null, at: NOW, zone: 'UTC' }),
    rules: STACKING_RULES,
    counts: { ...NOTHING_COUNTED, counter: () => counted },
    facts: {
      customer: segments && { id: 'cust_1', sourceId: null, metadata: {}, segments: new Set(segments) },
      items: items.map((each) => itemFacts(each.product_id, each.quantity, each.amount)),
      orderMetadata: { till },
      metadata: {},
      apiKeyName: null,
    },
  }));

const alone = (checkout: Checkout, { parts }: Offer) =>
  decide({ ...checkout, asked: parts.map(({ asked }) => asked), redeemables: parts.map(({ redeemable }) => redeemable) });

const ask = (checkout: Checkout, offers: Offer[], own: number, asking: Partial<Asking>) =>
  qualify(
    checkout,
    { own: offers.slice(0, own), book: bookOf(offers.slice(own)), isOffered: () => true },
    { sorting: 'DEFAULT', limit: 1_000, after: null, nearest: 1_000, ...asking },
  );

const given = fc.tuple(
  checkouts,
  fc.array(states, { minLength: 1, maxLength: 40, size: 'max' }).map(offersOf),
  fc.integer({ min: 0, max: 10 }),
);

test('what applies is what the checkout would let apply alone, with what it takes', () => {
  fc.assert(
    fc.property(given, ([checkout, offers, own]) => {
      const expected = offers.flatMap((offer) => {
        const { valid, outcomes } = alone(checkout, offer);
        return valid ? outcomes.map((each) => [offer.id, each.status === 'APPLICABLE' && (each.step?.discount ?? 0)] as const) : [];
      });
      const { page, total } = ask(checkout, offers, own, {});
      expect(new Map(page.map(({ offer, discount: taken }) => [offer.id, taken]))).toEqual(new Map(expected));
      expect(total).toBe(expected.length);
    }),
    { numRuns: 50 },
  );
});

test('what is held against a request together is told as if it were looked at one by one', () => {
  fc.assert(
    fc.property(given, fc.constantFrom(...SORTING_RULES), ([checkout, offers], sorting) => {
      const [together, apart] = [0, offers.length].map((own) => {
        const { page, near, ...more } = ask(checkout, offers, own, { sorting, limit: 5, nearest: 5 });
        return {
          page: page.map(({ offer, discount: taken }) => [offer.id, taken]),
          near: near.map(({ offer, shortfalls }) => [offer.id, shortfalls]),
          ...more,
        };
      });
      expect(together).toEqual(apart);
    }),
    { numRuns: 50 },
  );
});

test('pages one after the other are all of it, in the order asked', () => {
  fc.assert(
    fc.property(given, fc.constantFrom(...SORTING_RULES), fc.integer({ min: 3, max: 9 }), ([checkout, offers, own], sorting, limit) => {
      const all = ask(checkout, offers, own, { sorting }).page;
      const seen: typeof all = [];
      for (let more = all.length > 0; more;) {
        const { page, hasMore } = ask(checkout, offers, own, { sorting, limit, after: seen.at(-1)?.offer.id ?? null });
        seen.push(...page);
        more = hasMore;
      }
      expect(seen.map(({ offer }) => offer.id)).toEqual(all.map(({ offer }) => offer.id));
      const sign = { BEST_DEAL: -1, LEAST_DEAL: 1, DEFAULT: 0 }[sorting];
      expect(all.every((each, index) => sign * (each.discount - (all[index - 1]?.discount ?? each.discount)) >= 0)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

const withItem = (checkout: Checkout, { id = '' }: MissingItem): Checkout => {
  const { order, facts } = checkout;
  const items = [...(order?.items ?? []), { product_id: id, quantity: 1, amount: 0 }];
  return { ...checkout, order: { ...order, items }, facts: { ...facts, items: [...facts.items, itemFacts(id, 1, 0)] } };
};

const withCustomer = (checkout: Checkout, segments: readonly string[]): Checkout => {
  const known: CustomerFacts = checkout.facts.customer ?? { id: null, sourceId: null, metadata: {}, segments: new Set() };
  const customer = { ...known, segments: new Set([...known.segments, ...segments]) };
  const redeemerOf: Checkout['redeemerOf'] = (each) => ({ ...checkout.redeemerOf(each), named: true });
  return { ...checkout, redeemerOf, facts: { ...checkout.facts, customer } };
};

/** The checkouts of a shop that did what an offer was said to miss: units may be of any item. */
const done = (checkout: Checkout, { what, missing = 0, items = [], segments = [], from = '' }: Shortfall): Checkout[] => {
  const { order, facts } = checkout;
  const sum = (order?.items ?? []).reduce((total, each) => total + (each.amount ?? 0), 0);
  if (what === 'amount') return [{ ...checkout, order: { ...order, amount: (order?.amount ?? sum) + missing } }];
  if (what === 'items') return items.map((item) => withItem(checkout, item));
  if (what === 'customer' || what === 'segment') return [withCustomer(checkout, segments)];
  if (what === 'time') return [{ ...checkout, redeemerOf: (each) => ({ ...checkout.redeemerOf(each), at: Date.parse(from) }) }];
  return facts.items.map((_, place) => ({
    ...checkout,
    facts: { ...facts, items: facts.items.map((item, at) => (at === place ? { ...item, quantity: item.quantity + missing } : item)) },
  }));
};

test('what nearly applies does, once what it misses is there, and not before', () => {
  let told = 0;
  fc.assert(
    fc.property(given, ([checkout, offers, own]) => {
      const { page, near } = ask(checkout, offers, own, {});
      const applying = new Set(page.map(({ offer }) => offer.id));
      for (const { offer, shortfalls } of near) {
        expect(applying.has(offer.id)).toBe(false);
        const ways = shortfalls.reduce((all, shortfall) => all.flatMap((each) => done(each, shortfall)), [checkout]);
        expect(ways.some((each) => alone(each, offer).valid)).toBe(true);
        told += 1;
      }
    }),
    { numRuns: 50 },
  );
  expect(told).toBeGreaterThan(20);
});

test('a cart of many lines does not make it try without end', () => {
  const items = Array.from({ length: 500 }, (_, index) => ({ product_id: `p${index}`, quantity: 1, amount: 10 }));
  const rules = {
    1: { name: 'order.items.quantity', conditions: { $more_than_or_equal: [1_000] } },
    2: { name: 'order.items.aggregated_quantity', conditions: { $more_than_or_equal: [2_000] } },
    3: { name: 'order.metadata', property: 'till', conditions: { $is: ['4'] } },
    logic: '1 and 2 and 3',
  };
  const made: Made = { rules: [rules], discount: { type: 'PERCENT', percent_off: 5 }, startsAt: null, endsAt: null, redeemed: 0 };
  const [checkout] = fc.sample(checkouts, 1) as [Checkout];
  const facts = { ...checkout.facts, items: items.map((each) => itemFacts(each.product_id, 1, 10)), orderMetadata: {} };
  const { near, total } = ask({ ...checkout, order: { items }, facts }, offersOf([made, made, made]), 0, {});
  expect({ near, total }).toEqual({ near: [], total: 0 });
});
