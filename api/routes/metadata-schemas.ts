import type { Sql } from '../../db/client.ts';
import {
  createMetadataSchema,
  deleteMetadataSchema,
  findMetadataSchema,
  listMetadataSchemas,
  updateMetadataSchema,
  type MetadataSchema,
} from '../../db/project/metadata-schemas.ts';
import { DomainError } from '../../domain/errors.ts';
import { notFound } from '../http/errors.ts';
import type { MetadataSchemas } from '../catalogue/metadata-schemas.ts';
import { route, type Route } from '../http/route.ts';
import { list } from '../schemas/list.ts';
import {
  createMetadataSchemaBody,
  listMetadataSchemasQuery,
  metadataSchemaListSchema,
  metadataSchemaParams,
  metadataSchemaSchema,
  updateMetadataSchemaBody,
} from '../schemas/metadata-schema.ts';

export interface MetadataSchemaRoutesDeps {
  sql: Sql;
  metadata: Pick<MetadataSchemas, 'forget'>;
  now: () => Date;
}

const view = (schema: MetadataSchema) => ({
  id: schema.id,
  related_object: schema.relatedObject,
  properties: schema.properties,
  allow_defined_only: schema.allowDefinedOnly,
  created_at: schema.createdAt.toISOString(),
  updated_at: schema.updatedAt?.toISOString() ?? null,
  object: 'metadata_schema' as const,
});

const tag = 'Metadata schemas';
const found = { description: 'The schema', schema: metadataSchemaSchema };
const missing = { description: 'There is no such schema' };

export const createMetadataSchemaRoutes = ({ sql, metadata, now }: MetadataSchemaRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/metadata-schemas',
    tag,
    summary: 'List what metadata must look like, for each kind of resource',
    scope: 'metadata-schemas:read',
    query: listMetadataSchemasQuery,
    responses: { 200: { description: 'Schemas', schema: metadataSchemaListSchema } },
    handler: async ({ project, query }) => {
      const page = await listMetadataSchemas(sql, project.id, query);
      return { status: 200, body: list('schemas', page.rows.map(view), page) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/metadata-schemas',
    tag,
    summary: 'Say what the metadata of a kind of resource must look like',
    description: 'Writes are held against it from now on; what is there already is not looked at. Other processes notice within 3 seconds.',
    scope: 'metadata-schemas:write',
    body: createMetadataSchemaBody,
    responses: { 200: found },
    handler: async ({ project, body, write }) => {
      const { related_object: relatedObject, properties, allow_defined_only: allowDefinedOnly } = body;
      const answer = await write(async (tx) => {
        const schema = await createMetadataSchema(tx, project.id, { relatedObject, properties, allowDefinedOnly });
        if (!schema)
          throw new DomainError('duplicate_found', `There is a metadata schema of ${relatedObject} already.`, {
            resource: { type: 'metadata_schema', id: relatedObject },
          });
        return { status: 200, body: view(schema) };
      });
      metadata.forget(project.id);
      return answer;
    },
  }),
  route({
    method: 'get',
    path: '/v1/metadata-schemas/{id}',
    tag,
    summary: 'Get a metadata schema',
    scope: 'metadata-schemas:read',
    params: metadataSchemaParams,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params }) => {
      const schema = await findMetadataSchema(sql, project.id, params.id);
      if (!schema) throw notFound('metadata_schema', params.id);
      return { status: 200, body: view(schema) };
    },
  }),
  route({
    method: 'put',
    path: '/v1/metadata-schemas/{id}',
    tag,
    summary: 'Change a metadata schema',
    scope: 'metadata-schemas:write',
    params: metadataSchemaParams,
    body: updateMetadataSchemaBody,
    responses: { 200: found, 404: missing },
    handler: async ({ project, params, body, write }) => {
      const change = { properties: body.properties, allowDefinedOnly: body.allow_defined_only };
      const answer = await write(async (tx) => {
        const known = await findMetadataSchema(tx, project.id, params.id);
        const schema = known && (await updateMetadataSchema(tx, project.id, known.id, change, now()));
        if (!schema) throw notFound('metadata_schema', params.id);
        return { status: 200, body: view(schema) };
      });
      metadata.forget(project.id);
      return answer;
    },
  }),
  route({
    method: 'delete',
    path: '/v1/metadata-schemas/{id}',
    tag,
    summary: 'Delete a metadata schema; metadata may then be anything',
    scope: 'metadata-schemas:write',
    params: metadataSchemaParams,
    responses: { 204: { description: 'Deleted' }, 404: missing },
    handler: async ({ project, params, write }) => {
      const answer = await write(async (tx) => {
        const known = await findMetadataSchema(tx, project.id, params.id);
        if (!known || !(await deleteMetadataSchema(tx, project.id, known.id))) throw notFound('metadata_schema', params.id);
        return { status: 204 };
      });
      metadata.forget(project.id);
      return answer;
    },
  }),
];
