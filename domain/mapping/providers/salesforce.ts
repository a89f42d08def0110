import type { MappingDefinition, MappingRule } from '../definition.ts';

const about = (when: string, event: string, customer: MappingRule['customer'], more: Partial<MappingRule> = {}): MappingRule => ({
  when,
  event: JSON.stringify(event),
  event_id: 'item.id',
  customer,
  properties: 'item.fields',
  ...more,
});

const person = {
  source_id: 'item.fields.Id',
  email: 'item.fields.Email',
  first_name: 'item.fields.FirstName',
  last_name: 'item.fields.LastName',
  phone: 'item.fields.Phone',
};
const isPerson = 'item.type in ["Contact", "Lead"]';
const isTrue = (field: string): string => `has(item.fields.${field}) && item.fields.${field} == "true"`;

/** A message's workflow rule decides when it is sent; what it is sent for, the type of the record says. */
export const salesforceMapping: MappingDefinition = {
  each: 'payload.notifications',
  rules: [
    about(`${isPerson} && ${isTrue('HasOptedOutOfEmail')}`, 'customer.unsubscribed', person, { suppress: { reason: 'unsubscribed' } }),
    about(`${isPerson} && has(item.fields.EmailBouncedDate) && item.fields.EmailBouncedDate != null`, 'email.bounced', person, {
      suppress: { reason: 'bounced' },
    }),
    about(isPerson, 'customer.signed_up', person),
    about('item.type == "Opportunity" && has(item.fields.StageName) && item.fields.StageName == "Closed Won"', 'order.paid', {
      source_id: 'item.fields.ContactId',
    }),
    about('item.type == "Order" && has(item.fields.Status) && item.fields.Status == "Activated"', 'order.paid', {
      source_id: 'item.fields.BillToContactId',
    }),
    { ignore: true },
  ],
};
