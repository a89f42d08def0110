import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Tx } from './client.ts';
import { idTime } from './ids.ts';
import { holdCampaigns, insertFirstBuckets, type NewVoucher } from './vouchers.ts';

const ROWS_PER_CHUNK = 500;

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

type Value = string | number | boolean | Date | object | null;

const SPECIAL = /[\\\t\n\r]/;

/** A field of COPY's text format. */
const field = (value: Value): string => {
  if (value === null) return '\\N';
  if (value instanceof Date) return value.toISOString();
  const text = typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return SPECIAL.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character]!) : text;
};

/** What each column of a voucher that nobody holds is made of. */
export const VOUCHER_COLUMNS: Record<string, (row: NewVoucher) => Value> = {
  project_id: (row) => row.projectId,
  id: (row) => row.id,
  code: (row) => row.code,
  code_key: (row) => row.codeKey,
  type: (row) => row.type,
  campaign_id: (row) => row.campaignId,
  template_revision: (row) => row.templateRevision,
  definition: (row) => row.definition,
  category: (row) => row.category,
  start_date: (row) => row.startDate,
  expiration_date: (row) => row.expirationDate,
  active: (row) => row.active,
  quantity: (row) => row.quantity,
  gift_amount: (row) => row.giftAmount,
  gift_balance: (row) => row.giftBalance,
  loyalty_points: (row) => row.loyaltyPoints,
  loyalty_balance: (row) => row.loyaltyPoints,
  loyalty_expired: (row) => row.loyaltyPoints && 0,
  loyalty_subtracted: (row) => row.loyaltyPoints && 0,
  additional_info: (row) => row.additionalInfo,
  metadata: (row) => row.metadata,
  created_at: (row) => idTime(row.id),
};

const names = Object.keys(VOUCHER_COLUMNS).join(', ');
const valueOf = Object.values(VOUCHER_COLUMNS);

const lineOf = (row: NewVoucher): string => valueOf.map((value) => field(value(row))).join('\t');

function* chunksOf(rows: NewVoucher[]): Generator<string> {
  for (let at = 0; at < rows.length; at += ROWS_PER_CHUNK)
    yield `${rows
      .slice(at, at + ROWS_PER_CHUNK)
      .map(lineOf)
      .join('\n')}\n`;
}

/**
 * Writes vouchers of one project that nobody holds, by COPY. A code that exists already is left out, and of one that comes twice the later.
 * By way of a table without constraints: the driver never ends a COPY that Postgres refuses at its end.
 * @returns the ids of those that were left out
 */
export const copyVouchers = async (tx: Tx, rows: NewVoucher[]): Promise<string[]> => {
  await tx`create temporary table if not exists voucher_batch (like voucher including defaults) on commit drop`;
  await tx`truncate voucher_batch`;
  const columns = tx.unsafe(names);
  const copy = await tx`copy voucher_batch (${columns}) from stdin`.writable();
  await pipeline(Readable.from(chunksOf(rows)), copy);
  const { count } = await tx`
    insert into voucher (${columns}) select ${columns} from voucher_batch order by code_key collate "C", id
    on conflict (project_id, code_key) do nothing`;
  const campaignIds = [...new Set(rows.flatMap((row) => row.campaignId ?? []))];
  if (campaignIds.length > 0) await holdCampaigns(tx, rows[0]!.projectId, campaignIds);
  if (count === rows.length) {
    await insertFirstBuckets(tx, rows);
    return [];
  }
  const left = await tx<{ id: string }[]>`
    select b.id from voucher_batch b where not exists (select from voucher v where v.project_id = b.project_id and v.id = b.id) order by b.id`;
  const out = new Set(left.map((row) => row.id));
  await insertFirstBuckets(
    tx,
    rows.filter((row) => !out.has(row.id)),
  );
  return [...out];
};
