import type { RedeemableState } from './redeemable.ts';

/** A category of vouchers, campaigns and tiers. */
export interface CategoryState {
  id: string;
  name: string;
  /** The lower applies first. */
  hierarchy: number;
}

/** How redeemables of one request go together, as answers tell it. Categories are named by id or name. */
export interface StackingRules {
  redeemables_limit: number;
  applicable_redeemables_limit: number;
  applicable_redeemables_per_category_limit: number;
  /** By category, instead of the limit for each. */
  applicable_redeemables_category_limits: Record<string, number>;
  applicable_exclusive_redeemables_limit: number;
  applicable_exclusive_redeemables_per_category_limit: number;
  /** What is of them applies with others of them alone, and with what is joint. */
  exclusive_categories: string[];
  /** What is of them applies beside exclusive ones too. */
  joint_categories: string[];
  /** ALL: one that does not apply makes the whole invalid. PARTIAL: it is left out. BEST_DEAL: those apply that together cost least. */
  redeemables_application_mode: 'ALL' | 'PARTIAL' | 'BEST_DEAL';
  /** BEST_DEAL: those that together cost least, in the order that costs least. */
  redeemables_sorting_rule: 'REQUESTED_ORDER' | 'CATEGORY_HIERARCHY' | 'BEST_DEAL';
  /** What is done with a redeemable that takes nothing off and adds nothing. */
  redeemables_no_effect_rule: 'REDEEM_ANYWAY' | 'SKIP';
  no_effect_skip_categories: string[];
  no_effect_redeem_anyway_categories: string[];
  /** What discounts are reckoned with: what the order cost at first, or what is left of it. */
  discount_calculation_mode: 'INITIAL_AMOUNT' | 'DISCOUNTED_AMOUNT';
  initial_amount_mode_categories: string[];
  discounted_amount_mode_categories: string[];
  /** Whether a rollback gives the order its amounts back too. */
  redeemables_rollback_order_mode: 'WITH_ORDER' | 'WITHOUT_ORDER';
}

export const STACKING_RULES: StackingRules = {
  redeemables_limit: 30,
  applicable_redeemables_limit: 5,
  applicable_redeemables_per_category_limit: 1,
  applicable_redeemables_category_limits: {},
  applicable_exclusive_redeemables_limit: 1,
  applicable_exclusive_redeemables_per_category_limit: 1,
  exclusive_categories: [],
  joint_categories: [],
  redeemables_application_mode: 'ALL',
  redeemables_sorting_rule: 'REQUESTED_ORDER',
  redeemables_no_effect_rule: 'REDEEM_ANYWAY',
  no_effect_skip_categories: [],
  no_effect_redeem_anyway_categories: [],
  discount_calculation_mode: 'DISCOUNTED_AMOUNT',
  initial_amount_mode_categories: [],
  discounted_amount_mode_categories: [],
  redeemables_rollback_order_mode: 'WITH_ORDER',
};

/** Why a redeemable that might apply was left out. */
export const SKIP_MESSAGES = {
  preceding_validation_failed: 'Redeemable cannot be applied due to preceding validation failure',
  applicable_redeemables_limit_exceeded: 'Applicable redeemables limit exceeded',
  applicable_redeemables_per_category_limit_exceeded: 'Applicable redeemables limit per category exceeded',
  applicable_exclusive_redeemables_limit_exceeded: 'Applicable exclusive redeemables limit exceeded',
  applicable_exclusive_redeemables_per_category_limit_exceeded: 'Applicable exclusive redeemables limit per category exceeded',
  exclusion_rules_not_met: 'Redeemable cannot be applied due to exclusion rules',
  no_effect: 'Redeemable has no effect on the order',
  better_deal_found: 'Other redeemables together take more off',
} as const;

export type SkipKey = keyof typeof SKIP_MESSAGES;

type Categorised = Pick<RedeemableState, 'categories'>;

