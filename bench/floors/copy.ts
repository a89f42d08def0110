import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Sql } from '../../db/client.ts';
import { newId } from '../../db/ids.ts';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

const randomCode = (): string => Array.from(randomBytes(10), (byte) => ALPHABET[byte % ALPHABET.length]).join('');

/** Rows of a table like `voucher`, as COPY takes them: what a script would write that had the codes already, with ids as wide as any. */
function* lines(count: number): Generator<string> {
  const made = new Date().toISOString();
  const [project, campaign] = [newId('project'), newId('campaign')];
  for (let row = 0; row < count; row += 1) {
    const code = `C-${randomCode()}`;
    yield `${project}\t${newId('voucher')}\t${code}\t${code}\tDISCOUNT_VOUCHER\t${campaign}\t1\t1\t${made}\n`;
  }
}

/** Rows a second by one COPY from a file into a table with the columns, constraints and indexes of `voucher`. */
export const copyFloor = async (sql: Sql, count: number): Promise<number> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'couponry-copy-'));
  const file = path.join(folder, 'vouchers.tsv');
  try {
    await pipeline(Readable.from(lines(count)), createWriteStream(file));
    await sql`drop table if exists floor_copy`;
    await sql`create table floor_copy (like voucher including all)`;
    const began = performance.now();
    const copy = await sql`
      copy floor_copy (project_id, id, code, code_key, type, campaign_id, template_revision, quantity, created_at) from stdin`.writable();
    await pipeline(createReadStream(file, { highWaterMark: 262_144 }), copy);
    const seconds = (performance.now() - began) / 1_000;
    const [row] = await sql<{ count: number }[]>`select count(*) from floor_copy`;
    if (row?.count !== count) throw new Error(`COPY wrote ${row?.count} of ${count} rows`);
    await sql`drop table floor_copy`;
    return count / seconds;
  } finally {
    rmSync(folder, { recursive: true });
  }
};
