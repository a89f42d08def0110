import { DomainError, type FieldProblem } from '../errors.ts';

/** How codes are made, as in the API: `#` in `pattern` is a random character of `charset`, and `pattern` overrides `length`. */
export interface CodeConfig {
  length?: number | null;
  charset?: string | null;
  prefix?: string | null;
  postfix?: string | null;
  /** What the SDK's typings call `postfix`. */
  suffix?: string | null;
  pattern?: string | null;
}

export interface CodePattern {
  /** The whole code with prefix and postfix; `null` stands for a random character. */
  parts: (string | null)[];
  /** Random characters in a code. */
  random: number;
  /** The distinct characters that a random one is drawn from. */
  alphabet: string[];
  /** How many different codes there can be; Infinity beyond a double. */
  possible: number;
}

export const MAX_CODE_LENGTH = 255;
const DEFAULT_LENGTH = 8;
/** 32 characters, none of which is taken for another when read aloud or typed from paper (no I, L, O, U). */
const DEFAULT_CHARSET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Somebody who guesses must need this many tries on average to hit one of a campaign's codes. */
const GUESSES_PER_CODE = 1_000;

/** Control and format characters and white space: nobody sees or types them. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}]/u;

/** The code as it is looked up and kept unique: upper case where the project ignores case. */
export const codeKey = (code: string, caseSensitive: boolean): string => (caseSensitive ? code : code.toUpperCase());

/** What keeps a text from being a code; null where it can be one. */
export const codeProblem = (code: string): string | null => {
  if (code.length === 0) return 'must not be empty';
  if (code.length > MAX_CODE_LENGTH) return `must have at most ${MAX_CODE_LENGTH} characters`;
  if (INVISIBLE.test(code.replaceAll(' ', ''))) return 'must not contain control characters or white space other than blanks';
  if (code !== code.trim()) return 'must not begin or end with a blank';
  if (code === '.' || code === '..') return 'must not be . or .., which no web address can hold';
  return null;
};

const configProblems = (config: CodeConfig, alphabet: string[], parts: (string | null)[]): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const length = config.length ?? DEFAULT_LENGTH;
  if (!Number.isInteger(length) || length < 1 || length > MAX_CODE_LENGTH)
    problems.push({ path: 'code_config.length', message: `must be a whole number from 1 to ${MAX_CODE_LENGTH}` });
  if (config.pattern === '') problems.push({ path: 'code_config.pattern', message: 'must not be empty' });
  if (alphabet.length === 0 || alphabet.length > 256)
    problems.push({ path: 'code_config.charset', message: 'must have 1 to 256 different characters' });
  else if (alphabet.some((char) => INVISIBLE.test(char)))
    problems.push({ path: 'code_config.charset', message: 'must not contain control characters or white space' });
  if (config.postfix != null && config.suffix != null && config.postfix !== config.suffix)
    problems.push({ path: 'code_config.suffix', message: 'is another name of postfix, which says something else' });
  const sample = problems.length > 0 ? null : codeProblem(parts.map((part) => part ?? 'X').join(''));
  if (sample !== null) problems.push({ path: 'code_config', message: `makes codes that cannot be used: a code ${sample}` });
  return problems;
};

/**
 * Reads a code configuration.
 * @throws DomainError invalid_code_config, with every wrong field
 */
