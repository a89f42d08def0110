import type { ErrorKey } from '../errors.ts';

/** Why a code is not given to a customer. */
export interface PublicationRefusal {
  key: Extract<ErrorKey, 'voucher_already_published' | 'no_voucher_suitable_for_publication' | 'voucher_disabled' | 'voucher_expired'>;
  message: string;
}

/** What a publication looks at before it gives a code that was asked for by name. */
export interface Publishable {
  code: string;
  active: boolean;
  publishedAt: Date | null;
  holderId: string | null;
  expirationDate: Date | null;
}

/** @param at the customer's time. @returns null where the code can be given */
export const publicationRefusal = (voucher: Publishable, at: Date): PublicationRefusal | null => {
  if (voucher.publishedAt !== null || voucher.holderId !== null)
    return { key: 'voucher_already_published', message: `Voucher ${voucher.code} belongs to a customer already` };
  if (!voucher.active) return { key: 'voucher_disabled', message: `Voucher ${voucher.code} is disabled` };
  if (voucher.expirationDate !== null && voucher.expirationDate <= at)
    return { key: 'voucher_expired', message: `Voucher ${voucher.code} was valid until ${voucher.expirationDate.toISOString()}` };
  return null;
};
