import { CsvError, parse } from 'csv-parse';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { columnKey, type Cells } from '../../domain/csv/cells.ts';
import { DomainError } from '../../domain/errors.ts';
import { textProblem } from '../http/json-body.ts';

/** A row of a CSV file, with the line where it begins. */
export interface CsvRow {
  line: number;
  cells: Cells;
  /** What is wrong with the row as such; null where its cells can be read. */
  problem: string | null;
}

const MAX_RECORD_BYTES = 262_144;
const MAX_COLUMNS = 200;
const DELIMITERS = [',', ';', '\t', '|'];

const wrongFile = (message: string) =>
  new DomainError('invalid_payload', 'The file cannot be read.', { details: message, fields: [{ path: 'file', message }] });

/** The beginning of a file, for what it says of the rest. */
const headOf = async (file: string): Promise<Buffer> => {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

const encodingOf = (head: Buffer, told: string | undefined): string => {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return told ?? 'utf-8';
};

/** Spreadsheets separate by what their country does: the first line says by what. */
const delimiterOf = (firstLine: string): string => {
  const bare = firstLine.replaceAll(/"(?:[^"]|"")*"/g, '');
  const counted = DELIMITERS.map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counted.reduce((best, each) => (each.count > best.count ? each : best)).delimiter;
};

async function* decoded(file: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of createReadStream(file)) yield decoder.decode(chunk as Buffer, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw wrongFile(`must be ${encoding}; another encoding is named by ?encoding=, such as windows-1252`);
    throw error;
  }
}

const headerProblem = (header: string[]): string | null => {
  if (header.length > MAX_COLUMNS) return `must have at most ${MAX_COLUMNS} columns`;
  const empty = header.findIndex((name) => name.trim() === '');
  if (empty >= 0) return `must name each column in its first line: column ${empty + 1} has no name`;
  const keys = header.map(columnKey);
  const twice = header.find((_, index) => keys[index] !== '' && keys.indexOf(keys[index]!) < index);
  return twice === undefined ? null : `must name each column once: ${twice} comes twice`;
};

const breaksIn = (record: string[]): { lines: number; pairs: number } => {
  let [lines, pairs] = [0, 0];
  for (const cell of record) {
    if (!cell.includes('\n') && !cell.includes('\r')) continue;
    lines += cell.match(/\r\n|\r|\n/g)?.length ?? 0;
    pairs += cell.match(/\r\n/g)?.length ?? 0;
  }
  return { lines, pairs };
};

const rowProblem = (header: string[], record: string[]): string | null => {
  if (record.length !== header.length) return `has ${record.length} cells, and the first line names ${header.length} columns`;
  for (const [index, cell] of record.entries()) {
    const problem = textProblem(cell);
    if (problem !== null) return `${header[index]} ${problem}`;
  }
  return null;
};

/**
 * Reads a CSV file row by row: UTF-8 with or without a byte order mark, UTF-16 with one, or the encoding that is told; lines that end as
 * they like; separated by comma, semicolon, tab or bar. Rows that are wrong are given with what is wrong.
 * @throws DomainError invalid_payload, where what follows cannot be read: a wrong encoding, header or quote
 */
export async function* readCsv(file: string, told: { encoding?: string }): AsyncGenerator<CsvRow> {
  const head = await headOf(file);
  const encoding = encodingOf(head, told.encoding);
  const [firstLine = ''] = new TextDecoder(encoding).decode(head).split(/\r\n|\r|\n/, 1);
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(firstLine),
    record_delimiter: ['\r\n', '\n', '\r'],
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
  });
  // What goes wrong on the way comes out of the parser.
  pipeline(decoded(file, encoding), parser, () => {});
  let header: string[] | null = null;
  // The parser counts a line's end within quotes twice where it is CR and LF.
  let doubled = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const { lines, pairs } = breaksIn(record);
      doubled += pairs;
      if (header === null) {
        header = record.map((name) => name.trim());
        const problem = headerProblem(header);
        if (problem !== null) throw wrongFile(problem);
        continue;
      }
      const names = header;
      const problem = rowProblem(names, record);
      const cells = problem === null ? Object.fromEntries(record.map((cell, index) => [names[index]!, cell.trim()])) : {};
      yield { line: info.lines - doubled - lines, cells, problem };
    }
  } catch (error) {
    if (error instanceof CsvError) throw wrongFile(`line ${(error as { lines?: number }).lines ?? '?'}: ${error.message}`);
    throw error;
  }
}
