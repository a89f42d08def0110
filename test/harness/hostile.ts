import * as fc from 'fast-check';

type Schema = Record<string, unknown>;

/** What no field of ours is made for. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  'x'.repeat(5_000),
  '\u0000',
  'a\u0000b',
  '\ud800',
  '🎟️'.repeat(90),
  "'; drop table voucher; --",
  '{{constructor}}',
  '../../etc/passwd',
  '__proto__',
  '2026-13-45',
  '+275760-09-13T00:00:00Z',
  'P99999Y',
  -1,
  0,
  0.1,
  1e308,
  -1e-308,
  2 ** 53,
  2 ** 31,
  Number.MAX_SAFE_INTEGER,
  [],
  [null],
  [[[[[[[[[[]]]]]]]]]],
  {},
  { toString: 1, constructor: null },
  { $in: [] },
];

export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  fc.jsonValue({ maxDepth: 3 }),
);

const refOf = (document: Schema, ref: string): Schema =>
  ref
    .slice(2)
    .split('/')
    .reduce((node: unknown, name) => (node as Schema)[name], document) as Schema;

const textOf = ({ format, pattern, minLength = 1, const: only }: Schema & { minLength?: number }): fc.Arbitrary<string> => {
  if (typeof only === 'string') return fc.constant(only);
  if (format === 'date-time') return fc.constantFrom('2026-01-31T12:00:00Z', '2030-06-01T00:00:00+02:00');
  if (format === 'date') return fc.constantFrom('2026-01-31', '2030-06-01');
  if (format === 'email') return fc.constant('ada@example.com');
  if (typeof pattern === 'string' && pattern.startsWith('^P')) return fc.constant('P7D');
  if (typeof pattern === 'string' && pattern.includes('A-Z')) return fc.constant('USD');
  return fc.string({ minLength, maxLength: minLength + 8, unit: 'grapheme-ascii' });
};

/** Values that a JSON schema of a request allows, more or less: what is wrong with them finds what the schema does not say. */
export const valueOf = (document: Schema, schema: Schema, depth = 0): fc.Arbitrary<unknown> => {
  if (typeof schema['$ref'] === 'string') return valueOf(document, refOf(document, schema['$ref']), depth);
  const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (choices) return fc.oneof(...choices.map((choice) => valueOf(document, choice, depth)));
  if (Array.isArray(schema['allOf'])) return valueOf(document, Object.assign({}, ...(schema['allOf'] as Schema[])), depth);
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if (depth > 6) return fc.constant(null);
  switch (schema['type']) {
    case 'object': {
      const {
        properties = {},
        required = [],
        additionalProperties,
      } = schema as { properties?: Record<string, Schema>; required?: string[]; additionalProperties?: Schema | boolean };
      const known = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, valueOf(document, each, depth + 1)]));
      if (Object.keys(known).length > 0) return fc.record(known, { requiredKeys: required.filter((name) => name in known) });
      return typeof additionalProperties === 'object'
        ? fc.dictionary(fc.constantFrom('a', 'b'), valueOf(document, additionalProperties, depth + 1), { maxKeys: 2 })
        : fc.constant({});
    }
    case 'array':
      return fc.array(valueOf(document, (schema['items'] ?? {}) as Schema, depth + 1), {
        minLength: Number(schema['minItems'] ?? 0),
        maxLength: Math.max(2, Number(schema['minItems'] ?? 0)),
      });
    case 'integer':
      return fc.integer({
        min: Math.max(Number(schema['minimum'] ?? 0), -1_000),
        max: Math.min(Number(schema['maximum'] ?? 1_000), 1_000),
      });
    case 'number':
      return fc.double({ min: 0, max: 100, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return textOf(schema);
    default:
      return fc.constantFrom<unknown>('x', 1, { a: 1 });
  }
};

/** The value with one of its parts replaced, or with a part too many. */
export const spoiled = (value: unknown, by: unknown, at: number): unknown => {
  if (typeof value !== 'object' || value === null) return by;
  const names = Object.keys(value);
  const place = at % (names.length + 2);
  if (place === names.length) return by;
  if (Array.isArray(value))
    return place > names.length
      ? [...(value as unknown[]), by]
      : (value as unknown[]).map((each, index) => (index === place ? spoiled(each, by, at >>> 3) : each));
  if (place > names.length) return { ...value, unknown_field: by };
  const name = names[place]!;
  return { ...value, [name]: spoiled((value as Record<string, unknown>)[name], by, at >>> 3) };
};
