/**
 * JSON of many rows as one text parameter, a line each, to be taken apart by `string_to_table(…, E'\n', '')` beside `unnest` of the
 * other columns in `rows from (…)`. JSON text has no line breaks, so nothing needs to be escaped: Postgres takes arrays and JSON
 * apart a character at a time, which for a row of the ledger costs more than writing it. An empty line is NULL.
 */
export const jsonLines = (values: readonly unknown[]): string => lines(values.map((value) => (value == null ? '' : JSON.stringify(value))));

/** The same of texts that are JSON already. */
export const lines = (texts: readonly string[]): string => texts.join('\n');
