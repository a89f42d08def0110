import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeKey, generateCodes, parseCodeConfig, requireHardToGuess, type CodeConfig } from '../../../../domain/voucher/code-pattern.ts';
import { DomainError } from '../../../../domain/errors.ts';

const pattern = (config: CodeConfig, caseSensitive = false) => parseCodeConfig(config, { caseSensitive });
const one = (config: CodeConfig): string => generateCodes(pattern(config), 1, randomBytes)[0]!;
const problemsOf = (config: CodeConfig): string[] => {
  try {
    parseCodeConfig(config, { caseSensitive: false });
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    expect(error.key).toBe('invalid_code_config');
    return error.fields.map((field) => field.path);
  }
};

describe('a code', () => {
  test('has eight characters that nobody mistakes, where nothing is said', () => {
    expect(one({})).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
  });

  test('is its pattern, with a random character for each #', () => {
    expect(one({ pattern: 'ABC-##-XYZ-##' })).toMatch(/^ABC-..-XYZ-..$/);
  });

  test('is the pattern itself where that has no #', () => {
    expect(one({ pattern: 'NEW123' })).toBe('NEW123');
  });

  test('has the length that the pattern has, whatever the length says', () => {
    expect(one({ pattern: '####', length: 20 })).toHaveLength(4);
  });

  test('stands between prefix and postfix, which is also called suffix', () => {
    expect(one({ prefix: 'A-', postfix: '-Z', length: 3, charset: '0123456789' })).toMatch(/^A-\d{3}-Z$/);
    expect(one({ pattern: 'P##', prefix: 'A-', suffix: '-Z', charset: '01' })).toMatch(/^A-P[01]{2}-Z$/);
  });

  test('is the same code in either case, unless the project says otherwise', () => {
    expect(codeKey('Summer', false)).toBe(codeKey('SUMMER', false));
    expect(codeKey('Summer', true)).not.toBe(codeKey('SUMMER', true));
  });
});

describe('codes', () => {
  test('differ from each other and use nothing but the charset', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...Array.from('ABCDEFGHJKLMNPQRSTUVWXYZ23456789')), { minLength: 2, maxLength: 32 }),
        fc.integer({ min: 5, max: 12 }),
        (charset, length) => {
          const codes = generateCodes(pattern({ charset: charset.join(''), length }), 20, randomBytes);
          expect(new Set(codes).size).toBe(20);
          for (const code of codes) expect(Array.from(code).every((char) => charset.includes(char)) && code.length === length).toBe(true);
        },
      ),
    );
  });

  test('draw each character as often as any other', () => {
    const counts = new Map<string, number>();
    for (const code of generateCodes(pattern({ charset: 'ABCDEFG', length: 20 }), 5_000, randomBytes))
      for (const char of code) counts.set(char, (counts.get(char) ?? 0) + 1);
    const expected = 100_000 / 7;
    const chiSquared = [...counts.values()].reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
    // 6 degrees of freedom: beyond 35 once in 200,000 runs.
    expect(chiSquared).toBeLessThan(35);
  });

  test('throw away bytes that would make some characters likelier', () => {
    // Of a charset of three, 255 would be the 86th A.
    const bytes = [255, 0, 255, 1, 2, 2];
    const source = (n: number) => Uint8Array.from({ length: n }, (_, index) => bytes[index % bytes.length]!);
    expect(generateCodes(pattern({ charset: 'ABC', length: 4 }), 1, source)).toEqual(['ABCC']);
  });
});

describe('a pattern that is too small', () => {
  const message = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof DomainError) return error.details;
    }
    return 'nothing was thrown';
  };

  test('for the number asked is refused with the figures', () => {
    const details = message(() => generateCodes(pattern({ pattern: 'X-#', charset: '0123456789' }), 11, randomBytes));
    expect(details).toContain('1 random character out of 10 make 10 possible codes');
    expect(details).toContain('11 are needed');
  });

  test('counts letters once where the project ignores case', () => {
    expect(pattern({ charset: 'aAbB', length: 2 }).possible).toBe(4);
    expect(pattern({ charset: 'aAbB', length: 2 }, true).possible).toBe(16);
  });

  test('to withstand guessing is refused with the figures', () => {
    const small = pattern({ pattern: '####', charset: '0123456789' });
    expect(message(() => requireHardToGuess(small, 100))).toContain('10000 possible codes, so that 100 of them could be guessed');
    expect(message(() => requireHardToGuess(small, 10))).toBe('nothing was thrown');
  });

  test('is no matter for a single code that somebody chose', () => {
    expect(message(() => requireHardToGuess(pattern({ pattern: 'NEW' }), 1))).toBe('nothing was thrown');
    expect(message(() => requireHardToGuess(pattern({ pattern: 'NEW' }), 2))).toContain('1 possible codes, but 2 are needed');
  });
});

describe('a configuration that makes no sense', () => {
  test.each<[string, CodeConfig, string[]]>([
    ['no characters', { charset: '' }, ['code_config.charset']],
    ['a blank among the characters', { charset: 'AB C' }, ['code_config.charset']],
    ['an empty pattern', { pattern: '' }, ['code_config.pattern']],
    ['a length of nothing', { length: 0 }, ['code_config.length']],
    ['half a character', { length: 2.5 }, ['code_config.length']],
    ['a length beyond reason', { length: 100_000 }, ['code_config.length']],
    ['postfix and suffix that differ', { postfix: 'A', suffix: 'B' }, ['code_config.suffix']],
    ['codes that are too long', { prefix: 'A'.repeat(250), length: 10 }, ['code_config']],
    ['codes with a line break', { pattern: 'A\n#' }, ['code_config']],
    ['several of these', { length: -1, charset: '' }, ['code_config.length', 'code_config.charset']],
  ])('%s', (_, config, paths) => {
    expect(problemsOf(config)).toEqual(paths);
  });
});
