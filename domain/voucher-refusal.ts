/** Why a voucher does not apply, in the keys of the Voucherify API, which checkouts know. */
const MESSAGES = {
  not_found: 'Resource not found',
  voucher_disabled: 'voucher is disabled',
  voucher_not_active: 'voucher is not active yet',
  voucher_expired: 'voucher expired',
  promotion_inactive: 'promotion is not active',
  quantity_exceeded: 'quantity exceeded',
  missing_customer: 'customer is missing',
  customer_rules_violated: 'customer does not match validation rules',
  missing_amount: 'order amount is missing',
  missing_order_items: 'order items are missing',
} as const;

export type RefusalKey = keyof typeof MESSAGES;

/** A refusal with what decided: the condition and the value it was held against. */
export interface Refusal {
  key: RefusalKey;
  message: string;
  details: string;
  condition: string;
  value: string | number | boolean | null;
}

export const refuse = (key: RefusalKey, condition: string, value: Refusal['value'], details: string): Refusal => ({
  key,
  message: MESSAGES[key],
  details,
  condition,
  value,
});

/** The HTTP status of a redemption that is refused so. */
export const refusalStatus = (key: RefusalKey): number => (key === 'not_found' ? 404 : 400);
