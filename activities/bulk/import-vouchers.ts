import { copyVouchers } from '../../db/voucher-copy.ts';
import type { NewVoucher } from '../../db/vouchers.ts';
import type { WriteRows } from './import-rows.ts';

export const VOUCHERS_IMPORT = 'VOUCHERS_IMPORT';

/** A voucher to import, as it is kept. */
export interface VoucherRow {
  line: number;
  voucher: NewVoucher;
}

/** JSON keeps times as texts. */
const revived = (voucher: NewVoucher): NewVoucher => ({
  ...voucher,
  startDate: voucher.startDate && new Date(voucher.startDate),
  expirationDate: voucher.expirationDate && new Date(voucher.expirationDate),
});

/** Writes vouchers by COPY; a code that exists already keeps its row out. */
export const writeVouchers: WriteRows<VoucherRow> = async (tx, _action, rows) => {
  const left = new Set(
    await copyVouchers(
      tx,
      rows.map(({ voucher }) => revived(voucher)),
    ),
  );
  return rows
    .filter(({ voucher }) => left.has(voucher.id))
    .map(({ line, voucher }) => ({
      line,
      errors: [{ path: 'code', message: `${voucher.code} exists already, or comes earlier in the file` }],
    }));
};
