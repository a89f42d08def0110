import { expect } from 'vitest';
import { createCategoryRoutes } from '../../api/routes/categories.ts';
import { createStackingRuleRoutes } from '../../api/routes/stacking-rules.ts';
import type { StackingRules } from '../../domain/checkout/stacking.ts';
import { startApi, type Reply } from './api.ts';
import { checkoutRoutes, createCheckout } from './checkout.ts';
import { createDatabase } from './database.ts';
import { createProject } from './project.ts';

type Json = Record<string, unknown>;

export interface Cart {
  /** Bodies of vouchers, by their codes. */
  vouchers: Record<string, Json>;
  /** What is asked, in this order; all vouchers as they stand where it is left out. */
  ask?: string[];
  /** Price and quantity of each item, or an amount. */
  order: number | [price: number, quantity: number][];
  rules?: Partial<StackingRules>;
  /** By hierarchy from 1 on. */
  categories?: string[];
  currency?: string;
}

export interface Expected {
  total: number;
  discount: number;
  /** What all discounts take of each item. */
  shares?: number[];
  /** What becomes of each, in the order of the answer. */
  outcomes?: Record<string, string>;
}

/** What a cart is, and what is reckoned of it by hand. */
export type JudgedCart = [name: string, Cart, Expected];

export const percent = (percent_off: number, more: Json = {}) => ({ discount: { type: 'PERCENT', percent_off, ...more } });
export const off = (amount_off: number, more: Json = {}) => ({ discount: { type: 'AMOUNT', amount_off, ...more } });
export const fixed = (fixed_amount: number, more: Json = {}) => ({ discount: { type: 'FIXED', fixed_amount, ...more } });
export const free = (unit_off: number, unit_type: string, effect = 'ADD_MISSING_ITEMS') => ({
  discount: { type: 'UNIT', unit_off, unit_type, effect },
});
export const gift = (amount: number) => ({ type: 'GIFT_VOUCHER', gift: { amount } });
export const ITEMS = { effect: 'APPLY_TO_ITEMS' };
export const BY_QUANTITY = { effect: 'APPLY_TO_ITEMS_BY_QUANTITY' };
export const SPREAD = { effect: 'APPLY_TO_ITEMS_PROPORTIONALLY' };
export const SPREAD_BY_QUANTITY = { effect: 'APPLY_TO_ITEMS_PROPORTIONALLY_BY_QUANTITY' };
export const PARTIAL = { redeemables_application_mode: 'PARTIAL' as const };

const ok = async (reply: Promise<Reply>): Promise<Reply['body']> => {
  const { status, body } = await reply;
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

interface Outcome {
  id: string;
  status: string;
  result: { details?: { key: string }; error?: { key: string } };
}

/** What becomes of a redeemable. */
export const outcomeOf = (each: Outcome): string => each.result.error?.key ?? each.result.details?.key ?? each.status;

/** A judge who asks the API of carts. */
export const startJudge = async () => {
  const database = await createDatabase();
  const checkout = createCheckout(database.sql);
  await checkout.maintain();
  const deps = { sql: database.sql, now: () => new Date() };
  const routes = [...checkoutRoutes(database.sql, checkout), ...createCategoryRoutes(deps), ...createStackingRuleRoutes(deps)];
  const api = await startApi(database.sql, { routes });

  /** Asks it of a project of its own, as a validation and as a redemption. */
  const ask = async ({ vouchers, ask: codes = Object.keys(vouchers), order: given, rules, categories = [], currency }: Cart) => {
    const call = api.as(await createProject(database.sql, currency === undefined ? {} : { currency }));
    for (const [index, name] of categories.entries()) await ok(call('POST', '/v1/categories', { name, hierarchy: index + 1 }));
    if (rules) await ok(call('PUT', '/v1/stacking-rules', rules));
    for (const [code, body] of Object.entries(vouchers)) await ok(call('POST', `/v1/vouchers/${code}`, body));
    const items =
      typeof given === 'number' ? null : given.map(([price, quantity], index) => ({ product_id: `p${index}`, price, quantity }));
    const body = { redeemables: codes.map((id) => ({ object: 'voucher', id })), order: items ? { items } : { amount: given } };
    return { validation: await ok(call('POST', '/v1/validations', body)), redeemed: await call('POST', '/v1/redemptions', body) };
  };

  return {
    ask,
    /** What a validation and a redemption of a cart say, and what they should, in one shape. What nobody reckoned is as it is told. */
    judge: async (cart: Cart, { total, discount, shares, outcomes }: Expected) => {
      const { validation, redeemed } = await ask(cart);
      const { order, redeemables, skipped_redeemables: skipped = [], inapplicable_redeemables: inapplicable = [] } = validation;
      const applying = redeemables.filter((each: Outcome) => each.status === 'APPLICABLE').map((each: Outcome) => each.id);
      const told = {
        discount: order.total_discount_amount as number,
        total: order.total_amount as number,
        redeemed: { status: redeemed.status, total: redeemed.body.order?.total_amount },
        shares: order.items?.map((item: Json) => item['total_applied_discount_amount']),
        outcomes: Object.fromEntries([...redeemables, ...skipped, ...inapplicable].map((each: Outcome) => [each.id, outcomeOf(each)])),
        applying,
      };
      const inOrder = Object.entries(outcomes ?? told.outcomes).flatMap(([code, outcome]) => (outcome === 'APPLICABLE' ? [code] : []));
      const reckoned: typeof told = {
        discount,
        total,
        redeemed: { status: 200, total },
        shares: shares ?? told.shares,
        outcomes: outcomes ?? told.outcomes,
        applying: inOrder,
      };
      return { told, reckoned };
    },
    stop: async () => {
      await api.stop();
      await checkout.traces.close();
      await database.drop();
    },
  };
};
