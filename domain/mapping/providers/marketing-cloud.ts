import type { MappingDefinition, MappingRule } from '../definition.ts';

const told = (type: string, event: string, more: Partial<MappingRule> = {}): MappingRule => ({
  when: `item.eventCategoryType == ${JSON.stringify(type)}`,
  event: JSON.stringify(event),
  event_id: 'item.eventCategoryType + " " + string(item.compositeId) + " " + string(item.timestampUTC)',
  occurred_at: 'item.timestampUTC',
  customer: { source_id: 'item.composite.subscriberKey', email: 'item.info.to' },
  properties: 'item',
  ...more,
});

export const marketingCloudMapping: MappingDefinition = {
  each: 'payload',
  rules: [
    told('TransactionalSendEvents.EmailSent', 'email.sent'),
    told('TransactionalSendEvents.EmailNotSent', 'email.not_sent'),
    told('TransactionalSendEvents.EmailBounced', 'email.bounced', { suppress: { reason: 'bounced' } }),
    told('EngagementEvents.EmailOpen', 'email.opened'),
    told('EngagementEvents.EmailClick', 'email.clicked'),
    told('EngagementEvents.EmailUnsubscribe', 'customer.unsubscribed', { suppress: { reason: 'unsubscribed' } }),
    { ignore: true },
  ],
};
