import type { Refusal, Reply } from './api.ts';
import { compilerLine } from './definition-file.ts';

/** What a command found: what goes to the terminal, and whether it is as it should be. */
export interface Report {
  /** The API's answer, for `--json`. */
  json: unknown;
  lines: string[];
  ok: boolean;
}

/** What the API refused, each mistake on a line of its own. */
export const refused = ({ status, body }: Reply, file: string | null): Report => {
  const { message, details, errors = [] } = (body ?? {}) as Refusal;
  const said = details !== undefined && details !== message ? `${message} ${details}` : message;
  const head = `${file === null ? '' : `${file}: `}${said ?? `the server answered ${status}`}`;
  const mistakes = errors.map((error) => (file === null ? `${error.path}: ${error.message}` : compilerLine(file, error)));
  return { json: body, lines: [...mistakes, head], ok: false };
};

/** Rows as columns that line up. */
export const table = (rows: string[][]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};
