import { z } from 'zod';
import { SCOPE_EFFECTS, type RuleGroup } from '../../domain/validation-rules/rule.ts';
import { checkRules } from '../../domain/validation-rules/check.ts';
import { formulaProblem } from '../../domain/formula/formula.ts';
import { applicableList } from './applicable-to.ts';
import { amount, name, text } from './fields.ts';
import { flag, listOf, paging, startingAfter } from './list.ts';
import { checkoutFields } from './redeemable.ts';

const message = z.strictObject({ message: text(500).optional() });

/** Conditions by their ids. What is wrong with them is found with the kinds of conditions. */
const rules = z
  .record(z.string(), z.unknown())
  .superRefine((given, context) => {
    for (const problem of checkRules(given, '')) {
      context.addIssue({ code: 'custom', message: problem.message, path: problem.path.split('.').filter((part) => part !== '') });
    }
  })
  .transform((given) => given as RuleGroup)
  .meta({ id: 'Rules', description: 'Conditions by their ids, and `logic` such as `(1 and 2) or 3`: see /v1/validation-rules/kinds' });

/** Clients send an empty text where they mean no limit. */
const noText = (value: unknown): unknown => (value === '' ? null : value);

/** Clients send 0 where they mean no formula, since typings say that it is a number. */
const noFormula = (value: unknown): unknown => (value === 0 ? null : noText(value));

const priceFormula = z
  .string()
  .max(2000)
  .superRefine((given, context) => {
    const problem = formulaProblem(given, { ofItems: true });
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .nullish();

const MOST_UNITS = 1_000_000_000;
const units = z.preprocess(noText, z.int().min(0).max(MOST_UNITS).nullish());
const limit = z.preprocess(noText, amount.nullish());

const scopeEntry = z
  .strictObject({
    object: z.enum(['product', 'sku', 'products_collection']),
    id: text().nullish(),
    source_id: text().nullish(),
    product_id: text().nullish(),
    product_source_id: text().nullish(),
    effect: z
      .enum(SCOPE_EFFECTS)
      .optional()
      .meta({ description: 'All that it names, or the cheapest or dearest, or all beginning with that' }),
    strict: z.boolean().optional(),
    target: z.enum(['ITEM', 'UNIT']).optional().meta({ description: 'What skip_initially and repeat count: lines of the order, or units' }),
    skip_initially: z.preprocess(noText, z.int().min(0).max(MOST_UNITS).nullish()),
    repeat: z.preprocess(noText, z.int().min(1).max(MOST_UNITS).nullish()).meta({ description: '2: every second one' }),
    price: limit.meta({ description: 'What a unit costs after a FIXED discount of items, in minor units' }),
    price_formula: z
      .preprocess(noFormula, priceFormula)
      .meta({ description: 'Says the price for each order; `price` counts where it has no value' }),
    quantity_limit: units.meta({ description: 'The most units of one line; 0 or null is none, as for every limit' }),
    aggregated_quantity_limit: units.meta({ description: 'The most units of all lines together' }),
    amount_limit: limit.meta({ description: 'The most that is taken of one line' }),
    aggregated_amount_limit: limit.meta({ description: 'The most that is taken of all lines together' }),
  })
  .refine(({ id, source_id: sourceId }) => Boolean(id) || Boolean(sourceId), { path: ['id'], error: 'must be given, or source_id' })
  .meta({ anyOf: [{ required: ['id'] }, { required: ['source_id'] }] });

const entries = z.array(scopeEntry).max(1000);

const scope = z.strictObject({
  included: entries.default([]),
  excluded: entries.default([]),
  included_all: z.boolean().default(false),
});

const ruleType = z.enum(['expression', 'basic', 'advanced', 'complex']);

/** What answers tell of a rule: clients send back what they got, and it changes nothing. */
const answered = {
  id: z.unknown().optional(),
  object: z.unknown().optional(),
  revision: z.unknown().optional(),
  assignments_count: z.unknown().optional(),
  created_at: z.unknown().optional(),
  updated_at: z.unknown().optional(),
  type: ruleType.optional(),
  bundle_rules: z.strictObject({}).nullish(),
};

const fields = {
  error: message.nullish(),
  applicable_to: scope.nullish().meta({ description: 'Which items the discount is taken of' }),
  context_type: text().nullish(),
};

export const createRuleBody = z.strictObject({ ...answered, ...fields, name: text().min(1), rules: rules.default({}) });

export const updateRuleBody = z.strictObject({ ...answered, ...fields, name: text().min(1).optional(), rules: rules.optional() });

export const ruleParams = z.object({ id: name });
export const assignmentParams = ruleParams.extend({ assignment: name });

export const createAssignmentBody = z
  .strictObject({
    voucher: name.nullish().meta({ description: 'Code or id' }),
    campaign: name.nullish().meta({ description: 'Id or name' }),
    promotion_tier: name.nullish(),
  })
  .refine((body) => Object.values(body).filter((each) => each != null).length === 1, {
    path: ['voucher'],
    error: 'must be given, or campaign, or promotion_tier: exactly one of them',
  });

export const listRulesQuery = z.strictObject({
  ...paging,
  starting_after: startingAfter.optional().meta({ description: 'The id of the last one of the page before' }),
  order: z.enum(['created_at', '-created_at']).default('-created_at'),
});

export const listAssignmentsQuery = listRulesQuery.extend({
  rule: name.optional().meta({ description: 'Of this rule' }),
  related_object_id: name.optional().meta({ description: 'Of this voucher, campaign or promotion tier' }),
});

export const deleteRuleQuery = z.strictObject({
  force: flag.optional().meta({ description: 'Take it away from what it is assigned to, too' }),
});

const group = z.record(z.string(), z.unknown());

export const ruleSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    rules: group,
    error: z.object({ message: z.string().optional() }).optional(),
    applicable_to: z.object({ included: z.array(z.unknown()), excluded: z.array(z.unknown()), included_all: z.boolean() }),
    type: z.string(),
    context_type: z.string(),
    revision: z.int(),
    assignments_count: z.int(),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('validation_rules'),
  })
  .meta({ id: 'ValidationRule' });

