import { z } from 'zod';
import type { WebhookEventType } from './event-type.ts';
import { loyaltyEventTypes } from './loyalty-events.ts';
import { referralEventTypes } from './referral-events.ts';
import { resourceEventTypes } from './resource-events.ts';
import { tierEventTypes } from './tier-events.ts';
import { RENDERED_MESSAGE_EXAMPLE } from '../delivery/rendered-message.ts';
import { RENDERED_EVENT } from './formats/registry.ts';

const VOUCHER = { id: 'v_0192f3a8', code: 'WELCOME-7K2M', campaign: 'welcome', type: 'DISCOUNT_VOUCHER', active: true };
const CUSTOMER = { id: 'cust_0192f3a8', source_id: 'crm-42', name: 'Ada Lovelace', email: 'ada@example.com' };

const voucher = (type: string, description: string): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({ voucher: z.looseObject({ id: z.string(), code: z.string() }) }),
  example: { voucher: VOUCHER },
});

const customer = (type: string, description: string): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({ customer: z.looseObject({ id: z.string(), source_id: z.string().nullish() }) }),
  example: { customer: CUSTOMER },
});

const segment = (type: string, description: string): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({
    segment: z.looseObject({ id: z.string(), name: z.string() }),
    customer: z.looseObject({ id: z.string(), source_id: z.string().nullish() }),
  }),
  example: { segment: { id: 'seg_0192f3a8', name: 'Gold' }, customer: { id: CUSTOMER.id, source_id: CUSTOMER.source_id } },
});

const redeemed = {
  redemption_id: z.string(),
  voucher_id: z.string().nullable(),
  code: z.string().nullable(),
  promotion_tier_id: z.string().nullish().meta({ description: 'Where no voucher was redeemed' }),
  campaign_id: z.string().nullable(),
  campaign: z.string().nullable(),
  tracking_id: z.string().nullable(),
};
const REDEEMED = {
  redemption_id: 'r_0192f3a8',
  voucher_id: VOUCHER.id,
  code: VOUCHER.code,
  campaign_id: 'camp_0192f3a8',
  campaign: VOUCHER.campaign,
  tracking_id: null,
};
const discount_amount = z.int().nullable().meta({ description: 'Minor units of the currency' });

const ORDER = { id: 'ord_0192f3a8', source_id: 'order-1001', status: 'PAID', customer_id: CUSTOMER.id, amount: 5000, total_amount: 4500 };

const order = (type: string, description: string): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({
    order: z.looseObject({
      id: z.string(),
      source_id: z.string().nullable(),
      status: z.string(),
      customer_id: z.string().nullable(),
      amount: z.int().optional().meta({ description: 'Minor units of the currency' }),
      total_amount: z.int().optional().meta({ description: 'What is left to pay after discounts' }),
    }),
  }),
  example: { order: ORDER },
});

const journey = (
  type: string,
  description: string,
  more: Record<string, z.ZodType>,
  example: Record<string, unknown>,
): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({ journey: z.string(), journey_id: z.string(), version: z.int(), enrolment_id: z.string(), ...more }),
  example: { journey: 'signup', journey_id: 'jrn_0192f3a8', version: 3, enrolment_id: 'enr_0192f3a8', ...example },
});

const ended = { outcome: z.string().nullable(), step: z.string().nullish() };

const journeyItself = (
  type: string,
  description: string,
  more: Record<string, z.ZodType> = {},
  example: Record<string, unknown> = {},
): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({ journey: z.string(), journey_id: z.string(), version: z.int(), by: z.string().nullable(), ...more }),
  example: { journey: 'signup', journey_id: 'jrn_0192f3a8', version: 3, by: 'key_0192f3a8', ...example },
});

const message = (type: string, description: string, reason: string | null): WebhookEventType => ({
  type,
  description,
  data: z.looseObject({
    message_id: z.string(),
    enrolment_id: z.string().nullable(),
    topic: z.string().nullable(),
    template: z.string().nullable(),
    version: z.int().nullable(),
    reason: z.string().nullable(),
  }),
  example: { message_id: 'msg_0192f3a8', enrolment_id: 'enr_0192f3a8', topic: 'offers', template: 'welcome', version: 1, reason },
});