export const parseCodeConfig = (config: CodeConfig, options: { caseSensitive: boolean }): CodePattern => {
  const alphabet: string[] = [];
  const seen = new Set<string>();
  for (const char of config.charset ?? DEFAULT_CHARSET) {
    const key = codeKey(char, options.caseSensitive);
    if (!seen.has(key)) alphabet.push(char);
    seen.add(key);
  }
  const length = config.length ?? DEFAULT_LENGTH;
  const core = config.pattern ?? '#'.repeat(Math.min(Math.max(Math.trunc(length) || 0, 0), MAX_CODE_LENGTH + 1));
  const parts = [
    config.prefix ?? '',
    ...core.split(/(#)/).map((part) => (part === '#' ? null : part)),
    config.postfix ?? config.suffix ?? '',
  ].filter((part) => part !== '');
  const problems = configProblems(config, alphabet, parts);
  if (problems.length > 0) throw new DomainError('invalid_code_config', 'The code configuration cannot be used.', { fields: problems });
  const random = parts.filter((part) => part === null).length;
  return { parts, random, alphabet, possible: alphabet.length ** random };
};

/** A configuration with what counts where it says nothing. */
export const wholeCodeConfig = (config: CodeConfig): CodeConfig => ({
  charset: DEFAULT_CHARSET,
  ...(config.pattern == null && { length: DEFAULT_LENGTH, pattern: '#'.repeat(config.length ?? DEFAULT_LENGTH) }),
  ...Object.fromEntries(Object.entries(config).filter(([, value]) => value != null)),
});

const figures = (pattern: CodePattern): string =>
  `${pattern.random} random character${pattern.random === 1 ? '' : 's'} out of ${pattern.alphabet.length} make ${pattern.possible} possible codes`;

const tooSmall = (pattern: CodePattern, reason: string): DomainError => {
  const message = `${figures(pattern)}, ${reason}. Use a longer pattern or a larger charset.`;
  return new DomainError('invalid_code_config', 'The pattern is too small.', {
    details: message,
    fields: [{ path: 'code_config', message }],
  });
};

/** @throws DomainError invalid_code_config with the figures, when `count` different codes do not exist */
const requireEnoughCodes = (pattern: CodePattern, count: number): void => {
  if (pattern.possible < count) throw tooSmall(pattern, `but ${count} are needed`);
};

/**
 * The entropy floor of a campaign: its codes are handed out one by one, so none may be found by trying. A pattern that makes a single
 * code is a code that somebody chose, and may be as short as they like.
 * @throws DomainError invalid_code_config with the figures
 */
export const requireHardToGuess = (pattern: CodePattern, count: number): void => {
  requireEnoughCodes(pattern, count);
  if (pattern.random > 0 && pattern.possible < count * GUESSES_PER_CODE)
    throw tooSmall(
      pattern,
      `so that ${count} of them could be guessed: at least ${count * GUESSES_PER_CODE} are asked for (${GUESSES_PER_CODE} for each code)`,
    );
};

/** Draws indexes below `size` without bias: bytes at or above the largest multiple of `size` are thrown away. */
const createDraw = (size: number, expected: number, randomBytes: (n: number) => Uint8Array): (() => number) => {
  const limit = 256 - (256 % size);
  const chunk = Math.min(65_536, Math.max(16, Math.ceil((expected * 256) / limit)));
  let [bytes, at]: [Uint8Array, number] = [new Uint8Array(), 0];
  return () => {
    for (;;) {
      if (at === bytes.length) [bytes, at] = [randomBytes(chunk), 0];
      const byte = bytes[at++]!;
      if (byte < limit) return byte % size;
    }
  };
};

/**
 * Makes `count` codes that differ from each other.
 * @param randomBytes a cryptographically secure source
 * @throws DomainError invalid_code_config when so many do not exist
 */
export const generateCodes = (pattern: CodePattern, count: number, randomBytes: (n: number) => Uint8Array): string[] => {
  requireEnoughCodes(pattern, count);
  const { parts, alphabet } = pattern;
  const codes = new Set<string>();
  const draw = createDraw(alphabet.length, count * pattern.random, randomBytes);
  while (codes.size < count) {
    let code = '';
    for (const part of parts) code += part ?? alphabet[draw()];
    codes.add(code);
  }
  return [...codes];
};

/** How likely one of `count` codes is to be one of `existing` codes of the same pattern, at the most. */
export const collisionOdds = (pattern: CodePattern, count: number, existing: number): number => (count * existing) / pattern.possible;
