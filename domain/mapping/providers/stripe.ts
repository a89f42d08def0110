import type { MappingDefinition, MappingRule } from '../definition.ts';

const object = 'payload.data.object';

/** @param address where a guest's address stands, who is known by it */
const about = (type: string, event: string, address: string, name: string): MappingRule => ({
  when: type,
  event: JSON.stringify(event),
  event_id: 'payload.id',
  occurred_at: 'payload.created',
  customer: {
    source_id: `has(${object}.customer) && ${object}.customer != null ? ${object}.customer : ${address}`,
    email: address,
    name,
  },
  properties: object,
});

const isA = (type: string): string => `payload.type == "${type}"`;
const details = `${object}.customer_details.email`;

export const stripeMapping: MappingDefinition = {
  rules: [
    {
      when: isA('customer.created'),
      event: '"customer.signed_up"',
      event_id: 'payload.id',
      occurred_at: 'payload.created',
      customer: { source_id: `${object}.id`, email: `${object}.email`, name: `${object}.name`, phone: `${object}.phone` },
      properties: object,
    },
    about(
      `(${isA('checkout.session.completed')} || ${isA('checkout.session.async_payment_succeeded')}) && ${object}.payment_status == "paid"`,
      'order.paid',
      details,
      `${object}.customer_details.name`,
    ),
    about(isA('invoice.paid'), 'order.paid', `${object}.customer_email`, `${object}.customer_name`),
    about(isA('charge.refunded'), 'order.refunded', `${object}.billing_details.email`, `${object}.billing_details.name`),
    // Nobody is known of a checkout whose address was never given.
    {
      when: `${isA('checkout.session.expired')} && (!has(${object}.customer_details) || ${object}.customer_details == null) && ${object}.customer == null`,
      ignore: true,
    },
    {
      ...about(isA('checkout.session.expired'), 'checkout.abandoned', details, `${object}.customer_details.name`),
      customer: {
        source_id: `${object}.customer != null ? ${object}.customer : ${details}`,
        email: details,
      },
    },
    {
      when: isA('customer.subscription.deleted'),
      event: '"subscription.ended"',
      event_id: 'payload.id',
      occurred_at: 'payload.created',
      customer: { source_id: `${object}.customer` },
      properties: object,
    },
    { ignore: true },
  ],
};
