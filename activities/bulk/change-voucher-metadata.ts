import { findProject } from '../../db/project/projects.ts';
import { updateVoucher } from '../../db/voucher/changes.ts';
import { lockVoucher } from '../../db/voucher/vouchers.ts';
import { codeKey } from '../../domain/voucher/code-pattern.ts';
import { mergeMetadata } from '../../domain/metadata.ts';
import type { RowError } from '../../db/bulk/imports.ts';
import type { WriteRows } from './import-rows.ts';

export const VOUCHERS_METADATA = 'VOUCHERS_BULK_UPDATE';

/** New metadata of a voucher, as it is kept. */
export interface VoucherMetadataRow {
  line: number;
  code: string;
  metadata: Record<string, unknown>;
}

/** Merges metadata into that of vouchers which exist, in the order of their codes. */
export const createChangeVoucherMetadata =
  (now: () => Date): WriteRows<VoucherMetadataRow> =>
  async (tx, { projectId }, rows) => {
    const project = (await findProject(tx, projectId))!;
    const keyOf = ({ code }: VoucherMetadataRow): string => codeKey(code, project.caseSensitiveCodes);
    const errors: RowError[] = [];
    for (const row of rows.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))) {
      const voucher = await lockVoucher(tx, project, row.code);
      if (voucher) await updateVoucher(tx, voucher, { metadata: mergeMetadata(voucher.metadata, row.metadata) }, 'voucher.updated', now());
      else errors.push({ line: row.line, errors: [{ path: 'code', message: `there is no voucher ${row.code}` }] });
    }
    return errors;
  };
