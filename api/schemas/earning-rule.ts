import { z } from 'zod';
import { MOST_PENDING_DAYS, type PendingPeriod } from '../../domain/loyalty/pending-points.ts';
import { earnedPoints, earning, pointsProblem } from './earning.ts';
import { endsAfterItStarts, metadata, name, text, time, whateverElse } from './fields.ts';
import { listOf, paging } from './list.ts';
import { pointsExpirationSchema } from './loyalty-card.ts';
import { programParams } from './loyalty.ts';
import { startsItsTimeframe, validityFields, validitySchemas } from './validity.ts';

/** Only points for orders can wait: what else would come back? */
export const PENDING_EVENT = 'order.paid';
export const PENDING_PROBLEM = `must be left out where the event is not ${PENDING_EVENT}`;

const pendingPeriod = z.strictObject({ period_type: z.literal('DAY'), period_value: z.int().min(1).max(MOST_PENDING_DAYS) }).meta({
  id: 'PendingPeriod',
  description: 'So many days until points can be spent: with the start of that day, where the project is',
}) satisfies z.ZodType<PendingPeriod>;

const source = z.strictObject({
  banner: text().nullish(),
  object_id: z.unknown().optional(),
  object_type: z.unknown().optional(),
});

const fields = {
  ...validityFields,
  validation_rule_id: name.nullish().meta({ description: 'A validation rule that has to hold beside the event' }),
  source: source.nullish(),
  active: z.boolean().optional(),
  start_date: time.nullish().meta({ description: 'It gives points from then on, and not before the program starts' }),
  expiration_date: time.nullish(),
  expiration_rules: pointsExpirationSchema
    .nullish()
    .meta({ description: 'When its points expire; as the program says where it is left out' }),
  pending_points: pendingPeriod.nullish().meta({ description: 'With the event order.paid: for how long its points wait' }),
  metadata: metadata.nullish(),
};

/** Checked whatever else is wrong, so it may be no text. */
const startsWith = (event: unknown, prefix: string): boolean => typeof event === 'string' && event.startsWith(prefix);

const OF_ORDERS = 'ORDER_';

const earningRuleBody = z
  .strictObject({
    ...fields,
    event: z
      .string()
      .min(1)
      .max(100)
      .meta({ description: 'order.paid, customer.segment.entered, customer.loyalty.tier.joined … or the name of an event of yours' }),
    custom_event: z
      .strictObject({ schema_id: name.optional(), name: name.optional() })
      .nullish()
      .meta({ description: 'With the event custom_event: the name of your event' }),
    segment: z.strictObject({ id: name }).nullish().meta({ description: 'With customer.segment.entered: which segment' }),
    loyalty_tier: z
      .strictObject({ id: name })
      .nullish()
      .meta({ description: 'With customer.loyalty.tier.…: which tier; __ANY__ or left out: any' }),
    loyalty: earning,
  })
  .refine(endsAfterItStarts.check, endsAfterItStarts.options)
  .refine(startsItsTimeframe.check, startsItsTimeframe.options)
  .refine((rule) => rule?.event !== 'custom_event' || Boolean(rule.custom_event?.schema_id ?? rule.custom_event?.name), {
    path: ['custom_event'],
    error: 'must say the name of the event (name, or schema_id)',
    when: whateverElse,
  })
  .refine((rule) => (rule?.event === 'customer.segment.entered') === (rule?.segment != null), {
    path: ['segment'],
    error: 'must be given with the event customer.segment.entered, and with no other',
    when: whateverElse,
  })
  .refine((rule) => rule?.loyalty_tier == null || startsWith(rule.event, 'customer.loyalty.tier.'), {
    path: ['loyalty_tier'],
    error: 'must be left out where the event is none of customer.loyalty.tier.…',
    when: whateverElse,
  })
  .refine((rule) => rule?.pending_points == null || rule.event === PENDING_EVENT, {
    path: ['pending_points'],
    error: PENDING_PROBLEM,
    when: whateverElse,
  })
  .refine((rule) => !startsWith(rule?.event, 'voucher.loyalty_card.'), {
    path: ['event'],
    error: 'must not be one that points themselves cause: the rule would never end giving',
    when: whateverElse,
  })
  .refine(
    ({ event, loyalty }) => loyalty.type === 'FIXED' || !loyalty.calculation_type.startsWith(OF_ORDERS) || event.startsWith('order.'),
    {
      path: ['loyalty', 'calculation_type'],
      error: 'must be of an event of orders, such as order.paid: there is no order with this event',
    },
  )
  .superRefine((rule, context) => {
    const problem = pointsProblem(rule.loyalty, rule.event);
    if (problem !== null) context.addIssue({ code: 'custom', path: ['loyalty', 'points_formula'], message: problem });
  })
  .meta({ id: 'EarningRuleInput' });

/** One rule, or several. */
export const createEarningRulesBody = z.union([z.array(earningRuleBody).min(1).max(50), earningRuleBody.transform((one) => [one])]);

/** What is left out stays as it is. Points alone change a rule that gives a fixed number. */
export const updateEarningRuleBody = z
  .strictObject({
    ...fields,
    id: z.unknown().optional(),
    loyalty: z.union([z.strictObject({ points: earnedPoints }), earning]).optional(),
  })
  .refine(endsAfterItStarts.check, endsAfterItStarts.options)
  .meta({ id: 'EarningRuleChange' });

export const earningRuleParams = programParams.extend({ rule: name.meta({ description: 'Id of the earning rule' }) });

export const listEarningRulesQuery = z.strictObject(paging);

export const earningRuleSchema = z
  .object({
    id: z.string(),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    validation_rule_id: z.string().nullable(),
    loyalty: z.looseObject({ type: z.enum(['FIXED', 'PROPORTIONAL']) }),
    event: z.string(),
    custom_event: z.object({ schema_id: z.string(), name: z.string() }).optional(),
    segment: z.object({ id: z.string() }).optional(),
    loyalty_tier: z.object({ id: z.string() }).optional(),
    source: z.object({ banner: z.string().optional(), object_id: z.string(), object_type: z.literal('campaign') }),
    active: z.boolean(),
    start_date: z.string().nullable(),
    expiration_date: z.string().nullable(),
    ...validitySchemas,
    expiration_rules: pointsExpirationSchema.optional(),
    pending_points: pendingPeriod.nullable(),
    metadata: z.record(z.string(), z.unknown()),
    automation_id: z.string(),
    object: z.literal('earning_rule'),
  })
  .meta({ id: 'EarningRule' });

export const earningRulesSchema = z.array(earningRuleSchema);
export const earningRuleListSchema = listOf('data', earningRuleSchema).meta({ id: 'EarningRuleList' });
