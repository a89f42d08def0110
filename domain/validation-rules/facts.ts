import type { CounterRef } from '../checkout/counters.ts';

/** What validation rules are held against. Amounts are minor units, times epoch milliseconds. */

export interface CustomerFacts {
  /** null: nobody is known by that name yet. */
  id: string | null;
  sourceId: string | null;
  metadata: Record<string, unknown>;
  /** YYYY-MM-DD; null where nobody said. */
  birthdate?: string | null;
  /** Ids and names of the segments that the customer is in, of those that some rule asks for. */
  segments: ReadonlySet<string>;
}

/** One item of an order, with what the catalogue knows of it. Ids are the catalogue's, source ids the shop's. */
export interface ItemFacts {
  productId: string | null;
  productSourceId: string | null;
  skuId: string | null;
  skuSourceId: string | null;
  /** Ids of the collections that it is in, of those that some rule asks for. */
  collections: ReadonlySet<string>;
  /** Of one unit. */
  price: number | null;
  /** Of the line, before discounts. */
  amount: number;
  quantity: number;
  /** What the order says of the item. */
  metadata: Record<string, unknown>;
  /** What the catalogue and the order say of the product and its SKU. */
  productMetadata: Record<string, unknown>;
}

interface OrderFacts {
  /** Before any discount; null where nothing says what the order costs. */
  initialAmount: number | null;
  /** What the redeemables before this one left of it. */
  totalAmount: number | null;
  /** In the order of the request's items. */
  items: readonly ItemFacts[];
  metadata: Record<string, unknown>;
}

/** What is known of a request whatever it redeems: read once, and only where a rule needs it. */
export interface RequestFacts {
  /** null: none was named. */
  customer: CustomerFacts | null;
  items: readonly ItemFacts[];
  /** null: no order was sent. */
  orderMetadata: Record<string, unknown> | null;
  /** The request's own. */
  metadata: Record<string, unknown>;
  apiKeyName: string | null;
}

/** Of a request whose redeemables have no rules. */
export const NO_FACTS: RequestFacts = { customer: null, items: [], orderMetadata: null, metadata: {}, apiKeyName: null };

/** What is being redeemed. Its id is what counters are named by. */
export interface RedeemedFacts {
  object: 'voucher' | 'promotion_tier';
  id: string;
  campaignId: string | null;
  /** The customer to whom it was published. */
  holderId: string | null;
}

/** What one redeemable's rules are held against, when its turn comes. */
export interface RuleFacts {
  redeemable: RedeemedFacts;
  customer: CustomerFacts | null;
  order: OrderFacts | null;
  metadata: Record<string, unknown>;
  apiKeyName: string | null;
  /** By the clock of who redeems. */
  at: number;
  /** IANA; where days, weeks and months begin. */
  zone: string;
  /** What was counted before this redemption. */
  counter: (ref: CounterRef) => number;
  /** What this redemption would add to each measure. Asked only where a rule bounds it. */
  share: () => Readonly<Record<CounterRef['measure'], number>>;
}
