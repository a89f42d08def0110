import type { MappingDefinition, MappingRule } from '../definition.ts';

const email = 'item.payload.data.attributes.event_properties.email_address';

const topic = (ends: string[], event: string, more: Partial<MappingRule> = {}): MappingRule => ({
  when: ends.map((end) => `item.topic.endsWith(${JSON.stringify(end)})`).join(' || '),
  event: JSON.stringify(event),
  event_id: 'item.external_id',
  occurred_at: 'item.payload.data.attributes.datetime',
  customer: { source_id: 'item.payload.data.relationships.profile.data.id', email },
  properties: 'item.payload.data.attributes.event_properties',
  ...more,
});

/** Topics are `event:klaviyo.…`, or those of the shop's integration, such as `event:shopify.placed_order`. */
export const klaviyoMapping: MappingDefinition = {
  each: 'payload.data',
  rules: [
    topic(['.unsubscribed_from_email_marketing', '.unsubscribed'], 'customer.unsubscribed', { suppress: { reason: 'unsubscribed' } }),
    topic(['.subscribed_to_email_marketing', '.subscribed_to_list'], 'customer.signed_up'),
    topic(['.bounced_email'], 'email.bounced', { suppress: { reason: 'bounced' } }),
    topic(['.marked_email_as_spam'], 'email.complained', { suppress: { reason: 'complained' } }),
    topic(['.placed_order'], 'order.paid'),
    topic(['.refunded_order'], 'order.refunded'),
    topic(['.checkout_started', '.started_checkout'], 'checkout.started'),
    topic(['.checkout_abandoned', '.abandoned_checkout', '.abandoned_cart'], 'checkout.abandoned'),
    topic(['.received_email'], 'email.delivered'),
    topic(['.opened_email'], 'email.opened'),
    topic(['.clicked_email'], 'email.clicked'),
    { ignore: true },
  ],
};
