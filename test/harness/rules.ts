import { compileRule } from '../../domain/validation-rules/compile.ts';
import { refusalOfRules } from '../../domain/validation-rules/evaluate.ts';
import type { ItemFacts, RuleFacts } from '../../domain/validation-rules/facts.ts';
import type { AssignedRule, ProductScope, RuleGroup, RuleNode } from '../../domain/validation-rules/rule.ts';

const item = (more: Partial<ItemFacts> = {}): ItemFacts => ({
  productId: 'prod_shirt',
  productSourceId: 'shirt',
  skuId: null,
  skuSourceId: null,
  collections: new Set(),
  price: 2000,
  amount: 2000,
  quantity: 1,
  metadata: {},
  productMetadata: {},
  ...more,
});
export const shirt = item();
export const socks = item({
  productId: 'prod_socks',
  productSourceId: 'socks',
  price: 500,
  amount: 2000,
  quantity: 4,
  productMetadata: { brand: 'Acme' },
});
export const cap = item({
  productId: 'prod_cap',
  productSourceId: 'cap',
  skuId: 'sku_cap_red',
  skuSourceId: 'cap-red',
  collections: new Set(['pc_summer']),
  price: 1500,
  amount: 1500,
});

export const facts = (more: Partial<RuleFacts> = {}): RuleFacts => ({
  redeemable: { object: 'voucher', id: 'v_1', campaignId: 'camp_1', holderId: 'cust_1' },
  customer: {
    id: 'cust_1',
    sourceId: 'ada',
    metadata: { tier: 'gold', visits: 7, tags: ['a', 'b'], since: '2026-02-01' },
    segments: new Set(['seg_1', 'VIP']),
  },
  order: { initialAmount: 10_000, totalAmount: 8_000, items: [shirt, socks, cap], metadata: { channel: 'web' } },
  metadata: { card: 'Visa' },
  apiKeyName: 'checkout-eu',
  at: Date.parse('2026-03-04T12:00:00Z'),
  zone: 'Europe/Berlin',
  counter: () => 2,
  share: () => ({ count: 1, amount: 300, orders_amount: 10_000, gift_credits: 40, loyalty_points: 0 }),
  ...more,
});

export const ruleOf = (rules: RuleGroup, scope: ProductScope | null = null, message?: string): AssignedRule => ({
  id: 'val_1',
  revision: 3,
  ...compileRule({ rules, error: message ? { message } : null, applicable_to: scope }),
});
export const one = (node: RuleNode): RuleGroup => ({ '1': node, logic: '1' });
export const keyOf = (node: RuleNode, more: Partial<RuleFacts> = {}) => refusalOfRules([ruleOf(one(node))], facts(more))?.key ?? null;
