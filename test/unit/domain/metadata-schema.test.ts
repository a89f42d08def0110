import { describe, expect, test } from 'vitest';
import { valuesAt } from '../../../api/catalogue/metadata-places.ts';
import { metadataProblems, type MetadataProperty } from '../../../domain/metadata-schema.ts';

const wrong = (property: MetadataProperty, value: unknown): string[] =>
  metadataProblems({ properties: { field: property }, allowDefinedOnly: false }, { field: value }, 'metadata').map((each) => each.path);

describe('a field of metadata is held against its type', () => {
  test.each<[MetadataProperty['type'], unknown[], unknown[]]>([
    ['string', ['', 'text'], [1, true, {}, []]],
    ['number', [0, -1.5], ['1', true]],
    ['boolean', [true, false], ['true', 0]],
    ['date', ['2026-02-28', '2028-02-29'], ['2026-02-30', '2026-02-28T00:00:00Z', 20260228]],
    ['datetime', ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.5+02:00'], ['2026-01-31', '2026-01-31T12:00:00', '2026-02-30T12:00:00Z']],
    ['image_url', ['https://example.com/a.png'], ['ftp://example.com/a.png', 'a.png']],
    ['geopoint', [{ lat: 52.5, lng: 13.4 }], [{ lat: 91, lng: 0 }, { lat: 1 }, 'here']],
    ['object', [{ a: 1 }], ['{}', []]],
  ])('%s', (type, right, bad) => {
    for (const value of right) expect(wrong({ type }, value), JSON.stringify(value)).toEqual([]);
    for (const value of bad) expect(wrong({ type }, value), JSON.stringify(value)).toEqual(['metadata.field']);
  });
});

describe('and against its limits', () => {
  test.each<[Partial<MetadataProperty>, unknown[], unknown[]]>([
    [{ type: 'string', eq: ['a', 'b'] }, ['a'], ['c']],
    [{ type: 'string', ne: ['a'] }, ['b'], ['a']],
    [{ type: 'number', gt: 1, lt: 3 }, [2], [1, 3]],
    [{ type: 'number', gte: 1, lte: 3 }, [1, 3], [0, 4]],
    [{ type: 'string', minLength: 2, maxLength: 3 }, ['ab', 'abc'], ['a', 'abcd']],
    [{ type: 'string', exactLength: 2 }, ['ab'], ['a', 'abc']],
    [{ type: 'string', eq: [] }, ['anything'], [1]],
  ])('%j', (property, right, bad) => {
    for (const value of right) expect(wrong(property as MetadataProperty, value)).toEqual([]);
    for (const value of bad) expect(wrong(property as MetadataProperty, value)).toEqual(['metadata.field']);
  });

  test('a list names the items that are wrong', () => {
    expect(wrong({ type: 'number', array: true }, [1, '2', 3, null])).toEqual(['metadata.field[1]', 'metadata.field[3]']);
    expect(wrong({ type: 'number', array: true }, 1)).toEqual(['metadata.field']);
  });
});

test('every wrong field is named, those that are missing or unknown too', () => {
  const rules = {
    properties: { tier: { type: 'number', optional: false }, old: { type: 'string', deleted: true }, name: { type: 'string' } },
    allowDefinedOnly: true,
  } as const;
  const paths = (metadata: Record<string, unknown>, partial = false) =>
    metadataProblems(rules, metadata, 'customer.metadata', partial).map((each) => each.path);
  expect(paths({ name: 1, more: true, old: 'x' })).toEqual([
    'customer.metadata.tier',
    'customer.metadata.name',
    'customer.metadata.more',
    'customer.metadata.old',
  ]);
  expect(paths({ name: 'x' }, true)).toEqual([]);
  // null takes a field away, which one that must be there does not allow.
  expect(paths({ tier: null }, true)).toEqual(['customer.metadata.tier']);
  expect(paths({ tier: 1, name: null })).toEqual([]);
});

test('places name what stands in lists and what is not there', () => {
  const body = { order: { items: [{ metadata: { a: 1 } }, {}] } };
  expect(valuesAt(body, 'order.items[].metadata')).toEqual([
    { path: 'order.items[0].metadata', value: { a: 1 } },
    { path: 'order.items[1].metadata', value: undefined },
  ]);
  expect(valuesAt([{ metadata: 1 }], '[].metadata')).toEqual([{ path: '[0].metadata', value: 1 }]);
  expect(valuesAt({}, 'order.metadata')).toEqual([]);
});