const isIn = (categories: readonly string[], { categories: own }: Categorised): boolean =>
  categories.length > 0 && own.some(({ id, name }) => categories.includes(id) || categories.includes(name));

export const isExclusive = (rules: StackingRules, redeemable: Categorised): boolean =>
  isIn(rules.exclusive_categories, redeemable) && !isJoint(rules, redeemable);

export const isJoint = (rules: StackingRules, redeemable: Categorised): boolean => isIn(rules.joint_categories, redeemable);

/** True where exclusive redeemables leave no room for it. */
const isExcluded = (rules: StackingRules, redeemable: Categorised): boolean =>
  !isExclusive(rules, redeemable) && !isJoint(rules, redeemable);

/** True where two redeemables may apply together. */
export const mayJoin = (rules: StackingRules, one: Categorised, other: Categorised): boolean =>
  !(isExclusive(rules, one) && isExcluded(rules, other)) && !(isExclusive(rules, other) && isExcluded(rules, one));

/** True where nothing is to be done with what takes nothing off. */
export const skipsWithoutEffect = (rules: StackingRules, redeemable: Categorised): boolean =>
  isIn(rules.no_effect_skip_categories, redeemable) ||
  (rules.redeemables_no_effect_rule === 'SKIP' && !isIn(rules.no_effect_redeem_anyway_categories, redeemable));

export const baseOf = (rules: StackingRules, redeemable: Categorised): 'initial' | 'discounted' => {
  if (isIn(rules.initial_amount_mode_categories, redeemable)) return 'initial';
  if (isIn(rules.discounted_amount_mode_categories, redeemable)) return 'discounted';
  return rules.discount_calculation_mode === 'INITIAL_AMOUNT' ? 'initial' : 'discounted';
};

const limitOf = (rules: StackingRules, { id, name }: CategoryState): number =>
  rules.applicable_redeemables_category_limits[id] ??
  rules.applicable_redeemables_category_limits[name] ??
  rules.applicable_redeemables_per_category_limit;

/**
 * Why there is no room for a redeemable beside those that apply already. @param excluding true where exclusive ones apply in this stack
 * @returns null where there is
 */
export const skipKeyOf = (
  rules: StackingRules,
  redeemable: Categorised | undefined,
  applied: readonly Categorised[],
  excluding: boolean,
): SkipKey | null => {
  if (applied.length >= rules.applicable_redeemables_limit) return 'applicable_redeemables_limit_exceeded';
  if (!redeemable || redeemable.categories.length === 0) return excluding ? 'exclusion_rules_not_met' : null;
  if (excluding && isExcluded(rules, redeemable)) return 'exclusion_rules_not_met';
  const countIn = ({ id }: CategoryState): number => applied.filter(({ categories }) => categories.some((each) => each.id === id)).length;
  if (isExclusive(rules, redeemable)) {
    if (applied.filter((each) => isExclusive(rules, each)).length >= rules.applicable_exclusive_redeemables_limit)
      return 'applicable_exclusive_redeemables_limit_exceeded';
    return redeemable.categories.some((each) => countIn(each) >= rules.applicable_exclusive_redeemables_per_category_limit)
      ? 'applicable_exclusive_redeemables_per_category_limit_exceeded'
      : null;
  }
  return redeemable.categories.some((each) => countIn(each) >= limitOf(rules, each))
    ? 'applicable_redeemables_per_category_limit_exceeded'
    : null;
};

const rankOf = (redeemable: Categorised | undefined): number =>
  Math.min(...(redeemable?.categories ?? []).map(({ hierarchy }) => hierarchy));

/** In the order in which they apply; those of one hierarchy as they were asked, those without a category last. */
export const inOrder = <T extends { redeemable: Categorised | undefined }>(rules: StackingRules, entries: readonly T[]): readonly T[] =>
  rules.redeemables_sorting_rule === 'CATEGORY_HIERARCHY'
    ? entries.toSorted((a, b) => compare(rankOf(a.redeemable), rankOf(b.redeemable)))
    : entries;

/** Infinity less Infinity is not a number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);
