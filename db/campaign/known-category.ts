import type { Db } from '../client.ts';

/** A category as the API shows it. */
export interface KnownCategory {
  id: string;
  name: string;
  hierarchy: number;
  created_at: string;
  object: 'category';
}

const category = (db: Db) => db`
  jsonb_build_object('id', k.id, 'name', k.name, 'hierarchy', k.hierarchy, 'created_at',
    to_char(k.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'object', 'category')`;

/** The category that a voucher `v` or campaign `c` names, as a column. Only rows that name one are looked up. */
export const knownCategory = (db: Db, row: 'v' | 'c') => db`
  case when ${db(row)}.category is not null then (
    select ${category(db)} from category k where k.project_id = ${db(row)}.project_id and k.name = ${db(row)}.category) end as known_category`;

/** The category of this name; null where there is none. */
export const findKnownCategory = async (db: Db, projectId: string, name: string | null): Promise<KnownCategory | null> => {
  if (name === null) return null;
  const [row] = await db<{ known: KnownCategory }[]>`
    select ${category(db)} as known from category k where k.project_id = ${projectId} and k.name = ${name}`;
  return row?.known ?? null;
};

/** With its id, as far as there is such a category. */
export const knownCategoryView = (known: KnownCategory | null) => ({ category_id: known?.id ?? null, categories: known ? [known] : [] });
