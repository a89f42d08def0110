import type { FilterFields } from './filter.ts';

/** What customers can be found by, beside `metadata.<name>`. Orders that were canceled count for nothing; amounts are minor units. */
export const CUSTOMER_FIELDS = {
  id: 'text',
  source_id: 'text',
  name: 'text',
  email: 'text',
  phone: 'text',
  description: 'text',
  locale: 'text',
  timezone: 'text',
  birthdate: 'time',
  birthday: 'time',
  created_at: 'time',
  updated_at: 'time',
  unsubscribed_at: 'time',
  'address.city': 'text',
  'address.state': 'text',
  'address.line_1': 'text',
  'address.line_2': 'text',
  'address.country': 'text',
  'address.postal_code': 'text',
  'orders.count': 'number',
  'orders.total_amount': 'number',
  // Of orders that are kept here, and of those that a shop's own `order.paid` told of.
  'orders.first_at': 'time',
  'orders.last_at': 'time',
} as const satisfies FilterFields;

export type CustomerField = keyof typeof CUSTOMER_FIELDS;
