import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

const asObject = (value: unknown): JsonSchema | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : null;

/** Rewrites every object within a schema, the innermost first. */
const rewrite = (value: unknown, change: (node: JsonSchema) => JsonSchema): unknown => {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, change));
  const node = asObject(value);
  if (!node) return value;
  return change(Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, rewrite(inner, change)])));
};

/** Answers may gain fields; requests may not have unknown ones. */
const open = (node: JsonSchema): JsonSchema => {
  if (node['additionalProperties'] !== false) return node;
  const { additionalProperties: _, ...rest } = node;
  return rest;
};

/**
 * Turns zod schemas into JSON Schema 2020-12, the dialect of OpenAPI 3.1. Schemas with an id (`.meta({ id })`) become components; where a
 * request's differs from an answer's of the same id, it is called `<id>Input`.
 */
export const createSchemaWriter = () => {
  const components: Record<string, JsonSchema> = {};

  const nameOf = (id: string, definition: JsonSchema, io: 'input' | 'output'): string => {
    const same = components[id] === undefined || JSON.stringify(components[id]) === JSON.stringify(definition);
    return io === 'output' || same ? id : `${id}Input`;
  };

  return {
    components,
    write: (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
      const { $schema: _, $defs, ...whole } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
      // A schema that itself has an id is written as a definition or as the whole: either way it becomes a component like those within it.
      const id = schema.meta()?.id;
      const { id: _id, ...body } = whole;
      const definitions: JsonSchema = { ...asObject($defs), ...(id !== undefined && body['$ref'] === undefined && { [id]: body }) };
      const names = new Map<string, string>();
      const adapt = (value: unknown): JsonSchema => {
        const linked = rewrite(value, (node) => {
          const target = typeof node['$ref'] === 'string' ? node['$ref'].replace('#/$defs/', '') : null;
          const { id: _inner, ...rest } = node;
          const clean = typeof node['id'] === 'string' ? rest : node;
          return target === null ? clean : { ...clean, $ref: `#/components/schemas/${names.get(target) ?? target}` };
        });
        return (io === 'output' ? rewrite(linked, open) : linked) as JsonSchema;
      };
      for (const [each, definition] of Object.entries(definitions)) names.set(each, nameOf(each, adapt(definition), io));
      for (const [each, definition] of Object.entries(definitions)) components[names.get(each)!] = adapt(definition);
      return id === undefined ? adapt(body) : { $ref: `#/components/schemas/${names.get(id)}` };
    },
  };
};

export type SchemaWriter = ReturnType<typeof createSchemaWriter>;
