import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { STACKING_RULES, type CategoryState, type StackingRules } from '../../../../domain/checkout/stacking.ts';
import { decide, type Checkout, type Decision } from '../../../../domain/checkout/checkout.ts';
import { NOTHING_COUNTED } from '../../../../domain/checkout/counted.ts';
import type { Discount } from '../../../../domain/discount/discount.ts';
import type { PromotionTierState } from '../../../../domain/checkout/redeemable.ts';
import { NO_FACTS } from '../../../../domain/validation-rules/facts.ts';

const STACKS = 400;

const CATEGORIES: CategoryState[] = ['vip', 'free', 'a', 'b'].map((name, hierarchy) => ({ id: `cat_${name}`, name, hierarchy }));
const CAMPAIGN = { id: 'camp_1', name: 'Spring', active: true, startsAt: null, endsAt: null, limits: null };

const tier = (id: string, discount: Discount, category: CategoryState | undefined, active: boolean): PromotionTierState => ({
  object: 'promotion_tier',
  id,
  name: id,
  banner: null,
  hierarchy: 1,
  metadata: {},
  revision: 1,
  category: category?.name ?? null,
  categories: category ? [category] : [],
  active,
  startsAt: null,
  endsAt: null,
  window: null,
  campaign: CAMPAIGN,
  discount,
  limits: null,
  rules: [],
});

const discount: fc.Arbitrary<Discount> = fc.oneof(
  fc.record({
    type: fc.constant('AMOUNT' as const),
    amount_off: fc.integer({ min: 0, max: 3_000 }),
    effect: fc.constantFrom('APPLY_TO_ORDER', 'APPLY_TO_ITEMS'),
  }),
  fc.record({
    type: fc.constant('PERCENT' as const),
    percent_off: fc.integer({ min: 0, max: 60 }),
    effect: fc.constantFrom('APPLY_TO_ORDER', 'APPLY_TO_ITEMS'),
  }),
  fc.record({
    type: fc.constant('FIXED' as const),
    fixed_amount: fc.integer({ min: 0, max: 9_000 }),
    effect: fc.constant('APPLY_TO_ORDER' as const),
  }),
  fc.record({ type: fc.constant('UNIT' as const), unit_off: fc.integer({ min: 1, max: 2 }), unit_type: fc.constantFrom('tea', 'pot') }),
);
const entry = fc.record({
  discount,
  category: fc.option(fc.constantFrom(...CATEGORIES), { nil: undefined }),
  active: fc.integer({ min: 0, max: 9 }).map((chance) => chance > 0),
});
const entries = (maxLength: number) =>
  fc
    .array(entry, { minLength: 1, maxLength })
    .map((each) => each.map(({ discount, category, active }, index) => tier(`T${index}`, discount, category, active)));
const order = fc.constantFrom<NonNullable<Checkout['order']>>(
  { amount: 10_000 },
  {
    items: [
      { product_id: 'tea', price: 400, quantity: 3 },
      { product_id: 'pot', price: 2_999 },
    ],
    amount: 4_500,
  },
);
const rules: fc.Arbitrary<Partial<StackingRules>> = fc.record({
  applicable_redeemables_limit: fc.integer({ min: 1, max: 4 }),
  applicable_redeemables_per_category_limit: fc.integer({ min: 1, max: 2 }),
  exclusive_categories: fc.constantFrom([], ['vip']),
  joint_categories: fc.constantFrom([], ['free']),
  initial_amount_mode_categories: fc.constantFrom([], ['a']),
});

const decideOn = (redeemables: PromotionTierState[], given: Checkout['order'], some: Partial<StackingRules>): Decision =>
  decide({
    asked: redeemables.map(({ id }) => ({ object: 'promotion_tier', id })),
    redeemables,
    order: given,
    redeemerOf: () => ({ customerId: null, named: false, at: 0, zone: 'UTC' }),
    rules: { ...STACKING_RULES, ...some },
    counts: NOTHING_COUNTED,
    facts: NO_FACTS,
  });

/** Every way to choose some of them, in their order or in any. */
const combinations = <T>(all: readonly T[], anyOrder: boolean): T[][] =>
  all.reduce<T[][]>(
    (found, each) =>
      found.concat(
        found.flatMap((some) => {
          const places = anyOrder ? some.map((_, at) => at).concat(some.length) : [some.length];
          return places.map((at) => some.toSpliced(at, 0, each));
        }),
      ),
    [[]],
  );

/** The lowest total of all combinations of which the stacking rules let every part apply. */
const lowest = (
  all: PromotionTierState[],
  given: NonNullable<Checkout['order']>,
  some: Partial<StackingRules>,
  anyOrder: boolean,
): number =>
  Math.min(
    ...combinations(all, anyOrder).map((chosen) => {
      const { outcomes, cart } = decideOn(chosen, given, some);
      return outcomes.every(({ status }) => status === 'APPLICABLE') ? cart!.left : Infinity;
    }),
  );

const applied = ({ outcomes }: Decision) => outcomes.filter(({ status }) => status === 'APPLICABLE');

test('no allowed combination beats the best deal', () => {
  fc.assert(
    fc.property(entries(7), order, rules, (all, given, some) => {
      const best = decideOn(all, given, { ...some, redeemables_application_mode: 'BEST_DEAL' });
      expect(best.cart!.left).toBe(lowest(all, given, some, false));
      expect(applied(best).length).toBeLessThanOrEqual(some.applicable_redeemables_limit!);
    }),
    { numRuns: STACKS },
  );
});

test('nor does any in another order, where the order is free', () => {
  fc.assert(
    fc.property(entries(4), order, rules, (all, given, some) => {
      const best = decideOn(all, given, { ...some, redeemables_sorting_rule: 'BEST_DEAL' });
      expect(best.cart!.left).toBe(lowest(all, given, some, true));
    }),
    { numRuns: STACKS },
  );
});

test('what a stack of any rules applies keeps the total within [0, initial], and tells of each that is asked', () => {
  fc.assert(
    fc.property(
      entries(8),
      order,
      rules,
      fc.constantFrom<Partial<StackingRules>>(
        { redeemables_application_mode: 'ALL' },
        { redeemables_application_mode: 'PARTIAL' },
        { redeemables_application_mode: 'PARTIAL', redeemables_sorting_rule: 'CATEGORY_HIERARCHY', redeemables_no_effect_rule: 'SKIP' },
      ),
      (all, given, some, mode) => {
        const { outcomes, cart } = decideOn(all, given, { ...some, ...mode });
        expect(outcomes.map(({ asked }) => asked.id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
        expect(cart!.left).toBeGreaterThanOrEqual(0);
        expect(cart!.left).toBeLessThanOrEqual(cart!.initialAmount);
      },
    ),
    { numRuns: 1_000 },
  );
});
