import type { Db } from '../client.ts';

/** What rules and formulas ask of a customer. */
export interface CustomerTraits {
  metadata: Record<string, unknown>;
  /** YYYY-MM-DD */
  birthdate: string | null;
}

/** The traits of these customers, by id. */
export const readTraits = async (db: Db, projectId: string, ids: string[]): Promise<Map<string, CustomerTraits>> => {
  const rows = await db<({ id: string } & CustomerTraits)[]>`
    select id, metadata, birthdate::text from customer where project_id = ${projectId} and id = any(${ids}::text[])`;
  return new Map(rows.map(({ id, ...traits }) => [id, traits]));
};
