import { customers } from './customers.ts';
import { orders } from './orders.ts';
import { pointsExpiration } from './points-expiration.ts';
import { publications } from './publications.ts';
import { redemptions } from './redemptions.ts';
import type { ExportSource } from './source.ts';
import { voucherTransactions } from './voucher-transactions.ts';
import { vouchers } from './vouchers.ts';

/** What can be exported, by the name that the API has for it. */
export const EXPORT_SOURCES = {
  voucher: vouchers,
  redemption: redemptions,
  publication: publications,
  customer: customers,
  order: orders,
  points_expiration: pointsExpiration,
  voucher_transactions: voucherTransactions,
} as const satisfies Record<string, ExportSource>;

export type ExportedObject = keyof typeof EXPORT_SOURCES;
