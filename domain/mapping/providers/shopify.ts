import type { MappingDefinition } from '../definition.ts';

const topic = (name: string): string => `headers["x-shopify-topic"] == "${name}"`;
/** Two posts of a topic for one change have webhook ids of their own and one event id. */
const event_id = '"x-shopify-event-id" in headers ? headers["x-shopify-event-id"] + " " + headers["x-shopify-topic"] : ""';

/** Who ordered without an account is known by the address. */
const buyer = {
  source_id: 'has(payload.customer) && payload.customer != null ? string(payload.customer.id) : payload.email',
  email: 'payload.email',
  first_name: 'payload.customer.first_name',
  last_name: 'payload.customer.last_name',
  phone: 'payload.customer.phone',
  locale: 'payload.customer_locale',
};

export const shopifyMapping: MappingDefinition = {
  rules: [
    {
      when: topic('customers/create'),
      event: '"customer.signed_up"',
      event_id,
      occurred_at: 'payload.created_at',
      customer: {
        source_id: 'payload.id',
        email: 'payload.email',
        first_name: 'payload.first_name',
        last_name: 'payload.last_name',
        phone: 'payload.phone',
      },
      properties: 'payload',
    },
    {
      when: topic('orders/paid'),
      event: '"order.paid"',
      event_id,
      occurred_at: 'payload.updated_at',
      customer: buyer,
      properties: 'payload',
    },
    {
      // Only an order's own post tells its customer; each further refund makes the list longer, and so is an event of its own.
      when: `${topic('orders/updated')} && payload.financial_status in ["refunded", "partially_refunded"]`,
      event: '"order.refunded"',
      event_id: '"order " + string(payload.id) + " refund " + string(size(payload.refunds))',
      occurred_at: 'payload.updated_at',
      customer: buyer,
      properties: 'payload',
    },
    {
      when: `${topic('checkouts/create')} || (${topic('checkouts/update')} && payload.completed_at == null)`,
      event: '"checkout.started"',
      event_id: '"checkout " + payload.token',
      occurred_at: 'payload.created_at',
      customer: buyer,
      properties: 'payload',
    },
    {
      when: `${topic('customers_email_marketing_consent/update')} && payload.email_marketing_consent.state == "unsubscribed"`,
      event: '"customer.unsubscribed"',
      event_id,
      occurred_at: 'payload.email_marketing_consent.consent_updated_at',
      customer: { source_id: 'payload.customer_id', email: 'payload.email_address' },
      properties: 'payload',
      suppress: { reason: 'unsubscribed' },
    },
    {
      when: topic('customers/redact'),
      event: '"customer.erasure_requested"',
      event_id,
      customer: { source_id: 'payload.customer.id' },
    },
    { ignore: true },
  ],
};