export const assignmentSchema = z
  .object({
    id: z.string(),
    rule_id: z.string(),
    related_object_id: z.string(),
    related_object_type: z.enum(['voucher', 'campaign', 'promotion_tier']),
    created_at: z.string(),
    updated_at: z.null(),
    object: z.literal('validation_rules_assignment'),
  })
  .meta({ id: 'ValidationRuleAssignment' });

export const ruleListSchema = listOf('data', ruleSchema).meta({ id: 'ValidationRuleList' });
export const assignmentListSchema = listOf('data', assignmentSchema).meta({ id: 'ValidationRuleAssignmentList' });

/** What a rule is tried on: what a checkout asks, without what it redeems. */
export const tryRuleBody = z.strictObject({
  order: checkoutFields.order,
  customer: checkoutFields.customer,
  metadata: checkoutFields.metadata,
});

export const ruleTrialSchema = z
  .object({
    valid: z.boolean(),
    rule_id: z.string(),
    applicable_to: applicableList,
    inapplicable_to: applicableList,
    error: z.looseObject({ key: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: 'ValidationRuleTrial' });

/** Assignments as what they are assigned to shows them. */
export const assignmentsSchema = z.object({
  object: z.literal('list'),
  data_ref: z.literal('data'),
  data: z.array(assignmentSchema),
  total: z.int(),
});

export const ruleIds = z
  .array(name)
  .max(10)
  .refine((ids) => new Set(ids).size === ids.length, { error: 'must name each rule once' })
  .optional()
  .meta({ description: 'Ids of validation rules that have to hold' });

export const ruleKindsSchema = z
  .object({
    object: z.literal('list'),
    data_ref: z.literal('data'),
    data: z.array(
      z.object({
        name: z.string(),
        aliases: z.array(z.string()),
        description: z.string(),
        subject: z.enum(['customer', 'order', 'redemption']),
        value: z.enum(['amount', 'count', 'text', 'any', 'flag', 'segment', 'product']),
        operators: z.array(z.string()),
        property: z.boolean().meta({ description: 'Whether `property` has to name a field of the metadata' }),
        nests: z.boolean().meta({ description: 'Whether it may hold rules on the items that it finds' }),
        object: z.literal('validation_rule_kind'),
      }),
    ),
    operators: z.array(z.object({ name: z.string(), description: z.string(), takes: z.enum(['one', 'two', 'many']) })),
    total: z.int(),
  })
  .meta({ id: 'ValidationRuleKinds' });
