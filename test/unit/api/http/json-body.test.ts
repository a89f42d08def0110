import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../../api/http/json-body.ts';
import { DomainError } from '../../../../domain/errors.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

/** What comes of a body: a value, or the key of the refusal. Anything else is thrown on. */
const outcome = (body: Buffer): { value: unknown } | { key: string } => {
  try {
    return { value: parseJson(body) };
  } catch (error) {
    if (error instanceof DomainError) return { key: error.key };
    throw error;
  }
};

describe('a body', () => {
  test('that is JSON comes out as it went in', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('\\u0000') && !text.includes('__proto__') && text.isWellFormed() && !/\\ud[89a-f]/i.test(text));
        expect(outcome(bytes(text))).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  test('of any bytes is read or refused, never more', () => {
    const answers = (body: Buffer) => Object.keys(outcome(body)).length === 1;
    expect(() => fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => answers(Buffer.from(raw))))).not.toThrow(Error);
    const nearlyJson = fc.string({ unit: fc.constantFrom(...Array.from('[]{}",:\\u0aD8/ ')), maxLength: 80 });
    expect(() => fc.assert(fc.property(nearlyJson, (text) => answers(bytes(text))))).not.toThrow(Error);
  });

  test('that is empty is an empty object', () => {
    expect(outcome(bytes(''))).toEqual({ value: {} });
  });

  test.each([
    ['32 levels', '['.repeat(32) + ']'.repeat(32), undefined],
    ['33 levels', '['.repeat(33) + ']'.repeat(33), 'invalid_json'],
    ['brackets in a text, which are no levels', JSON.stringify('[{"\\'.repeat(100)), undefined],
    ['many objects side by side', `[${Array.from({ length: 100 }, () => '{}').join(',')}]`, undefined],
  ])('with %s', (_, text, key) => {
    expect(outcome(bytes(text))).toEqual(key === undefined ? { value: JSON.parse(text) } : { key });
  });

  test('names every text in it that cannot be kept', () => {
    const body = bytes('{"a":{"b":["ok","\\u0000"]},"c\\ud800":1,"__proto__":{}}');
    expect(() => parseJson(body)).toThrow(
      expect.objectContaining({
        key: 'invalid_payload',
        fields: [
          { path: 'a.b[1]', message: 'must not contain NUL characters' },
          { path: 'c\uFFFD', message: 'has a name that must not contain lone surrogates' },
          { path: '__proto__', message: 'is a name that cannot be used' },
        ],
      }),
    );
  });
});
