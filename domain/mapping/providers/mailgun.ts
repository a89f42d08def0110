import type { MappingDefinition, MappingRule } from '../definition.ts';

const data = 'payload["event-data"]';

const told = (when: string, event: string, more: Partial<MappingRule> = {}): MappingRule => ({
  when,
  event: JSON.stringify(event),
  event_id: `${data}.id`,
  occurred_at: `${data}.timestamp`,
  customer: { email: `${data}.recipient` },
  properties: data,
  ...more,
});

const isA = (event: string): string => `${data}.event == "${event}"`;

export const mailgunMapping: MappingDefinition = {
  rules: [
    told(`${isA('failed')} && ${data}.severity == "permanent"`, 'email.bounced', { suppress: { reason: 'bounced' } }),
    told(isA('complained'), 'email.complained', { suppress: { reason: 'complained' } }),
    told(isA('unsubscribed'), 'customer.unsubscribed', { suppress: { reason: 'unsubscribed' } }),
    told(isA('delivered'), 'email.delivered'),
    told(isA('opened'), 'email.opened'),
    told(isA('clicked'), 'email.clicked'),
    { ignore: true },
  ],
};
