import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQuery } from '../../../../api/http/query-string.ts';
import { DomainError } from '../../../../domain/errors.ts';

test('brackets make groups and lists', () => {
  expect(
    parseQuery('limit=10&filters[code][conditions][$in][1]=B&filters[code][conditions][$in][0]=A&created_at[after]=2026-01-01'),
  ).toEqual({
    limit: '10',
    filters: { code: { conditions: { $in: ['A', 'B'] } } },
    created_at: { after: '2026-01-01' },
  });
});

test('brackets may be escaped, lists go without numbers, and plus is a blank', () => {
  expect(parseQuery('a%5B%5D=x+y&a[]=z%2B')).toEqual({ a: ['x y', 'z+'] });
});

test('a name without a value is an empty text', () => {
  expect(parseQuery('a&b=&&')).toEqual({ a: '', b: '' });
});

test('nothing reaches a prototype', () => {
  expect(() => parseQuery('__proto__[x]=1')).toThrow(DomainError);
  expect(() => parseQuery('a[__proto__][x]=1')).toThrow(DomainError);
  parseQuery('constructor[prototype][x]=1');
  expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
});

/** True where a query was read, or refused as a wrong one is. */
const answers = (text: string): boolean => {
  try {
    parseQuery(text);
    return true;
  } catch (error) {
    return error instanceof DomainError;
  }
};

test('any text is read or refused, never more', () => {
  const pieces = fc.string({ unit: fc.constantFrom(...Array.from('ab[]=&%0f+_$.é')), maxLength: 60 });
  expect(() => fc.assert(fc.property(pieces, answers))).not.toThrow(Error);
});
