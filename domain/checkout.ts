import { applyDiscount, hasItems, openCart, type Cart, type DiscountStep, type OrderItem } from './checkout-cart.ts';
import { STACKING_RULES } from './checkout-stacking.ts';
import { needsItems, type Discount } from './discount.ts';
import { refuse, type Refusal } from './voucher-refusal.ts';
import { refusalOf, type Redeemer, type VoucherState } from './voucher-validity.ts';

/** A checkout that asks whether codes apply. `vouchers` are what the codes stand for, in the order asked; undefined where there is none. */
export interface Checkout {
  codes: readonly string[];
  vouchers: readonly (VoucherState | undefined)[];
  /** Minor units; null where no order was sent, so that nothing is calculated. */
  order: { amount?: number; items?: readonly OrderItem[] } | null;
  /** Who redeems the voucher: its clock is the named customer's, else the holder's. */
  redeemerOf: (voucher: VoucherState) => Redeemer;
}

export type Outcome =
  | { status: 'APPLICABLE'; voucher: VoucherState; step: DiscountStep | null; cart: Cart | null }
  | { status: 'INAPPLICABLE'; voucher: VoucherState | null; refusal: Refusal }
  | { status: 'SKIPPED'; voucher: VoucherState | null; key: SkipKey };

export type SkipKey = 'preceding_validation_failed' | 'applicable_redeemables_limit_exceeded';

export const SKIP_MESSAGES: Record<SkipKey, string> = {
  preceding_validation_failed: 'Redeemable cannot be applied due to preceding validation failure',
  applicable_redeemables_limit_exceeded: 'Applicable redeemables limit exceeded',
};

export interface Decision {
  valid: boolean;
  /** One for each code, in the order asked. */
  outcomes: Outcome[];
  /** The cart after all that applies; null where no amount was sent. */
  cart: Cart | null;
}

/**
 * Decides a checkout: each voucher in turn on what those before it left. One that does not apply makes the whole invalid, and what
 * follows it is skipped.
 */
export const decide = ({ codes, vouchers, order, redeemerOf }: Checkout): Decision => {
  const outcomes: Outcome[] = [];
  let cart = order && openCart(order);
  const unpriced = order?.items !== undefined && order.items.length > 0 && cart === null;
  let applied = 0;
  let valid = true;
  for (const [index, code] of codes.entries()) {
    const voucher = vouchers[index];
    const skipped = skipKeyOf(valid, applied);
    const refusal = skipped ? null : refusalInCart(code, voucher, cart, unpriced, redeemerOf);
    if (skipped) outcomes.push({ status: 'SKIPPED', voucher: voucher ?? null, key: skipped });
    else if (refusal || !voucher) {
      outcomes.push({ status: 'INAPPLICABLE', voucher: voucher ?? null, refusal: refusal ?? notFound(code) });
      valid = false;
    } else {
      const next = cart && applyDiscount(cart, voucher.discount);
      cart = next && next.cart;
      outcomes.push({ status: 'APPLICABLE', voucher, step: next && next.step, cart });
      applied++;
    }
  }
  return { valid, outcomes, cart };
};

const skipKeyOf = (valid: boolean, applied: number): SkipKey | null => {
  if (!valid) return 'preceding_validation_failed';
  return applied >= STACKING_RULES.applicable_redeemables_limit ? 'applicable_redeemables_limit_exceeded' : null;
};

const refusalInCart = (
  code: string,
  voucher: VoucherState | undefined,
  cart: Cart | null,
  unpriced: boolean,
  redeemerOf: Checkout['redeemerOf'],
): Refusal | null => {
  if (!voucher) return notFound(code);
  return refusalOf(voucher, redeemerOf(voucher)) ?? refusalOfOrder(voucher.discount, cart, unpriced);
};

const refusalOfOrder = (discount: Discount, cart: Cart | null, unpriced: boolean): Refusal | null => {
  if (unpriced) return refuse('missing_amount', 'order.amount', null, 'Give order.amount, or the price or amount of each item');
  if (cart && needsItems(discount) && !hasItems(cart)) {
    return refuse('missing_order_items', 'order.items', null, 'This discount is taken of items: give order.items with their prices');
  }
  return null;
};

const notFound = (code: string): Refusal => refuse('not_found', 'code', code, `Cannot find voucher with id ${code}`);
