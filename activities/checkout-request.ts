import type { NamedCustomer } from '../db/checkout.ts';
import { codeKey } from '../domain/code-pattern.ts';
import type { OrderItem } from '../domain/checkout-cart.ts';

/** What a checkout sends of its order: kept and given back as it came, with the amounts calculated. Minor units. */
export interface OrderRequest {
  id?: string;
  source_id?: string;
  amount?: number;
  currency?: string;
  status?: string;
  items?: (OrderItem & Record<string, unknown>)[];
  metadata?: Record<string, unknown>;
}

/** A checkout's question, as plain JSON: it also travels as the argument of a Temporal activity. */
export interface CheckoutRequest {
  project: { id: string; caseSensitiveCodes: boolean };
  apiKeyId: string;
  requestId: string;
  /** Codes of vouchers, in the order in which they apply. */
  codes: string[];
  order: OrderRequest | null;
  customer: NamedCustomer | null;
  trackingId: string | null;
  metadata: Record<string, unknown> | null;
  /** What the answer shows in full: `order` gives the order's items with each redeemable too. */
  expand: string[];
  /** Which answer is asked: the stack's, one voucher's (the older calls), or one that tells a guesser nothing. */
  audience: 'stack' | 'voucher' | 'client';
}

/** The codes as they are looked up. */
export const codeKeysOf = ({ codes, project }: CheckoutRequest): string[] => codes.map((code) => codeKey(code, project.caseSensitiveCodes));
