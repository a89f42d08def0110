import { LRUCache } from 'lru-cache';
import type { Sql } from '../../db/client.ts';
import { readMetadataSchemas } from '../../db/project/metadata-schemas.ts';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';
import { metadataProblems, type MetadataObject, type MetadataRules } from '../../domain/metadata-schema.ts';
import { METADATA_PLACES, valuesAt, type MetadataPlace } from './metadata-places.ts';

type Schemas = ReadonlyMap<MetadataObject, MetadataRules>;

/** How long another process may go by a schema that was changed. */
const TTL_MS = 3_000;
const TTL_STEP_MS = 100;

/** Holds the metadata of requests against the project's schemas, which are kept for some seconds, so that a checkout does not read them each time. */
export const createMetadataSchemas = ({ sql }: { sql: Sql }) => {
  const kept = new LRUCache<string, Schemas>({ max: 1_000, ttl: TTL_MS, ttlResolution: TTL_STEP_MS });

  const read = async (projectId: string): Promise<Schemas> => {
    const schemas = await readMetadataSchemas(sql, projectId);
    kept.set(projectId, schemas);
    return schemas;
  };

  return {
    forget: (projectId: string): void => void kept.delete(projectId),

    /**
     * @returns nothing to wait for where the project has no schemas, as is known of most
     * @throws DomainError metadata_validation_failed, with every field that is wrong
     */
    check: (projectId: string, { method, path }: { method: string; path: string }, body: unknown): Promise<void> | undefined => {
      const places = METADATA_PLACES[`${method.toUpperCase()} ${path}`];
      if (!places) return undefined;
      const known = kept.get(projectId);
      if (known?.size === 0) return undefined;
      return (known ? Promise.resolve(known) : read(projectId)).then((schemas) => checkPlaces(places, schemas, body));
    },
  };
};

const checkPlaces = (places: readonly MetadataPlace[], schemas: Schemas, body: unknown): void => {
  const problems: FieldProblem[] = [];
  for (const { of, path: at, how } of places) {
    const schema = schemas.get(of);
    if (!schema) continue;
    for (const found of valuesAt(body, at)) {
      if (found.value == null && how !== 'made') continue;
      problems.push(...metadataProblems(schema, (found.value ?? {}) as Record<string, unknown>, found.path, how === 'merged'));
    }
  }
  if (problems.length === 0) return;
  throw new DomainError('metadata_validation_failed', 'Metadata does not match its schema', {
    details: problems.map((problem) => `${problem.path} ${problem.message}`).join('; '),
    fields: problems,
  });
};

export type MetadataSchemas = ReturnType<typeof createMetadataSchemas>;
