import { findProject } from '../../db/project/projects.ts';
import { copyVouchers, type SharedDraft } from '../../db/voucher/copy.ts';
import { codeKey } from '../../domain/voucher/code-pattern.ts';
import type { WriteRows } from './import-rows.ts';

export const VOUCHERS_IMPORT = 'VOUCHERS_IMPORT';

/** A voucher to import, as it is kept: most of a file differ in their code alone. */
export interface VoucherRow {
  line: number;
  code: string;
  shared: SharedDraft;
}

/** A draft that was kept: JSON keeps times as texts. */
export const revivedDraft = (draft: SharedDraft): SharedDraft => ({
  ...draft,
  startDate: draft.startDate && new Date(draft.startDate),
  expirationDate: draft.expirationDate && new Date(draft.expirationDate),
});

/** Writes vouchers by COPY; a code that exists already keeps its row out. */
export const writeVouchers: WriteRows<VoucherRow> = async (tx, { projectId }, rows) => {
  const { caseSensitiveCodes } = (await findProject(tx, projectId))!;
  const drafts = new Map([...new Set(rows.map(({ shared }) => shared))].map((shared) => [shared, revivedDraft(shared)]));
  const left = await copyVouchers(
    tx,
    rows.map(({ line, code, shared }) => ({ line, code, codeKey: codeKey(code, caseSensitiveCodes), draft: drafts.get(shared)! })),
  );
  return left.map(({ line, code }) => ({
    line,
    errors: [{ path: 'code', message: `${code} exists already, or comes earlier in the file` }],
  }));
};
