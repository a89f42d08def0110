import type { NamedCustomer } from '../../db/checkout/checkout.ts';
import { codeKey } from '../../domain/voucher/code-pattern.ts';
import type { OrderItem } from '../../domain/checkout/cart.ts';
import type { StackingRules } from '../../domain/checkout/stacking.ts';
import type { AskedRedeemable } from '../../domain/checkout/redeemable.ts';
import type { Session } from '../../domain/checkout/session.ts';

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
  /** `timezone` is where its days, weeks and months begin; `currency` what formulas reckon in. */
  project: { id: string; caseSensitiveCodes: boolean; timezone: string; currency: string };
  apiKeyId: string | null;
  apiKeyName: string;
  requestId: string;
  redeemables: AskedRedeemable[];
  /** The project's, as far as the request did not narrow them. */
  stackingRules: StackingRules;
  order: OrderRequest | null;
  customer: NamedCustomer | null;
  /** Whose locks count for nothing, since they are its own; a validation makes them. */
  session: Session | null;
  trackingId: string | null;
  metadata: Record<string, unknown> | null;
  /** What the answer shows in full: `order` gives the order's items with each redeemable too. */
  expand: string[];
  /** Which answer is asked: the stack's, one voucher's (the older calls), or one that tells a guesser nothing. */
  audience: 'stack' | 'voucher' | 'client';
}

/** What is asked as it is looked up: a voucher by the key of its code, anything else by its id. */
export const lookUpKeyOf = ({ object, id }: AskedRedeemable, { project }: Pick<CheckoutRequest, 'project'>): string =>
  object === 'voucher' ? codeKey(id, project.caseSensitiveCodes) : id;

/** The codes of the vouchers that are asked, as they are looked up. */
export const codeKeysOf = (request: CheckoutRequest): string[] =>
  request.redeemables.flatMap((asked) => (asked.object === 'voucher' ? [lookUpKeyOf(asked, request)] : []));
