import type { MappingDefinition, MappingRule } from '../definition.ts';

const told = {
  event_id: 'payload.event_id',
  occurred_at: 'payload.timestamp',
  customer: { source_id: 'payload.data.customer_id', email: 'payload.data.identifiers.email' },
  properties: 'payload.data',
};

const email = (metric: string, event: string, more: Partial<MappingRule> = {}): MappingRule => ({
  when: `payload.object_type == "email" && payload.metric == ${JSON.stringify(metric)}`,
  event: JSON.stringify(event),
  ...told,
  ...more,
});

const recipient = 'payload.data.recipient';

export const customerIoMapping: MappingDefinition = {
  rules: [
    {
      when: 'payload.object_type == "customer" && payload.metric == "subscribed"',
      event: '"customer.subscribed"',
      ...told,
    },
    {
      when: 'payload.object_type == "customer" && payload.metric == "unsubscribed"',
      event: '"customer.unsubscribed"',
      ...told,
      suppress: { reason: 'unsubscribed' },
    },
    email('unsubscribed', 'customer.unsubscribed', { suppress: { reason: 'unsubscribed', email: recipient } }),
    email('bounced', 'email.bounced', { suppress: { reason: 'bounced', email: recipient } }),
    email('spammed', 'email.complained', { suppress: { reason: 'complained', email: recipient } }),
    email('delivered', 'email.delivered'),
    email('opened', 'email.opened'),
    email('clicked', 'email.clicked'),
    { ignore: true },
  ],
};
