import { isOfItems } from '../discount/discount.ts';
import type { RedeemableState } from '../checkout/redeemable.ts';
import type { AssignedRule, CompiledGroup, RuleKind } from '../validation-rules/rule.ts';
import { offerOf, type Offer, type OfferSource } from './offer.ts';

export const SCENARIOS = [
  'ALL',
  'CUSTOMER_WALLET',
  'AUDIENCE_ONLY',
  'PRODUCTS',
  'PRODUCTS_DISCOUNT',
  'PROMOTION_STACKS',
  'PRODUCTS_BY_CUSTOMER',
  'PRODUCTS_DISCOUNT_BY_CUSTOMER',
] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** What a scenario looks at. */
export interface Scenario {
  sources: readonly OfferSource[];
  /** Whether an offer is of those that are looked at, whoever asks. */
  takes: (offer: Offer) => boolean;
  /** Which conditions of rules count; null: all. */
  counts: ((kind: RuleKind) => boolean) | null;
  /** Whether the order counts, or only who asks. */
  ofOrder: boolean;
}

const EVERYWHERE: readonly OfferSource[] = ['wallet', 'public', 'promotion'];
const FOR_ALL: readonly OfferSource[] = ['public', 'promotion'];

const isSingle = ({ object }: Offer): boolean => object !== 'promotion_stack';

const asksForItems = (group: CompiledGroup): boolean =>
  [...group.nodes.values()].some(({ kind, nested }) => kind.ofItems === true || (nested !== null && asksForItems(nested)));

const isOfProducts = ({ rules, discount }: RedeemableState): boolean =>
  (discount !== undefined && isOfItems(discount)) ||
  rules.some(({ group, scope }) => scope !== null || (group !== null && asksForItems(group)));

const ofProducts = (offer: Offer): boolean => isSingle(offer) && offer.parts.some(({ redeemable }) => isOfProducts(redeemable));

const discountsItems = (offer: Offer): boolean =>
  isSingle(offer) &&
  offer.parts.some(({ redeemable: { discount, rules } }) => isOfItems(discount) || rules.some(({ scope }) => scope !== null));

const ofItemsOrUses = ({ ofItems, subject }: RuleKind): boolean => ofItems === true || subject === 'redemption';
const orOfCustomer = (kind: RuleKind): boolean => ofItemsOrUses(kind) || kind.subject === 'customer';

/** What each scenario asks: https://docs.voucherify.io/reference/check-eligibility */
export const SCENARIO: Record<ScenarioName, Scenario> = {
  ALL: { sources: EVERYWHERE, takes: isSingle, counts: null, ofOrder: true },
  CUSTOMER_WALLET: { sources: ['wallet'], takes: isSingle, counts: null, ofOrder: true },
  AUDIENCE_ONLY: { sources: EVERYWHERE, takes: isSingle, counts: ({ subject }) => subject !== 'order', ofOrder: false },
  PRODUCTS: { sources: FOR_ALL, takes: ofProducts, counts: ofItemsOrUses, ofOrder: true },
  PRODUCTS_DISCOUNT: { sources: FOR_ALL, takes: discountsItems, counts: ofItemsOrUses, ofOrder: true },
  PROMOTION_STACKS: { sources: ['promotion'], takes: (offer) => !isSingle(offer), counts: null, ofOrder: true },
  PRODUCTS_BY_CUSTOMER: { sources: EVERYWHERE, takes: ofProducts, counts: orOfCustomer, ofOrder: true },
  PRODUCTS_DISCOUNT_BY_CUSTOMER: { sources: EVERYWHERE, takes: discountsItems, counts: orOfCustomer, ofOrder: true },
};

const holds = (kind: RuleKind): RuleKind => ({ ...kind, needsCustomer: undefined, find: () => ({ holds: true }) });

const narrowedGroup = (group: CompiledGroup, counts: (kind: RuleKind) => boolean): CompiledGroup => ({
  logic: group.logic,
  nodes: new Map([...group.nodes].map(([id, node]) => [id, counts(node.kind) ? node : { ...node, nested: null, kind: holds(node.kind) }])),
});

/** The rule with the conditions that count; the others are taken to hold. */
const narrowedRule = (rule: AssignedRule, counts: (kind: RuleKind) => boolean): AssignedRule => ({
  ...rule,
  group: rule.group && narrowedGroup(rule.group, counts),
});

/** The offer as a scenario looks at it. */
const narrowed = (offer: Offer, counts: NonNullable<Scenario['counts']>): Offer =>
  offerOf({
    ...offer,
    parts: offer.parts.map(({ asked, redeemable }) => ({
      asked,
      redeemable: { ...redeemable, rules: redeemable.rules.map((rule) => narrowedRule(rule, counts)) },
    })),
  });

/** Those that a scenario looks at, as it does. */
export const seenIn = ({ sources, takes, counts }: Scenario, offers: readonly Offer[]): Offer[] => {
  const seen = offers.filter((offer) => sources.includes(offer.source) && takes(offer));
  return counts === null ? seen : seen.map((offer) => narrowed(offer, counts));
};