/** Every event that Couponry itself records. Those that CRMs and shops tell can be subscribed to as well, by the names that they have there. */
export const webhookEventTypes: WebhookEventType[] = [
  customer('customer.created', 'A customer became known'),
  customer('customer.updated', 'What is known of a customer changed'),
  customer('customer.deleted', 'A customer was forgotten'),
  segment('customer.segment.entered', 'A customer came into a segment'),
  segment('customer.segment.left', 'A customer is in a segment no more'),
  voucher('voucher.created', 'A voucher was made by itself'),
  {
    type: 'voucher.gift.balance_updated',
    description: 'Something was spent of a gift card, given back, added or taken away',
    data: z.looseObject({
      voucher: z.looseObject({ id: z.string(), code: z.string(), gift: z.looseObject({ amount: z.int(), balance: z.int() }) }),
      transaction_id: z.string(),
      transaction_type: z.string(),
      amount: z.int(),
      balance: z.int(),
    }),
    example: {
      voucher: { ...VOUCHER, type: 'GIFT_VOUCHER', gift: { amount: 5_000, balance: 3_800, effect: 'APPLY_TO_ORDER' } },
      transaction_id: 'vtx_0192f3a8',
      transaction_type: 'CREDITS_REDEMPTION',
      amount: -1_200,
      balance: 3_800,
    },
  },
  voucher('voucher.published', 'A customer got a voucher'),
  voucher('voucher.updated', 'A voucher was changed by hand'),
  voucher('voucher.enabled', 'A voucher was switched on'),
  voucher('voucher.disabled', 'A voucher was switched off'),
  voucher('voucher.withdrawn', 'A journey took a voucher back that was not used'),
  voucher('voucher.expired', 'A journey’s voucher came to its end unused'),
  voucher('voucher.deleted', 'A voucher was deleted'),
  {
    type: 'redemption.succeeded',
    description: 'A voucher was redeemed',
    data: z.looseObject({ ...redeemed, discount_amount, order: z.looseObject({}).nullish() }),
    example: { ...REDEEMED, discount_amount: 500, order: { id: 'ord_0192f3a8', amount: 5000, total_amount: 4500, currency: 'EUR' } },
  },
  {
    type: 'redemption.failed',
    description: 'A redemption was refused',
    data: z.looseObject({ ...redeemed, failure_code: z.string(), failure_message: z.string(), order: z.looseObject({}).nullish() }),
    example: { ...REDEEMED, failure_code: 'voucher_expired', failure_message: 'The voucher has expired.' },
  },
  {
    type: 'redemption.rollback.succeeded',
    description: 'A redemption was taken back',
    data: z.looseObject({
      ...redeemed,
      rollback_id: z.string(),
      discount_amount,
      reward: z.looseObject({}).optional(),
      reason: z.string().nullable(),
    }),
    example: { ...REDEEMED, rollback_id: 'r_0192f3a9', discount_amount: 500, reason: 'returned' },
  },
  ...referralEventTypes,
  order('order.created', 'An order became known'),
  order('order.updated', 'An order was changed, or something was redeemed for it'),
  order('order.paid', 'An order was paid'),
  order('order.canceled', 'An order was canceled, and what was redeemed for it was given back'),
  {
    ...order('order.refunded', 'Part of an order was given back, or all of it'),
    example: { order: ORDER, refund: { id: 'rf_0192f3a8', amount: 900, discount_amount: 100 } },
  },
  journey('journey.enrolled', 'A customer entered a journey', { entry_number: z.int() }, { entry_key: '', entry_number: 1 }),
  journey('journey.completed', 'A customer reached the end or the goal of a journey', ended, { outcome: 'goal', step: 'wait' }),
  journey('journey.exited', 'A customer left a journey', ended, { outcome: 'unsubscribed', step: 'wait' }),
  journeyItself(
    'journey.published',
    'A version of a journey was published',
    { inside: z.enum(['stay', 'migrate', 'drain']), migrated: z.int() },
    { inside: 'stay', migrated: 0 },
  ),
  journeyItself('journey.paused', 'A journey was paused'),
  journeyItself('journey.resumed', 'A journey goes on'),
  journeyItself('journey.draining', 'A journey lets nobody in any more'),
  journeyItself('journey.archived', 'A journey was archived'),
  ...(['moved', 'held', 'released'] as const).map((did) =>
    journey(
      `journey.${did}`,
      {
        moved: 'Somebody moved a customer to another step',
        held: 'Somebody holds a customer where they stand',
        released: 'Somebody let a held customer go on',
      }[did],
      { ...ended, from: z.string().nullable(), by: z.string() },
      { outcome: null, step: 'mail', from: 'wait', by: 'key_0192f3a8' },
    ),
  ),
  message('message.sent', 'The mail server took a mail', null),
  message('message.failed', 'A mail could not be sent', 'rejected'),
  message('message.unknown', 'Nobody knows whether a mail arrived', 'process_died'),
  {
    type: RENDERED_EVENT,
    description: 'A mail with a coupon is ready for the system that sends it',
    data: z.looseObject({
      code: z.string().nullable(),
      expires_at: z.string().nullable(),
      customer: z.looseObject({
        id: z.string(),
        source_id: z.string().nullable(),
        email: z.string().nullable(),
        name: z.string().nullable(),
      }),
      from: z.object({ email: z.string(), name: z.string() }).nullish(),
      subject: z.string().optional(),
      html: z.string().optional(),
      text: z.string().optional(),
      topic: z.string().nullish(),
      unsubscribe_url: z.string().nullish(),
    }),
    example: { ...RENDERED_MESSAGE_EXAMPLE },
  },
  ...loyaltyEventTypes,
  ...resourceEventTypes,
  ...tierEventTypes,
  {
    type: 'webhook.endpoint.disabled',
    description: 'We gave an endpoint up: it answered 410, or failed for days',
    data: z.looseObject({ endpoint_id: z.string(), url: z.string(), reason: z.enum(['gone', 'failing']) }),
    example: { endpoint_id: 'dest_0192f3a8', url: 'https://example.com/hooks', reason: 'gone' },
  },
];

const PATTERN = /^(\*|[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,99}|[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,97}\.\*)$/;

export const isEventPattern = (text: string): boolean => PATTERN.test(text);

/** Whether one of these patterns means the event: its name, `prefix.*`, or `*`. */
export const subscribes = (patterns: readonly string[], type: string): boolean =>
  patterns.some((pattern) => pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))));
