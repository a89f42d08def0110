import { z } from 'zod';
import { STACKING_RULES } from '../../domain/checkout/stacking.ts';
import { name } from './fields.ts';

const limit = z.int().min(1).max(STACKING_RULES.redeemables_limit);
const categories = z.array(name).max(100).meta({ description: 'Ids or names of categories' });

const shape = {
  redeemables_limit: limit.meta({ description: 'How many redeemables one request may name' }),
  applicable_redeemables_limit: limit.meta({ description: 'How many may apply' }),
  applicable_redeemables_per_category_limit: limit.meta({ description: 'How many of one category may apply' }),
  applicable_redeemables_category_limits: z.record(name, limit).meta({ description: 'The same for single categories' }),
  applicable_exclusive_redeemables_limit: limit.meta({ description: 'How many of exclusive categories may apply' }),
  applicable_exclusive_redeemables_per_category_limit: limit.meta({ description: 'How many of one exclusive category may apply' }),
  exclusive_categories: categories,
  joint_categories: categories,
  redeemables_application_mode: z.enum(['ALL', 'PARTIAL', 'BEST_DEAL']),
  redeemables_sorting_rule: z.enum(['REQUESTED_ORDER', 'CATEGORY_HIERARCHY', 'BEST_DEAL']),
  redeemables_no_effect_rule: z.enum(['REDEEM_ANYWAY', 'SKIP']),
  no_effect_skip_categories: categories,
  no_effect_redeem_anyway_categories: categories,
  discount_calculation_mode: z.enum(['INITIAL_AMOUNT', 'DISCOUNTED_AMOUNT']),
  initial_amount_mode_categories: categories,
  discounted_amount_mode_categories: categories,
  redeemables_rollback_order_mode: z.enum(['WITH_ORDER', 'WITHOUT_ORDER']),
};

export const stackingRulesSchema = z.object(shape).meta({ id: 'StackingRules' });

/** Lists of which no category may be in both. */
const APART = [
  ['exclusive_categories', 'joint_categories'],
  ['no_effect_skip_categories', 'no_effect_redeem_anyway_categories'],
  ['initial_amount_mode_categories', 'discounted_amount_mode_categories'],
] as const;

/** Some of the rules: what is left out stays. */
export const someStackingRules = z
  .strictObject(shape)
  .partial()
  .superRefine((rules, context) => {
    for (const [one, other] of APART)
      for (const each of rules[one] ?? [])
        if (rules[other]?.includes(each))
          context.addIssue({ code: 'custom', path: [one], message: `must not name ${each}, which ${other} names too` });
  })
  .meta({ id: 'SomeStackingRules' });
