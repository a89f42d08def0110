import { lookUpCustomers } from '../../db/checkout/checkout.ts';
import type { Sql } from '../../db/client.ts';
import type { ValidationRule } from '../../db/validation-rules/validation-rules.ts';
import { applicableView } from './applicable-view.ts';
import { openCart } from '../../domain/checkout/cart.ts';
import { compileRule } from '../../domain/validation-rules/compile.ts';
import { refusalOfRules } from '../../domain/validation-rules/evaluate.ts';
import { scopeOf } from '../../domain/validation-rules/scope.ts';
import type { CheckoutRequest } from './request.ts';
import { withPrices } from './order-prices.ts';
import { readFactsOf } from './request-facts.ts';

/** What a rule is tried on. */
export type RuleTrial = Pick<CheckoutRequest, 'order' | 'customer' | 'metadata' | 'apiKeyName'>;

/**
 * Holds a rule against a customer and a cart, as if a voucher that nobody has used yet had it. It changes nothing.
 * @returns why it does not hold (null where it does), and which items its discounts would be taken of
 * @param zone where the project's days begin
 */
export const tryRule = async (sql: Sql, rule: ValidationRule, trial: RuleTrial, zone: string, now: Date) => {
  const { projectId, id, revision, definition } = rule;
  const assigned = { id, revision, ...compileRule(definition) };
  const order = trial.order && (await withPrices(sql, projectId, trial.order));
  const lookup = trial.customer && lookUpCustomers(sql, projectId, [{ id: trial.customer.id, sourceId: trial.customer.sourceId }]);
  const customer = lookup ? lookup.match(await lookup.rows)(trial.customer!) : undefined;
  const told = { request: { ...trial, order }, customer };
  const facts = (await readFactsOf(sql, projectId, [{ ...told, rules: [assigned] }], now))(told);
  const amount = (order && openCart(order)?.amount) ?? null;
  const refusal = refusalOfRules([assigned], {
    redeemable: { object: 'voucher', id, campaignId: null, holderId: null },
    customer: facts.customer,
    order: facts.orderMetadata && { initialAmount: amount, totalAmount: amount, items: facts.items, metadata: facts.orderMetadata },
    metadata: facts.metadata,
    apiKeyName: facts.apiKeyName,
    at: now.getTime() + (customer?.clockOffsetMs ?? 0),
    zone,
    counter: () => 0,
    share: () => ({ count: 1, amount: 0, orders_amount: amount ?? 0, gift_credits: 0, loyalty_points: 0 }),
  });
  return { refusal, ...applicableView(scopeOf([assigned], facts)) };
};
