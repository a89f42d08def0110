import type { Applied } from '../checkout/checkout.ts';
import { formulasOf } from '../discount/dynamic-discount.ts';
import { publicationRedeemableByLinkedCustomer } from '../validation-rules/kinds/publication-redeemable-by-linked-customer.ts';
import type { CompiledGroup } from '../validation-rules/rule.ts';
import { isBounding } from '../validation-rules/scope.ts';
import type { AskedRedeemable, RedeemableState } from '../checkout/redeemable.ts';

/** From where a customer has something: a code of their own, a campaign or a code that is for all, or a promotion. */
export type OfferSource = 'wallet' | 'public' | 'promotion';

/** Something that a customer may come to use, before it is decided whether. */
export interface Offer {
  object: 'voucher' | 'campaign' | 'promotion_tier' | 'promotion_stack';
  /** A voucher's code, else an id. */
  id: string;
  source: OfferSource;
  /** What is asked of the checkout for it: several, in their order, for a stack. */
  parts: readonly { asked: AskedRedeemable; redeemable: RedeemableState }[];
  /** Epoch milliseconds. */
  createdAt: number;
  /** Whether its rules ask of the request only, not of itself nor of what was counted: they say the same whatever is redeemed. */
  asksOfRequest: boolean;
  /** Whether it takes as much as any other that is so and has the same discount. */
  isPlain: boolean;
}

const asksOfRequest = (group: CompiledGroup): boolean =>
  [...group.nodes.values()].every(
    ({ kind, nested }) =>
      kind.counters === undefined && kind !== publicationRedeemableByLinkedCustomer && (nested === null || asksOfRequest(nested)),
  );

const takesByDiscount = (redeemable: RedeemableState): boolean =>
  !(redeemable.object === 'voucher' && (redeemable.gift || redeemable.card)) &&
  formulasOf(redeemable.discount).length === 0 &&
  !redeemable.rules.some(isBounding);

/** An offer of what is asked of the checkout for it. */
export const offerOf = (offer: Omit<Offer, 'asksOfRequest' | 'isPlain'>): Offer => ({
  ...offer,
  asksOfRequest: offer.parts.every(({ redeemable: { rules } }) => rules.every(({ group }) => group === null || asksOfRequest(group))),
  isPlain: offer.parts.length === 1 && offer.parts.every(({ redeemable }) => takesByDiscount(redeemable)),
});

export const byNewest = (a: Offer, b: Offer): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);

/** An offer that applies, with what it takes of the order. */
export interface QualifiedOffer {
  offer: Offer;
  outcomes: readonly Applied[];
  /** Minor units; 0 where nothing says what the order costs. */
  discount: number;
}

/** A product, SKU or collection, as a rule names it. */
export interface MissingItem {
  object?: 'product' | 'sku' | 'products_collection';
  id?: string;
  source_id?: string;
}

/** Something that an offer misses: the condition of its rule, what it asks for and what there is. */
export interface Shortfall {
  /** null: it is no rule's. */
  rule: string | null;
  /** An amount of the order in minor units, units of its items, one of some items, a customer at all, one who is in a segment, or time to begin. */
  what: 'amount' | 'units' | 'items' | 'customer' | 'segment' | 'time';
  condition: string;
  operator: string | null;
  have?: number;
  need?: number;
  missing?: number;
  /** One of these is to be in the order. */
  items?: MissingItem[];
  /** Ids or names; the customer is to be in one of them. */
  segments?: string[];
  /** ISO 8601: when it begins. */
  from?: string;
}
