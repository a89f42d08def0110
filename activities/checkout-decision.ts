import type { CheckoutCustomer } from '../db/checkout.ts';
import { decide, type Decision } from '../domain/checkout.ts';
import type { RedeemableState } from '../domain/redeemable.ts';
import type { Redeemer } from '../domain/voucher-validity.ts';
import { lookUpKeyOf, type CheckoutRequest } from './checkout-request.ts';
import type { KnownVoucher } from './voucher-states.ts';

/** How far the clock of a voucher's holder is from real time. */
const offsetOf = (redeemable: RedeemableState | undefined): number =>
  redeemable?.object === 'voucher' ? (redeemable as KnownVoucher).holderOffsetMs : 0;

const isHeld = (redeemable: RedeemableState | undefined): boolean => redeemable?.object === 'voucher' && redeemable.holderId !== null;

/** Real time turned into the customer's: the named customer's clock, else that of the first voucher's holder. */
const timeOf = (redeemables: readonly (RedeemableState | undefined)[], customer: CheckoutCustomer | undefined, now: number): number =>
  now + (customer ? customer.clockOffsetMs : offsetOf(redeemables.find(isHeld)));

/** Decides a request on what was read for it. */
export const decideRequest = (
  request: CheckoutRequest,
  found: ReadonlyMap<string, KnownVoucher>,
  customer: CheckoutCustomer | undefined,
  now: number,
): Decision & { at: number } => {
  const { redeemables: asked, order, stackingRules: rules } = request;
  const redeemables = asked.map((each) => (each.object === 'voucher' ? found.get(lookUpKeyOf(each, request)) : undefined));
  const redeemerOf = (redeemable: RedeemableState): Redeemer =>
    request.customer
      ? { customerId: customer?.id ?? null, named: true, at: now + (customer?.clockOffsetMs ?? 0) }
      : { customerId: null, named: false, at: now + offsetOf(redeemable) };
  return { ...decide({ asked, redeemables, order, redeemerOf, rules }), at: timeOf(redeemables, customer, now) };
};
