import type { StackingRules } from './stacking.ts';
import type { FieldProblem } from '../errors.ts';

/** What is wrong with a rule that a request asks for in place of the project's; null where it is as narrow. */
type Widening<T> = (own: T, asked: T) => string | null;

const atMost: Widening<number> = (own, asked) => (asked > own ? `must not be more than ${own}, the project's` : null);

const subsetOf: Widening<string[]> = (own, asked) => {
  const others = asked.filter((each) => !own.includes(each));
  return others.length === 0 ? null : `must name no more than the project's, so not ${others.join(', ')}`;
};

const supersetOf: Widening<string[]> = (own, asked) => {
  const missing = own.filter((each) => !asked.includes(each));
  return missing.length === 0 ? null : `must name the project's too: ${missing.join(', ')}`;
};

/** The project's own, or one that is always narrower. */
const only =
  (...narrower: string[]): Widening<string> =>
  (own, asked) =>
    asked === own || narrower.includes(asked) ? null : `must be ${[...new Set([own, ...narrower])].join(' or ')}`;

/**
 * What a request may ask. It could leave redeemables out and send the others in any order by itself, so that it may choose how those
 * apply that do, but no order where the project has one.
 */
const WIDENINGS: { [K in keyof StackingRules]: Widening<StackingRules[K]> } = {
  redeemables_limit: atMost,
  applicable_redeemables_limit: atMost,
  applicable_redeemables_per_category_limit: atMost,
  applicable_redeemables_category_limits: (own, asked) => {
    const wider = Object.entries(own).filter(([category, limit]) => (asked[category] ?? Infinity) > limit);
    return wider.length === 0
      ? null
      : `must keep the project's limits: ${wider.map(([category, limit]) => `${category} ${limit}`).join(', ')}`;
  },
  applicable_exclusive_redeemables_limit: atMost,
  applicable_exclusive_redeemables_per_category_limit: atMost,
  exclusive_categories: supersetOf,
  joint_categories: subsetOf,
  redeemables_application_mode: () => null,
  redeemables_sorting_rule: (own, asked) => (own === 'CATEGORY_HIERARCHY' ? only()(own, asked) : null),
  redeemables_no_effect_rule: only('SKIP'),
  no_effect_skip_categories: supersetOf,
  no_effect_redeem_anyway_categories: subsetOf,
  discount_calculation_mode: only('DISCOUNTED_AMOUNT'),
  initial_amount_mode_categories: subsetOf,
  discounted_amount_mode_categories: supersetOf,
  redeemables_rollback_order_mode: only(),
};

/** A limit of one category must not be above the limit of each, which it stands in for. */
const newLimits = (own: StackingRules, asked: Partial<StackingRules>): string | null => {
  const { applicable_redeemables_per_category_limit: most, applicable_redeemables_category_limits: known } = own;
  const wider = Object.entries(asked.applicable_redeemables_category_limits ?? {}).find(([name, limit]) => limit > (known[name] ?? most));
  return wider ? `must not be more than ${known[wider[0]] ?? most} for ${wider[0]}` : null;
};

/** The rules of a request: the project's, made narrower. @returns the rules, or which of what is asked is wider */
export const narrow = (
  own: StackingRules,
  asked: Partial<StackingRules>,
): { rules: StackingRules; problems: null } | { rules: null; problems: FieldProblem[] } => {
  const problems: FieldProblem[] = [];
  const tell = (field: string, message: string | null): void => {
    if (message !== null) problems.push({ path: `options.stacking_rules.${field}`, message });
  };
  for (const field of Object.keys(WIDENINGS) as (keyof StackingRules)[]) {
    if (asked[field] !== undefined) tell(field, (WIDENINGS[field] as Widening<unknown>)(own[field], asked[field]));
  }
  if (problems.length === 0) tell('applicable_redeemables_category_limits', newLimits(own, asked));
  return problems.length > 0 ? { rules: null, problems } : { rules: { ...own, ...asked }, problems: null };
};
