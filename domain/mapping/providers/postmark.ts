import type { MappingDefinition, MappingRule } from '../definition.ts';

/** Postmark calls the address and the time of each kind of record by another name. */
const told = (when: string, event: string, address: 'Email' | 'Recipient', at: string, more: Partial<MappingRule> = {}): MappingRule => ({
  when,
  event: JSON.stringify(event),
  occurred_at: `payload.${at}`,
  customer: { email: `payload.${address}` },
  properties: 'payload',
  ...more,
});

const isA = (type: string): string => `payload.RecordType == "${type}"`;
const stopped = `${isA('SubscriptionChange')} && payload.SuppressSending == true`;

export const postmarkMapping: MappingDefinition = {
  rules: [
    told(
      `${isA('Bounce')} && payload.Type in ["HardBounce", "BadEmailAddress", "Blocked"] && payload.Inactive == true`,
      'email.bounced',
      'Email',
      'BouncedAt',
      {
        suppress: { reason: 'bounced' },
      },
    ),
    told(isA('SpamComplaint'), 'email.complained', 'Email', 'BouncedAt', { suppress: { reason: 'complained' } }),
    told(`${stopped} && payload.SuppressionReason == "ManualSuppression"`, 'customer.unsubscribed', 'Recipient', 'ChangedAt', {
      suppress: { reason: 'unsubscribed' },
    }),
    told(`${stopped} && payload.SuppressionReason == "HardBounce"`, 'email.bounced', 'Recipient', 'ChangedAt', {
      suppress: { reason: 'bounced' },
    }),
    told(`${stopped} && payload.SuppressionReason == "SpamComplaint"`, 'email.complained', 'Recipient', 'ChangedAt', {
      suppress: { reason: 'complained' },
    }),
    told(isA('Delivery'), 'email.delivered', 'Recipient', 'DeliveredAt'),
    told(isA('Open'), 'email.opened', 'Recipient', 'ReceivedAt'),
    told(isA('Click'), 'email.clicked', 'Recipient', 'ReceivedAt'),
    { ignore: true },
  ],
};
