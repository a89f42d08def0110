import { mergeMetadata } from './metadata.ts';

interface Address {
  city?: string | null;
  state?: string | null;
  line_1?: string | null;
  line_2?: string | null;
  country?: string | null;
  postal_code?: string | null;
}

export interface Customer {
  projectId: string;
  id: string;
  /** What the shop or CRM calls this customer. */
  sourceId: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  description: string | null;
  /** YYYY-MM-DD */
  birthdate: string | null;
  address: Address | null;
  timezone: string | null;
  locale: string | null;
  metadata: Record<string, unknown>;
  /** What a sandbox has forwarded this customer by. Always 0 in a live project. */
  clockOffsetMs: number;
  unsubscribedAt: Date | null;
  createdAt: Date;
  updatedAt: Date | null;
}

/** What is known of a customer: `undefined` leaves a field as it is, `null` empties it, metadata is merged key by key (null removes a key). */
export interface CustomerInput {
  sourceId: string;
  name?: string | null;
  email?: string | null;
  phone?: string | null;
  description?: string | null;
  birthdate?: string | null;
  address?: Address | null;
  timezone?: string | null;
  locale?: string | null;
  metadata?: Record<string, unknown> | null;
}

export type CustomerChange = Omit<CustomerInput, 'sourceId'>;

const plainFields = ['name', 'email', 'phone', 'description', 'birthdate', 'timezone', 'locale'] as const;

const sameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  return left.length === Object.keys(b).length && left.every(([key, value]) => Object.hasOwn(b, key) && sameJson(value, (b as never)[key]));
};

/** The customer after the change; the same object where nothing changes. */
export const changeCustomer = (customer: Customer, change: CustomerChange): Customer => {
  const next = { ...customer };
  for (const field of plainFields) if (change[field] !== undefined) next[field] = change[field];
  if (change.address !== undefined) next.address = change.address === null ? null : { ...customer.address, ...change.address };
  if (change.metadata === null) next.metadata = {};
  else if (change.metadata !== undefined) next.metadata = mergeMetadata(customer.metadata, change.metadata);
  return sameJson(next, customer) ? customer : next;
};
