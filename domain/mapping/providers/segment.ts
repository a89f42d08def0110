import type { MappingDefinition, MappingRule } from '../definition.ts';

const track = (names: string[], event: string, more: Partial<MappingRule> = {}): MappingRule => ({
  when: `item.type == "track" && item.event in [${names.map((name) => JSON.stringify(name)).join(', ')}]`,
  event: JSON.stringify(event),
  ...tracked,
  ...more,
});

const source_id = 'has(item.userId) && item.userId != null ? item.userId : item.anonymousId';
const traits = {
  source_id,
  email: 'item.context.traits.email',
  first_name: 'item.context.traits.first_name',
  last_name: 'item.context.traits.last_name',
  phone: 'item.context.traits.phone',
  timezone: 'item.context.timezone',
  locale: 'item.context.locale',
};
const tracked = { event_id: 'item.messageId', occurred_at: 'item.timestamp', customer: traits, properties: 'item.properties' };

/** The names of Segment's e-commerce specification; other events keep their own. */
export const segmentMapping: MappingDefinition = {
  each: 'type(payload) == list ? payload : [payload]',
  rules: [
    {
      when: 'item.type == "identify"',
      event: '"customer.identified"',
      ...tracked,
      customer: {
        source_id,
        email: 'item.traits.email',
        name: 'item.traits.name',
        first_name: 'item.traits.first_name',
        last_name: 'item.traits.last_name',
        phone: 'item.traits.phone',
        timezone: 'item.context.timezone',
        locale: 'item.context.locale',
      },
      properties: 'item.traits',
    },
    track(['Signed Up', 'Account Created'], 'customer.signed_up'),
    track(['Order Completed'], 'order.paid'),
    track(['Order Refunded'], 'order.refunded'),
    track(['Checkout Started'], 'checkout.started'),
    track(['Checkout Abandoned', 'Cart Abandoned'], 'checkout.abandoned'),
    track(['Unsubscribed', 'Email Unsubscribed'], 'customer.unsubscribed', { suppress: { reason: 'unsubscribed' } }),
    track(['Email Bounced'], 'email.bounced', { suppress: { reason: 'bounced' } }),
    track(['Email Marked as Spam'], 'email.complained', { suppress: { reason: 'complained' } }),
    { when: 'item.type == "track"', event: 'item.event', ...tracked },
    { ignore: true },
  ],
};
