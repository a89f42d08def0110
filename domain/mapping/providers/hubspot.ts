import type { MappingDefinition } from '../definition.ts';

/** An eventId of HubSpot is not unique by itself. */
const event_id =
  'string(item.portalId) + " " + string(item.subscriptionId) + " " + string(item.objectId) + " " + string(item.occurredAt) + " " + string(item.eventId)';
const of = { event_id, occurred_at: 'item.occurredAt', properties: 'item' };
const source_id = 'item.objectId';

export const hubspotMapping: MappingDefinition = {
  each: 'payload',
  rules: [
    { when: 'item.subscriptionType == "contact.creation"', event: '"customer.signed_up"', ...of, customer: { source_id } },
    {
      when: 'item.subscriptionType == "contact.propertyChange" && item.propertyName == "email"',
      event: '"customer.email_changed"',
      ...of,
      customer: { source_id, email: 'item.propertyValue' },
    },
    {
      when: 'item.subscriptionType == "contact.propertyChange" && item.propertyName == "firstname"',
      event: '"customer.name_changed"',
      ...of,
      customer: { source_id, first_name: 'item.propertyValue' },
    },
    {
      when: 'item.subscriptionType == "contact.propertyChange" && item.propertyName == "hs_email_optout" && item.propertyValue == "true"',
      event: '"customer.unsubscribed"',
      ...of,
      customer: { source_id },
      suppress: { reason: 'unsubscribed' },
    },
    {
      when: 'item.subscriptionType == "contact.propertyChange" && item.propertyName == "hs_email_hard_bounce_reason_enum" && item.propertyValue != ""',
      event: '"email.bounced"',
      ...of,
      customer: { source_id },
      suppress: { reason: 'bounced' },
    },
    { ignore: true },
  ],
};
