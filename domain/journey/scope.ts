import type { Shape } from '../expression.ts';
import type { JourneyAnswer } from './answer.ts';
import type { JourneyCoupon } from './step-kind.ts';

/** An event as expressions and mails see it. Times are ISO 8601. */
export interface JourneyEvent {
  id: string;
  type: string;
  occurred_at: string;
  data: Record<string, unknown>;
}

/** A customer as expressions and mails see them. */
export interface JourneyCustomer {
  id: string;
  source_id: string;
  name: string | null;
  first_name: string | null;
  email: string | null;
  phone: string | null;
  birthdate: string | null;
  description: string | null;
  timezone: string | null;
  locale: string | null;
  address: Record<string, unknown> | null;
  metadata: Record<string, unknown>;
  unsubscribed: boolean;
  created_at: string;
}

/** What an enrolment remembers: the event that enrolled it, its coupons by name, what its steps gave, and the last event that a wait took. */
export interface EnrolmentContext {
  event: JourneyEvent | null;
  coupons: Record<string, JourneyCoupon>;
  /** What webhooks were answered, by name. Who entered before there was such a thing has none. */
  answers?: Record<string, JourneyAnswer>;
  steps: Record<string, Record<string, unknown>>;
  cursor: { at: string; id: string } | null;
}

/** Names that journeys use for events of our own. */
const aliases: Record<string, string> = { 'coupon.redeemed': 'redemption.succeeded', 'coupon.expired': 'voucher.expired' };

export const resolveEventType = (name: string): string => aliases[name] ?? name;

const redemption: Shape = {
  redemption_id: 'string',
  voucher_id: 'string',
  code: 'string',
  campaign_id: 'string',
  campaign: 'string',
  discount_amount: 'number',
  tracking_id: 'string',
  order: { id: 'string', amount: 'number', total_amount: 'number', currency: 'string' },
};

/** What the data of an event of our own is; a source's own events may hold anything. */
const dataShapes: Record<string, Shape> = { 'redemption.succeeded': redemption };

const eventShape = (type: string): Shape => ({
  id: 'string',
  type: 'string',
  occurred_at: 'timestamp',
  data: dataShapes[resolveEventType(type)] ?? 'map',
});

const customer: Shape = {
  id: 'string',
  source_id: 'string',
  name: 'string',
  first_name: 'string',
  email: 'string',
  phone: 'string',
  birthdate: 'string',
  description: 'string',
  timezone: 'string',
  locale: 'string',
  address: 'map',
  metadata: 'map',
  unsubscribed: 'bool',
  created_at: 'timestamp',
};

export interface ScopeNames {
  trigger: string;
  coupons: string[];
  answers: string[];
  steps: string[];
}

/** The variables that expressions of a journey may use. For a match, `event` is the awaited event and `trigger` the one that enrolled. */
export const journeyScope = (names: ScopeNames, matches?: string): Record<string, Shape> => ({
  customer,
  event: eventShape(matches ?? names.trigger),
  ...(matches === undefined ? {} : { trigger: eventShape(names.trigger) }),
  coupon: Object.fromEntries(
    names.coupons.map((name) => [name, { id: 'string', code: 'string', expires_at: 'timestamp', campaign: 'string' }]),
  ),
  answer: Object.fromEntries(names.answers.map((name) => [name, { status: 'number', body: 'any', at: 'timestamp' }])),
  steps: Object.fromEntries(names.steps.map((id) => [id, 'map'])),
  journey: { key: 'string', version: 'number', enrolment_id: 'string', entered_at: 'timestamp' },
  now: 'timestamp',
});

/** The variables that decide about entering, when there is no enrolment yet. */
export const triggerScope = (trigger: string): Record<string, Shape> => ({ customer, event: eventShape(trigger), now: 'timestamp' });

export interface Standing {
  customer: JourneyCustomer;
  context: EnrolmentContext;
  journey: { key: string; version: number; enrolment_id: string; entered_at: string };
  now: string;
}

/** The values of `journeyScope`. */
export const scopeValues = (standing: Standing, incoming?: JourneyEvent): Record<string, unknown> => ({
  customer: standing.customer,
  event: incoming ?? standing.context.event,
  trigger: standing.context.event,
  coupon: standing.context.coupons,
  answer: standing.context.answers ?? {},
  steps: standing.context.steps,
  journey: standing.journey,
  now: standing.now,
});
