import { expect, test } from 'vitest';
import { createExpressions, ExpressionError, type Expected } from '../../../domain/expression.ts';

const expressions = createExpressions({
  customer: { email: 'string', age: 'number', since: 'timestamp', metadata: 'map' },
  event: 'map',
  now: 'timestamp',
});
const values = {
  customer: { email: 'ada@example.com', age: 36, since: '2026-01-01T00:00:00.000Z', metadata: { vip: true, tags: ['a', 'b'] } },
  event: { amount: 1200, share: 0.5, lines: [1, 2, 3], note: null },
  now: '2026-03-01T12:00:00.000Z',
};
const evaluate = (source: string, expected: Expected = 'any', given: Record<string, unknown> = values) =>
  expressions.compile(source, expected).evaluate(given);

test.each([
  ['customer.email == "ada@example.com"', true],
  ['customer.age == 36', true],
  ['customer.age / 2 > 17.5', true],
  ['event.amount * 2 == 2400', true],
  ['event.amount * event.share', 600],
  ['event.amount % 7 + 1', 4],
  ['2 in event.lines', true],
  ['event.lines.exists(line, line > 2)', true],
  ['size(event.lines)', 3],
  ['customer.metadata.vip && "a" in customer.metadata.tags', true],
  ['has(event.missing) ? "there" : "not"', 'not'],
  ['event.note == null', true],
  ['event.?missing.orValue("none")', 'none'],
  ['now + duration("36h")', '2026-03-03T00:00:00.000Z'],
  ['customer.since < now', true],
  ['{"a": [1, now]}', { a: [1, '2026-03-01T12:00:00.000Z'] }],
])('%s', (source, value) => {
  expect(evaluate(source)).toEqual(value);
});

test('a field that is not there is an error, and has() tells', () => {
  const nameless = { ...values, customer: { email: null } };
  expect(() => evaluate('customer.email == "a"', 'bool', nameless)).toThrow('no such field: email');
  expect(evaluate('has(customer.email)', 'bool', nameless)).toBe(false);
  expect(() => evaluate('event.missing == 1')).toThrow(ExpressionError);
});

test('what it gives is checked, at the latest when it runs', () => {
  expect(() => expressions.compile('customer.age', 'string')).toThrow('gives number, but string is needed here');
  expect(() => evaluate('event.amount', 'bool')).toThrow('gave 1200, but bool is needed here');
  expect(() => evaluate('event.amount / 0', 'number')).toThrow('but number is needed here');
});

test('a mistake names its place', () => {
  const offset = (source: string): number | null => {
    try {
      expressions.compile(source, 'any');
    } catch (error) {
      return (error as ExpressionError).offset;
    }
    return null;
  };
  expect(offset('customer.emial')).toBe(9);
  expect(offset('1 + customr.age')).toBe(4);
});

test('nothing of JavaScript can be reached', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'prototype']) {
    expect(() => evaluate(`event.${name}`)).toThrow(ExpressionError);
    expect(() => evaluate(`customer.${name}`)).toThrow(ExpressionError);
  }
});

test('what could take too long is refused', () => {
  expect(() => expressions.compile('"x".matches(event.note)', 'bool')).toThrow('matches() is not available');
  const nested = 'event.lines.all(a, event.lines.all(b, event.lines.all(c, true)))';
  expect(() => expressions.compile(nested, 'bool')).toThrow('iterates more than 2 levels deep');
  expect(() => expressions.compile('1 + '.repeat(600) + '1', 'any')).toThrow(ExpressionError);
  expect(() => expressions.compile(`"${'x'.repeat(3000)}"`, 'any')).toThrow('longer than');
  const long = { ...values, event: { lines: Array.from({ length: 501 }, () => 1) } };
  expect(() => evaluate('event.lines.all(a, a == 1)', 'bool', long)).toThrow('more than 500 entries');
  expect(evaluate('size(event.lines)', 'number', long)).toBe(501);
});
