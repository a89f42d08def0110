import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Tx } from './client.ts';
import { idTime } from './ids.ts';
import { holdCampaigns, type NewVoucher } from './vouchers.ts';

const ROWS_PER_CHUNK = 500;

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A field of COPY's text format. */
const field = (value: string | number | boolean | Date | null): string => {
  if (value === null) return '\\N';
  if (value instanceof Date) return value.toISOString();
  return String(value).replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!);
};

const lineOf = (row: NewVoucher): string =>
  [
    row.projectId,
    row.id,
    row.code,
    row.codeKey,
    row.type,
    row.campaignId,
    row.templateRevision,
    row.category,
    row.startDate,
    row.expirationDate,
    row.active,
    row.quantity,
    row.additionalInfo,
    JSON.stringify(row.metadata),
    idTime(row.id),
  ]
    .map(field)
    .join('\t');

function* chunksOf(rows: NewVoucher[]): Generator<string> {
  for (let at = 0; at < rows.length; at += ROWS_PER_CHUNK)
    yield `${rows
      .slice(at, at + ROWS_PER_CHUNK)
      .map(lineOf)
      .join('\n')}\n`;
}

const columns = (tx: Tx) => tx`
  project_id, id, code, code_key, type, campaign_id, template_revision, category, start_date, expiration_date, active, quantity, additional_info,
  metadata, created_at`;

/**
 * Writes vouchers of one campaign that nobody holds, by COPY, once in a transaction. A code that exists already is left out.
 * By way of a table without constraints: the driver never ends a COPY that Postgres refuses at its end.
 * @returns how many were written
 */
export const copyVouchers = async (tx: Tx, rows: NewVoucher[]): Promise<number> => {
  await tx`create temporary table voucher_batch (like voucher including defaults) on commit drop`;
  const copy = await tx`copy voucher_batch (${columns(tx)}) from stdin`.writable();
  await pipeline(Readable.from(chunksOf(rows)), copy);
  const { count } = await tx`
    insert into voucher (${columns(tx)}) select ${columns(tx)} from voucher_batch order by code_key collate "C"
    on conflict (project_id, code_key) do nothing`;
  await holdCampaigns(tx, rows[0]!.projectId, [rows[0]!.campaignId!]);
  return count;
};
