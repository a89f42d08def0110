import type { Customer } from '../customer.ts';
import type { JourneyCustomer } from './scope.ts';

/** The customer as expressions and mails see them. The first name is the one in the metadata, else the first word of the name. */
export const journeyCustomer = (customer: Customer): JourneyCustomer => {
  const told = customer.metadata.first_name;
  return {
    id: customer.id,
    source_id: customer.sourceId,
    name: customer.name,
    first_name: typeof told === 'string' && told !== '' ? told : (customer.name?.trim().split(/\s+/)[0] ?? null),
    email: customer.email,
    phone: customer.phone,
    birthdate: customer.birthdate,
    description: customer.description,
    timezone: customer.timezone,
    locale: customer.locale,
    address: customer.address as Record<string, unknown> | null,
    metadata: customer.metadata,
    unsubscribed: customer.unsubscribedAt !== null,
    created_at: customer.createdAt.toISOString(),
  };
};
