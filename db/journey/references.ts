import type { Reference } from '../../domain/journey/step-kind.ts';
import type { Db } from '../client.ts';

type What = Reference['what'];

/** How many names are looked at to guess what was meant. */
const MOST_NAMES = 1000;

/** What may be named, by id and by name. Each row is one thing. */
const namesOf: Record<What, (db: Db, projectId: string) => ReturnType<Db>> = {
  campaign: (db, projectId) => db`select id, name from campaign where project_id = ${projectId}`,
  template: (db, projectId) => db`select distinct key as id, key as name from template where project_id = ${projectId}`,
  segment: (db, projectId) => db`select id, name from segment where project_id = ${projectId}`,
  endpoint: (db, projectId) => db`select id, name from destination where project_id = ${projectId} and kind = 'webhook'`,
  frequency_cap: (db, projectId) => db`
    select cap as id, cap as name from sending_rules cross join lateral jsonb_object_keys(rules -> 'frequency_caps') as c (cap)
    where project_id = ${projectId}`,
};

/** Which of these names the project knows. */
export const findNamed = async (db: Db, projectId: string, what: What, names: string[]): Promise<Set<string>> => {
  if (names.length === 0) return new Set();
  const rows = await db<{ id: string; name: string }[]>`
    select id, name from (${namesOf[what](db, projectId)}) as t where id = any(${names}::text[]) or name = any(${names}::text[])`;
  return new Set(rows.flatMap((row) => [row.id, row.name]));
};

/** The names that there are, for a guess at what a wrong one meant. */
export const listNames = async (db: Db, projectId: string, what: What): Promise<string[]> => {
  const rows = await db<{ name: string }[]>`
    select name from (${namesOf[what](db, projectId)}) as t order by name limit ${MOST_NAMES}`;
  return rows.map((row) => row.name);
};
