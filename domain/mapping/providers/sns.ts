import type { MappingDefinition, MappingRule } from '../definition.ts';

const message = 'payload.message';
const isA = (type: string): string =>
  `(has(${message}.notificationType) && ${message}.notificationType == "${type}" || has(${message}.eventType) && ${message}.eventType == "${type}")`;

/** One message of SES may tell of several recipients, each of whom is an event. */
const told = (when: string, event: string, at: string, more: Partial<MappingRule> = {}): MappingRule => ({
  when,
  event: JSON.stringify(event),
  occurred_at: `${message}.${at}.timestamp`,
  customer: { email: 'item.emailAddress' },
  properties: message,
  ...more,
});

/** The notifications of SES; for other topics, bring a mapping of your own over `payload.message`. */
export const snsMapping: MappingDefinition = {
  each: `has(${message}.bounce) ? ${message}.bounce.bouncedRecipients : has(${message}.complaint) ? ${message}.complaint.complainedRecipients : has(${message}.mail) ? ${message}.mail.destination.map(to, {"emailAddress": to}) : [payload]`,
  rules: [
    { when: 'payload.Type != "Notification"', ignore: true },
    told(`${isA('Bounce')} && ${message}.bounce.bounceType == "Permanent"`, 'email.bounced', 'bounce', { suppress: { reason: 'bounced' } }),
    told(isA('Complaint'), 'email.complained', 'complaint', { suppress: { reason: 'complained' } }),
    told(isA('Subscription'), 'customer.unsubscribed', 'subscription', { suppress: { reason: 'unsubscribed' } }),
    told(isA('Delivery'), 'email.delivered', 'delivery'),
    told(isA('Open'), 'email.opened', 'open'),
    told(isA('Click'), 'email.clicked', 'click'),
    { ignore: true },
  ],
};
