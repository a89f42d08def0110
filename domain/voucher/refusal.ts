/** Why a voucher does not apply, in the keys of the Voucherify API, which checkouts know. */
const MESSAGES = {
  not_found: 'Resource not found',
  voucher_disabled: 'voucher is disabled',
  voucher_not_active: 'voucher is not active yet',
  voucher_not_active_now: 'voucher is not active now',
  voucher_expired: 'voucher expired',
  promotion_inactive: 'promotion is not active',
  quantity_exceeded: 'quantity exceeded',
  gift_amount_exceeded: 'gift amount exceeded',
  loyalty_card_points_exceeded: 'loyalty card points exceeded',
  missing_reward: 'reward is missing',
  invalid_reward: 'reward cannot be had for this card',
  no_voucher_suitable_for_publication: 'no voucher suitable for publication',
  missing_customer: 'customer is missing',
  referrer_not_permitted_to_redeem: 'referrer is not permitted to redeem',
  customer_rules_violated: 'customer does not match validation rules',
  order_rules_violated: 'order does not match validation rules',
  redemption_rules_violated: 'redemption does not match validation rules',
  missing_order: 'order is missing',
  missing_amount: 'order amount is missing',
  missing_order_items: 'order items are missing',
  no_effect: 'redeemable has no effect on the order',
} as const;

export type RefusalKey = keyof typeof MESSAGES;

/** A refusal with what decided: the condition and the value it was held against. */
export interface Refusal {
  key: RefusalKey;
  message: string;
  details: string;
  condition: string;
  value: unknown;
  /** The validation rule that decided, which of its conditions, and what that met. */
  rule?: { id: string; revision: number; condition: string; actual: unknown };
  /** What the rule's author wants shoppers to read. */
  shown?: string | null;
}

export const refuse = (key: RefusalKey, condition: string, value: Refusal['value'], details: string): Refusal => ({
  key,
  message: MESSAGES[key],
  details,
  condition,
  value,
});

/** A refusal by a validation rule. */
export const refuseByRule = (key: RefusalKey, what: Omit<Refusal, 'key' | 'message'>): Refusal => ({
  key,
  message: MESSAGES[key],
  ...what,
});

/** The HTTP status of a redemption that is refused so. */
export const refusalStatus = (key: RefusalKey): number => (key === 'not_found' ? 404 : 400);
