import postgres from 'postgres';
import type { Tx } from './client.ts';

/** What a column can be written as. */
export type CopyValue = string | number | boolean | Date | object | null;

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const FAILED_TRANSACTION = '25P02';
const SPECIAL = /[\\\t\n\r]/;

/** A field of COPY's text format. */
export const copyField = (value: CopyValue): string => {
  if (value === null) return '\\N';
  if (value instanceof Date) return value.toISOString();
  const text = typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return SPECIAL.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character]!) : text;
};

const REFUSED = Symbol('refused');

const copyAll = async (tx: Tx, table: string, columns: readonly string[], chunks: Iterable<string>): Promise<void> => {
  const copy = await tx`copy ${tx(table)} (${tx.unsafe(columns.join(', '))}) from stdin`.writable();
  let refused = false;
  copy.on('error', () => (refused = true));
  try {
    for (const chunk of chunks) {
      // One that is refused on the way is closed, and says so to the next.
      await new Promise<void>((resolve) => copy.write(chunk, () => resolve()));
      if (refused) throw REFUSED;
    }
  } catch (error) {
    copy.destroy(new Error('the rows could not be made'));
    throw error;
  }
  // The driver never ends a COPY that Postgres refuses at its end: whether the transaction has failed, the next statement tells.
  copy.end();
  await tx`select`.catch((error: unknown) => {
    throw error instanceof postgres.PostgresError && error.code === FAILED_TRANSACTION ? REFUSED : error;
  });
};

/**
 * Writes rows by COPY, the fastest way there is. It knows no `on conflict`: a row that a constraint refuses keeps all out, and the
 * transaction goes on as it was before.
 * @param chunks lines made of copyField, each with its end; the next are made while Postgres writes those before
 * @returns false where Postgres refused a row
 */
export const copyRows = async (tx: Tx, table: string, columns: readonly string[], chunks: Iterable<string>): Promise<boolean> => {
  try {
    await tx.savepoint((inner) => copyAll(inner as unknown as Tx, table, columns, chunks));
    return true;
  } catch (error) {
    if (error === REFUSED) return false;
    throw error;
  }
};
