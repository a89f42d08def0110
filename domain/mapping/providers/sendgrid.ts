import type { MappingDefinition, MappingRule } from '../definition.ts';

const told = (when: string, event: string, more: Partial<MappingRule> = {}): MappingRule => ({
  when,
  event: JSON.stringify(event),
  event_id: 'item.sg_event_id',
  occurred_at: 'item.timestamp',
  customer: { email: 'item.email' },
  properties: 'item',
  ...more,
});

const isA = (event: string): string => `item.event == "${event}"`;

export const sendgridMapping: MappingDefinition = {
  each: 'payload',
  rules: [
    // A mail that was blocked may pass the next time; the address is good.
    told(`${isA('bounce')} && has(item.type) && item.type == "blocked"`, 'email.blocked'),
    told(isA('bounce'), 'email.bounced', { suppress: { reason: 'bounced' } }),
    told(isA('spamreport'), 'email.complained', { suppress: { reason: 'complained' } }),
    told(`${isA('unsubscribe')} || ${isA('group_unsubscribe')}`, 'customer.unsubscribed', { suppress: { reason: 'unsubscribed' } }),
    told(isA('dropped'), 'email.dropped'),
    told(isA('delivered'), 'email.delivered'),
    told(isA('open'), 'email.opened'),
    told(isA('click'), 'email.clicked'),
    { ignore: true },
  ],
};
