import type { MetadataObject, MetadataProperty, MetadataRules } from '../../domain/metadata-schema.ts';
import type { Db, Tx } from '../client.ts';
import { idTime, newId } from '../ids.ts';
import { toPage, type Page } from '../paging.ts';

export interface MetadataSchema extends MetadataRules {
  id: string;
  relatedObject: MetadataObject;
  createdAt: Date;
  updatedAt: Date | null;
}

const columns = (db: Db) => db`id, related_object, properties, allow_defined_only, created_at, updated_at`;

/** All schemas of a project, by what they are of. */
export const readMetadataSchemas = async (db: Db, projectId: string): Promise<ReadonlyMap<MetadataObject, MetadataSchema>> => {
  const rows = await db<MetadataSchema[]>`select ${columns(db)} from metadata_schema where project_id = ${projectId}`;
  return new Map(rows.map((row) => [row.relatedObject, row]));
};

/** By id, else by what it is of. */
export const findMetadataSchema = async (db: Db, projectId: string, idOrObject: string): Promise<MetadataSchema | null> => {
  const [row] = await db<MetadataSchema[]>`
    select ${columns(db)} from metadata_schema where project_id = ${projectId} and (id = ${idOrObject} or related_object = ${idOrObject})
    order by id = ${idOrObject} desc limit 1`;
  return row ?? null;
};

export const listMetadataSchemas = async (
  db: Db,
  projectId: string,
  { limit, page }: { limit: number; page: number },
): Promise<Page<MetadataSchema>> => {
  const rows = await db<MetadataSchema[]>`
    select ${columns(db)} from metadata_schema where project_id = ${projectId} order by id limit ${limit + 1} offset ${(page - 1) * limit}`;
  const [totals] = await db<{ total: number }[]>`select count(*) as total from metadata_schema where project_id = ${projectId}`;
  return toPage(rows, limit, totals?.total ?? 0);
};

/** @returns null where there is a schema of this kind of resource */
export const createMetadataSchema = async (
  tx: Tx,
  projectId: string,
  input: Pick<MetadataSchema, 'relatedObject' | 'properties' | 'allowDefinedOnly'>,
): Promise<MetadataSchema | null> => {
  const id = newId('metadataSchema');
  const [row] = await tx<MetadataSchema[]>`
    insert into metadata_schema (project_id, id, related_object, properties, allow_defined_only, created_at)
    values (${projectId}, ${id}, ${input.relatedObject}, ${tx.json(input.properties as never)}, ${input.allowDefinedOnly}, ${idTime(id)})
    on conflict (project_id, related_object) do nothing returning ${columns(tx)}`;
  return row ?? null;
};

/** Changes the fields that are told; what exists already is not looked at again. */
export const updateMetadataSchema = async (
  tx: Tx,
  projectId: string,
  id: string,
  change: { properties?: Record<string, MetadataProperty>; allowDefinedOnly?: boolean },
  now: Date,
): Promise<MetadataSchema | null> => {
  const [row] = await tx<MetadataSchema[]>`
    update metadata_schema set properties = properties || ${tx.json((change.properties ?? {}) as never)},
      allow_defined_only = coalesce(${change.allowDefinedOnly ?? null}, allow_defined_only), updated_at = ${now}
    where project_id = ${projectId} and id = ${id} returning ${columns(tx)}`;
  return row ?? null;
};

export const deleteMetadataSchema = async (tx: Tx, projectId: string, id: string): Promise<boolean> => {
  const { count } = await tx`delete from metadata_schema where project_id = ${projectId} and id = ${id}`;
  return count === 1;
};
