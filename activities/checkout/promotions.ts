import type { AskedPromotions, CheckoutStack, CheckoutTier } from '../../db/promotion/checkout-promotions.ts';
import type { Db } from '../../db/client.ts';
import type { AskedRedeemable, PromotionTierState, RedeemableState } from '../../domain/checkout/redeemable.ts';
import type { AssignedRule } from '../../domain/validation-rules/rule.ts';
import { windowOfTemplate } from '../../domain/voucher/template.ts';
import { lookUpKeyOf, type CheckoutRequest } from './request.ts';
import type { RuleCache } from './rule-cache.ts';
import type { KnownVoucher } from './voucher-states.ts';

/** A promotion tier with what the database says beside what decides. */
export interface KnownTier extends PromotionTierState {
  /** The number with which its campaign's counters are changed. */
  counting: number;
}

/** What was found of the promotions that requests ask for. */
export interface Promotions {
  tiers: ReadonlyMap<string, KnownTier>;
  stacks: ReadonlyMap<string, CheckoutStack>;
}

export const NO_PROMOTIONS: Promotions = { tiers: new Map(), stacks: new Map() };

/** The promotions that these requests ask for; null where they ask for none, as most do. */
export const askedPromotionsOf = (requests: readonly CheckoutRequest[]): AskedPromotions | null => {
  const ids = (object: AskedRedeemable['object']) =>
    requests.flatMap(({ redeemables }) => redeemables.flatMap((asked) => (asked.object === object ? [asked.id] : [])));
  const [tierIds, stackIds] = [ids('promotion_tier'), ids('promotion_stack')];
  return tierIds.length + stackIds.length > 0 ? { tierIds, stackIds } : null;
};

/** What rows of tiers say; `rules` reads the rules that this process has not seen yet. */
export const promotionsOf = async (
  db: Db,
  rules: RuleCache,
  projectId: string,
  rows: readonly CheckoutTier[],
  stacks: readonly CheckoutStack[],
): Promise<Promotions> => {
  await rules.load(
    db,
    projectId,
    rows.flatMap(({ ruleRefs, campaignRuleRefs }) => [...(ruleRefs ?? []), ...(campaignRuleRefs ?? [])]),
  );
  const rulesOf = ({ ruleRefs, campaignRuleRefs }: CheckoutTier): readonly AssignedRule[] => [
    ...rules.rulesOf(projectId, ruleRefs),
    ...rules.rulesOf(projectId, campaignRuleRefs),
  ];
  return {
    tiers: new Map(rows.map((row) => [row.id, tierStateOf(row, rulesOf(row))])),
    stacks: new Map(stacks.map((stack) => [stack.id, stack])),
  };
};

const timeOf = (date: Date | null): number | null => date && date.getTime();

const tierStateOf = (row: CheckoutTier, rules: readonly AssignedRule[]): KnownTier => ({
  object: 'promotion_tier',
  id: row.id,
  name: row.name,
  banner: row.banner,
  hierarchy: row.hierarchy,
  metadata: row.metadata,
  revision: row.revision,
  category: row.category,
  categories: row.knownCategory ? [row.knownCategory] : [],
  active: row.active,
  startsAt: timeOf(row.startDate),
  endsAt: timeOf(row.expirationDate),
  window: row.validity ?? windowOfTemplate(row.campaignTemplate),
  discount: row.discount,
  limits: row.limits,
  rules,
  counting: row.counting,
  campaign: {
    id: row.campaignId,
    name: row.campaign,
    active: row.campaignActive,
    startsAt: timeOf(row.campaignStartDate),
    endsAt: timeOf(row.campaignExpirationDate),
    limits: row.campaignTemplate.campaign_limits ?? null,
  },
});

/** What a request comes to, one by one: each with what it stands for. */
export interface Expanded {
  asked: AskedRedeemable[];
  redeemables: (RedeemableState | undefined)[];
}

/** A stack is the tiers that it has, in their order and with its category; a tier that is asked for twice counts once. */
export const expand = (request: CheckoutRequest, vouchers: ReadonlyMap<string, KnownVoucher>, promotions: Promotions): Expanded => {
  const expanded: Expanded = { asked: [], redeemables: [] };
  const seen = new Set<string>();
  const add = (asked: AskedRedeemable, redeemable: RedeemableState | undefined): void => {
    expanded.asked.push(asked);
    expanded.redeemables.push(redeemable);
  };
  const addTier = (id: string, stack: CheckoutStack | null): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const tier = promotions.tiers.get(id);
    add({ object: 'promotion_tier', id }, tier && stack?.knownCategory ? { ...tier, categories: [stack.knownCategory] } : tier);
  };
  for (const asked of request.redeemables) {
    const stack = asked.object === 'promotion_stack' ? promotions.stacks.get(asked.id) : undefined;
    if (asked.object === 'voucher') add(asked, vouchers.get(lookUpKeyOf(asked, request)));
    else if (asked.object === 'promotion_tier') addTier(asked.id, null);
    else if (stack && stack.tierIds.length > 0) for (const id of stack.tierIds) addTier(id, stack);
    else add(asked, undefined);
  }
  return expanded;
};
