import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { UsageError } from './connection.ts';

/** A definition as it stands in a file. */
export interface DefinitionFile {
  name: string;
  text: string;
  /** The journey that it says it is; null where that cannot be read. */
  key: string | null;
}

const keyIn = (text: string): string | null => {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    const key = typeof value === 'object' && value !== null && 'journey' in value ? value.journey : null;
    return typeof key === 'string' ? key : null;
  } catch {
    return null;
  }
};

/** Reads a file, or what is piped in where the name is `-`. @throws {UsageError} */
export const readDefinitionFile = (name: string): DefinitionFile => {
  try {
    const text = readFileSync(name === '-' ? 0 : name, 'utf8');
    return { name: name === '-' ? '<stdin>' : name, text, key: keyIn(text) };
  } catch (error) {
    throw new UsageError(`${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error });
  }
};

export interface PlacedMessage {
  message: string;
  path?: string;
  step?: string | null;
  line?: number | null;
  column?: number | null;
}

/** A line such as compilers write, which editors can jump to: `file:4:12: step mail: what is wrong`. */
export const compilerLine = (file: string, { message, path, step, line, column }: PlacedMessage): string => {
  const place = line == null ? file : `${file}:${line}:${column ?? 1}`;
  const field = path === undefined || path === '' ? '' : `${path}: `;
  // The API says the place in its message as well.
  return `${place}: error: ${step == null ? '' : `step ${step}: `}${field}${message.replace(/ \(line \d+, column \d+\)$/, '')}`;
};
