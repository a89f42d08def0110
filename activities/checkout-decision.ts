import type { CheckoutCustomer } from '../db/checkout.ts';
import { decide, type Decision } from '../domain/checkout.ts';
import type { Redeemer, VoucherState } from '../domain/voucher-validity.ts';
import { codeKeysOf, type CheckoutRequest } from './checkout-request.ts';
import type { KnownVoucher } from './voucher-states.ts';

/** Real time turned into the customer's: the named customer's clock, else that of the first voucher's holder. */
const timeOf = (vouchers: readonly (KnownVoucher | undefined)[], customer: CheckoutCustomer | undefined, now: number): number =>
  now + (customer ? customer.clockOffsetMs : (vouchers.find((voucher) => voucher?.holderId)?.holderOffsetMs ?? 0));

/** Decides a request on what was read for it. */
export const decideRequest = (
  request: CheckoutRequest,
  found: ReadonlyMap<string, KnownVoucher>,
  customer: CheckoutCustomer | undefined,
  now: number,
): Decision & { at: number } => {
  const vouchers = codeKeysOf(request).map((key) => found.get(key));
  const redeemerOf = (voucher: VoucherState): Redeemer =>
    request.customer
      ? { customerId: customer?.id ?? null, named: true, at: now + (customer?.clockOffsetMs ?? 0) }
      : { customerId: null, named: false, at: now + (voucher as KnownVoucher).holderOffsetMs };
  return {
    ...decide({ codes: request.codes, vouchers, order: request.order, redeemerOf }),
    at: timeOf(vouchers, customer, now),
  };
};
