import type { Db } from './client.ts';

/** The metadata of these customers, by id. */
export const readMetadata = async (db: Db, projectId: string, ids: string[]): Promise<Map<string, Record<string, unknown>>> => {
  const rows = await db<{ id: string; metadata: Record<string, unknown> }[]>`
    select id, metadata from customer where project_id = ${projectId} and id = any(${ids}::text[])`;
  return new Map(rows.map((row) => [row.id, row.metadata]));
};
