import { z } from 'zod';
import { METADATA_OBJECTS, PROPERTY_TYPES } from '../../domain/metadata-schema.ts';
import { name } from './fields.ts';
import { listOf, paging } from './list.ts';

const allowed = z.array(z.union([z.string().max(1000), z.number()])).max(1000);
const length = z.int().min(0).max(100_000);

const property = z
  .strictObject({
    type: z.enum(PROPERTY_TYPES),
    array: z.boolean().default(false),
    optional: z.boolean().default(true).meta({ description: 'false: it must be there' }),
    deleted: z.boolean().optional(),
    eq: allowed.optional().meta({ description: 'One of these' }),
    ne: allowed.optional().meta({ description: 'None of these' }),
    lt: z.number().optional(),
    lte: z.number().optional(),
    gt: z.number().optional(),
    gte: z.number().optional(),
    minLength: length.optional(),
    maxLength: length.optional(),
    exactLength: length.optional(),
  })
  .meta({ id: 'MetadataProperty' });

const properties = z
  .record(name, property)
  .refine((fields) => Object.keys(fields).length <= 200, { error: 'must not be more than 200' })
  .meta({ description: 'By field' });

export const createMetadataSchemaBody = z.strictObject({
  related_object: z.enum(METADATA_OBJECTS),
  properties: properties.default({}),
  allow_defined_only: z.boolean().default(false).meta({ description: 'Whether a field that is not named here is refused' }),
});

export const updateMetadataSchemaBody = z.strictObject({
  properties: properties.optional().meta({ description: 'Those named are added or changed; the others stay' }),
  allow_defined_only: z.boolean().optional(),
});

export const metadataSchemaParams = z.object({ id: name.meta({ description: 'Id, or what it is of, such as customer' }) });

export const listMetadataSchemasQuery = z.strictObject({ ...paging });

export const metadataSchemaSchema = z
  .object({
    id: z.string(),
    related_object: z.string(),
    properties: z.record(z.string(), property),
    allow_defined_only: z.boolean(),
    created_at: z.string(),
    updated_at: z.string().nullable(),
    object: z.literal('metadata_schema'),
  })
  .meta({ id: 'MetadataSchema' });

export const metadataSchemaListSchema = listOf('schemas', metadataSchemaSchema).meta({ id: 'MetadataSchemaList' });
