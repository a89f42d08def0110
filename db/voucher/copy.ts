import type { Tx } from '../client.ts';
import { copyField, copyRows, type CopyValue } from '../copy.ts';
import { idTime, newId } from '../ids.ts';
import { holdCampaigns, insertFirstBuckets, type VoucherDraft } from './vouchers.ts';

/** What many vouchers have in common. */
export type SharedDraft = Omit<VoucherDraft, 'id' | 'holderId' | 'enrolmentId' | 'publishedAt'>;

/** A voucher to write that nobody holds. */
export interface CodeOfDraft {
  code: string;
  /** domain/voucher/code-pattern.ts codeKey(code) */
  codeKey: string;
  /** The same object for all that share it: it is put into words once. */
  draft: SharedDraft;
}

const ROWS_PER_CHUNK = 500;

/** What the columns that vouchers share are made of. */
const SHARED: Record<string, (draft: SharedDraft) => CopyValue> = {
  project_id: (draft) => draft.projectId,
  type: (draft) => draft.type,
  campaign_id: (draft) => draft.campaignId,
  template_revision: (draft) => draft.templateRevision,
  definition: (draft) => draft.definition,
  category: (draft) => draft.category,
  start_date: (draft) => draft.startDate,
  expiration_date: (draft) => draft.expirationDate,
  active: (draft) => draft.active,
  quantity: (draft) => draft.quantity,
  gift_amount: (draft) => draft.giftAmount,
  gift_balance: (draft) => draft.giftBalance,
  loyalty_points: (draft) => draft.loyaltyPoints,
  loyalty_balance: (draft) => draft.loyaltyPoints,
  loyalty_expired: (draft) => draft.loyaltyPoints && 0,
  loyalty_subtracted: (draft) => draft.loyaltyPoints && 0,
  additional_info: (draft) => draft.additionalInfo,
  metadata: (draft) => draft.metadata,
};
const COLUMNS = ['id', 'created_at', 'code', 'code_key', ...Object.keys(SHARED)];
const valuesOf = Object.values(SHARED);

function* linesOf(rows: CodeOfDraft[], ids: string[]): Generator<string> {
  const known = new Map<SharedDraft, string>();
  const sharedBy = (draft: SharedDraft): string => {
    const before = known.get(draft);
    if (before !== undefined) return before;
    const text = `${valuesOf.map((value) => copyField(value(draft))).join('\t')}\n`;
    known.set(draft, text);
    return text;
  };
  for (let at = 0; at < rows.length; at += ROWS_PER_CHUNK) {
    const createdAt = copyField(idTime(ids[at]!));
    const end = Math.min(at + ROWS_PER_CHUNK, rows.length);
    let lines = '';
    for (let index = at; index < end; index += 1) {
      const { code, codeKey, draft } = rows[index]!;
      lines += `${ids[index]}\t${createdAt}\t${copyField(code)}\t${copyField(codeKey)}\t${sharedBy(draft)}`;
    }
    yield lines;
  }
}

/** By way of a table without constraints. @returns the ids of those whose code exists already, or comes earlier */
const copyNew = async (tx: Tx, rows: CodeOfDraft[], ids: string[]): Promise<Set<string>> => {
  await tx`create temporary table if not exists voucher_batch (like voucher including defaults) on commit drop`;
  await tx`truncate voucher_batch`;
  await copyRows(tx, 'voucher_batch', COLUMNS, linesOf(rows, ids));
  const columns = tx.unsafe(COLUMNS.join(', '));
  const { count } = await tx`
    insert into voucher (${columns}) select ${columns} from voucher_batch order by code_key collate "C", id
    on conflict (project_id, code_key) do nothing`;
  if (count === rows.length) return new Set();
  const left = await tx<{ id: string }[]>`
    select b.id from voucher_batch b where not exists (select from voucher v where v.project_id = b.project_id and v.id = b.id)`;
  return new Set(left.map((row) => row.id));
};

/**
 * Writes vouchers of one project by COPY, straight into the table where all codes are new. A code that exists already is left out, and of
 * one that comes twice the later.
 * @param options `taken`: some codes are likely to exist, so that trying were a waste
 * @returns those that were left out
 */
export const copyVouchers = async <T extends CodeOfDraft>(tx: Tx, rows: T[], options: { taken?: boolean } = {}): Promise<T[]> => {
  const ids = rows.map(() => newId('voucher'));
  const all = options.taken !== true && (await copyRows(tx, 'voucher', COLUMNS, linesOf(rows, ids)));
  const left = all ? new Set() : await copyNew(tx, rows, ids);
  const cards = rows.flatMap(({ draft }, index) =>
    draft.loyaltyPoints === null || left.has(ids[index]!) ? [] : [{ ...draft, id: ids[index]! }],
  );
  await insertFirstBuckets(tx, cards);
  const campaignIds = [...new Set(rows.flatMap(({ draft }) => draft.campaignId ?? []))];
  if (campaignIds.length > 0) await holdCampaigns(tx, rows[0]!.draft.projectId, campaignIds);
  return left.size === 0 ? [] : rows.filter((_, index) => left.has(ids[index]!));
};
