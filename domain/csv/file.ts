import { stringify } from 'csv-stringify/sync';

/** A value of a row as a cell: times and texts as they are, objects as JSON. */
const cellOf = (value: unknown): string | number | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
};

/**
 * Rows as CSV (RFC 4180). A text that a spreadsheet would take for a formula gets a ' before it, which an import takes away again;
 * numbers stay numbers.
 */
export const csvOf = (rows: readonly (readonly unknown[])[]): string =>
  rows.length === 0
    ? ''
    : stringify(
        rows.map((row) => row.map(cellOf)),
        { escape_formulas: true, record_delimiter: 'windows' },
      );
