import { z } from 'zod';
import type { WebhookEventType } from './event-type.ts';

/** Events of a thing that people keep: its data is the thing, by its own name. */
const kept = (key: string, example: Record<string, unknown>, changes: Record<string, string>): WebhookEventType[] =>
  Object.entries(changes).map(([type, description]) => ({
    type,
    description,
    data: z.looseObject({ [key]: z.looseObject({ id: z.string() }) }),
    example: { [key]: example },
  }));

const ENROLMENT = { journey: 'signup', journey_id: 'jrn_0192f3a8', version: 3, enrolment_id: 'enr_0192f3a8' };

/** What an operator does with customers inside a journey. */
const operated = (type: string, description: string, step: string, outcome: string | null): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({
    journey: z.string(),
    journey_id: z.string(),
    version: z.int(),
    enrolment_id: z.string(),
    step: z.string().nullable(),
    from: z.string().nullable(),
    outcome: z.string().nullable(),
    by: z.string(),
  }),
  example: { ...ENROLMENT, step, from: 'wait', outcome, by: 'server' },
});

const generation = (progress: string, description: string): WebhookEventType => ({
  type: `campaign.vouchers.generation.${progress}`,
  description,
  data: z.looseObject({ campaign_id: z.string(), campaign: z.string() }),
  example: { campaign_id: 'camp_0192f3a8', campaign: 'welcome' },
});

const consents = (type: string, description: string): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({ consents: z.array(z.object({ id: z.string(), name: z.string() })) }),
  example: { consents: [{ id: 'cnst_0192f3a8', name: 'Newsletter' }] },
});

const published = (type: string, description: string, result: string): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({ publication: z.looseObject({ id: z.string() }) }),
  example: { publication: { id: 'pub_0192f3a8', customer_id: 'cust_0192f3a8', result } },
});

/** What happens to what people keep: campaigns, products, rules, segments. */
export const resourceEventTypes: WebhookEventType[] = [
  ...kept(
    'campaign',
    { id: 'camp_0192f3a8', name: 'welcome' },
    {
      'campaign.created': 'A campaign was made',
      'campaign.updated': 'A campaign was changed',
      'campaign.enabled': 'A campaign was switched on',
      'campaign.disabled': 'A campaign was switched off',
      'campaign.deleted': 'A campaign was deleted',
    },
  ),
  generation('started', 'The making of many vouchers began'),
  generation('completed', 'The vouchers that were asked for are there'),
  generation('failed', 'Not all vouchers that were asked for could be made'),
  ...kept(
    'promotion_tier',
    { id: 'promo_0192f3a8', name: '10 % off' },
    {
      'promotion_tier.created': 'A promotion tier was made',
      'promotion_tier.updated': 'A promotion tier was changed',
      'promotion_tier.enabled': 'A promotion tier was switched on',
      'promotion_tier.disabled': 'A promotion tier was switched off',
      'promotion_tier.deleted': 'A promotion tier was deleted',
    },
  ),
  ...kept(
    'promotion_stack',
    { id: 'stack_0192f3a8', name: 'Summer' },
    {
      'promotion_stack.created': 'A promotion stack was made',
      'promotion_stack.updated': 'A promotion stack was changed',
      'promotion_stack.deleted': 'A promotion stack was deleted',
    },
  ),
  ...kept(
    'earning_rule',
    { id: 'ern_0192f3a8', event: 'order.paid' },
    {
      'earning_rule.created': 'An earning rule was made',
      'earning_rule.updated': 'An earning rule was changed',
      'earning_rule.enabled': 'An earning rule was switched on',
      'earning_rule.disabled': 'An earning rule was switched off',
      'earning_rule.deleted': 'An earning rule was deleted',
    },
  ),
  ...kept(
    'product',
    { id: 'prod_0192f3a8', source_id: 'shirt', name: 'Shirt' },
    {
      'product.created': 'A product was made',
      'product.updated': 'A product was changed',
      'product.deleted': 'A product was deleted',
    },
  ),
  ...kept(
    'sku',
    { id: 'sku_0192f3a8', source_id: 'shirt-l', sku: 'Shirt L' },
    {
      'sku.created': 'An SKU was made',
      'sku.updated': 'An SKU was changed',
      'sku.deleted': 'An SKU was deleted',
    },
  ),
  ...kept(
    'product_collection',
    { id: 'pcol_0192f3a8', name: 'Shirts' },
    {
      'product_collection.created': 'A product collection was made',
      'product_collection.deleted': 'A product collection was deleted',
    },
  ),
  ...kept(
    'validation_rule',
    { id: 'val_0192f3a8', name: 'From 50 on' },
    {
      'validation_rule.created': 'A validation rule was made',
      'validation_rule.updated': 'A validation rule was changed',
      'validation_rule.deleted': 'A validation rule was deleted',
    },
  ),
  ...kept(
    'validation_rule_assignment',
    { id: 'asgm_0192f3a8', rule_id: 'val_0192f3a8', related_object_id: 'camp_0192f3a8' },
    {
      'validation_rule.assignment.created': 'A validation rule was assigned',
      'validation_rule.assignment.deleted': 'A validation rule was taken away',
    },
  ),
  ...kept(
    'reward',
    { id: 'rew_0192f3a8', name: 'A mug', type: 'MATERIAL' },
    {
      'reward.created': 'A reward was made',
      'reward.updated': 'A reward was changed',
      'reward.deleted': 'A reward was deleted',
    },
  ),
  ...kept(
    'reward_assignment',
    { id: 'rewa_0192f3a8', reward_id: 'rew_0192f3a8', related_object_id: 'camp_0192f3a8' },
    {
      'reward.assignment.created': 'A loyalty program got a reward',
      'reward.assignment.updated': 'What a reward costs in a loyalty program was changed',
      'reward.assignment.deleted': 'A reward was taken away from a loyalty program',
    },
  ),
  ...kept(
    'segment',
    { id: 'seg_0192f3a8', name: 'Gold' },
    {
      'segment.created': 'A segment was made',
      'segment.updated': 'A segment was changed',
      'segment.deleted': 'A segment was deleted',
    },
  ),
  published('publication.succeeded', 'A customer was given a voucher', 'SUCCESS'),
  published('publication.failed', 'A customer could not be given a voucher', 'FAILURE'),
  operated('journey.moved', 'An operator moved a customer to another step', 'remind', null),
  operated('journey.held', 'An operator held a customer where they are', 'wait', 'checking'),
  operated('journey.released', 'An operator let a customer go on', 'wait', null),
  consents('customer.consents.given', 'A customer agreed to something'),
  consents('customer.consents.revoked', 'A customer agrees to something no more'),
  {
    type: 'customer.unsubscribed',
    description: 'A customer wants no more mails of a topic, or (*) none but those about orders',
    data: z.looseObject({ topic: z.string().optional(), message_id: z.string().nullish() }),
    example: { topic: 'offers', message_id: 'msg_0192f3a8' },
  },
];
